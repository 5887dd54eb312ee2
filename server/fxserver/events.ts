/** Server events for other resources. */
export interface OwnEvents {
  /** Triggers one; what is passed is copied. */
  trigger(event: string, ...args: readonly unknown[]): void;
  /**
   * The same function for others to call: no event is triggered before the turn of that call is over, so nobody is
   * called back in the middle of a call of theirs.
   */
  apart<A extends readonly unknown[], R>(run: (...args: A) => R): (...args: A) => R;
  /** Triggers at once what still waits: there may be no later. */
  flush(): void;
}

/**
 * Makes what triggers the own events. A turn ends with what was begun in it and needs no waiting: microtasks too
 * run while the call is on its way back.
 */
export function ownEvents(): OwnEvents {
  const waiting: Array<() => void> = [];
  let isApart = false;
  const flush = () => {
    for (const triggerNow of waiting.splice(0)) triggerNow();
  };
  return {
    trigger(event, ...args) {
      if (isApart) waiting.push(() => emit(event, ...args));
      else emit(event, ...args);
    },
    apart:
      (run) =>
      (...args) => {
        if (!isApart) {
          isApart = true;
          setImmediate(() => {
            isApart = false;
            flush();
          });
        }
        return run(...args);
      },
    flush,
  };
}

/** Handles a server event that carries one table. Not open to clients. */
export function onServerEvent(
  event: string,
  handler: (table: unknown, invokingResource: string | undefined) => void,
): void {
  on(event, (table: unknown) => handler(table, GetInvokingResource() ?? undefined));
}

/** Handles an event that clients may send, with its first argument: anything. */
export function onClientEvent(event: string, handler: (playerId: number, argument: unknown) => void): void {
  onNet(event, (argument: unknown) => {
    // Of an event that another resource of this server triggers, it is an empty text.
    const from: unknown = source;
    if (typeof from === 'number') handler(from, argument);
  });
}

/** Sends an event to one client. */
export function sendToClient(playerId: number, event: string, ...args: readonly unknown[]): void {
  emitNet(event, playerId, ...args);
}

/** Runs when a player has left. */
export function onPlayerLeft(handler: (playerId: number) => void): void {
  on('playerDropped', () => handler(source));
}
