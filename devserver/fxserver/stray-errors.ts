/** Somebody who can recognise errors of their own code. */
export interface ErrorOwner {
  /** Whether the error, or the promise it rejected, came from this owner's script. */
  owns(error: unknown, promise: unknown): boolean;
  uncaught(error: unknown): void;
  unhandledRejection(error: unknown): void;
}

/**
 * Held weakly: code of a resource that has stopped can still fail, when a socket or a hash of Node's
 * comes to its end, and that is as little the host's affair. Whoever cannot be reached any more cannot fail.
 */
const owners = new Set<WeakRef<ErrorOwner>>();
let originalEmit: typeof process.emit | undefined;

function ownerOf(error: unknown, promise: unknown): ErrorOwner | undefined {
  for (const reference of owners) {
    const owner = reference.deref();
    if (owner === undefined) owners.delete(reference);
    else if (owner.owns(error, promise)) return owner;
  }
  return undefined;
}

/**
 * A resource's uncaught exception does not end FXServer, and must not end the host of the stand-in
 * either, nor fail a test runner that listens for such events. A listener cannot keep the other
 * listeners from hearing them, so the two events are taken out where Node raises them.
 */
function intercept(this: NodeJS.Process, event: string | symbol, ...args: unknown[]): boolean {
  if (event === 'uncaughtException' || event === 'unhandledRejection') {
    const isRejection = event === 'unhandledRejection';
    const owner = ownerOf(args[0], isRejection ? args[1] : undefined);
    if (owner !== undefined) {
      if (isRejection) owner.unhandledRejection(args[0]);
      else owner.uncaught(args[0]);
      return true;
    }
  }
  return Reflect.apply(originalEmit as typeof process.emit, this, [event, ...args]) as boolean;
}

/** From now on the owner gets its own stray errors, for as long as somebody holds it. */
export function claimStrayErrors(owner: ErrorOwner): void {
  if (originalEmit === undefined) {
    originalEmit = process.emit;
    process.emit = intercept as typeof process.emit;
  }
  owners.add(new WeakRef(owner));
}
