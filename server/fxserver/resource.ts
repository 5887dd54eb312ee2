/** Reads a convar of any type as text; an unset or unreadable one is empty. */
export function readConvar(name: string): string {
  return GetConvar(name, '');
}

/** A file of this resource; undefined when there is none. */
export function readFile(path: string): string | undefined {
  return LoadResourceFile(GetCurrentResourceName(), path) ?? undefined;
}

/** This resource's version, as its manifest says. */
export function resourceVersion(): string {
  return GetResourceMetadata(GetCurrentResourceName(), 'version', 0) ?? '?';
}

/** The resource behind the export call that is running. Only to be asked before the first `await`. */
export function callingResource(): string | undefined {
  return GetInvokingResource() ?? undefined;
}

/** Offers a function to other resources. Arguments and results are copied on the way. */
// biome-ignore lint/suspicious/noExplicitAny: an export takes whatever its callers pass, and checks it
export function offer(name: string, run: (...args: any[]) => unknown): void {
  exports(name, run);
}

/** The vendor's CAD resource, which knows by which API ID each player's CAD account is known. */
const CAD_RESOURCE = 'sonorancad';

/** The vendor's own resources, which use the same credentials as we do. */
const VENDOR_RESOURCES = { cms: 'sonorancms', cad: CAD_RESOURCE } as const;

/** Whether the vendor's own resource for a product runs here now. */
export function isVendorRunning(product: keyof typeof VENDOR_RESOURCES): boolean {
  return GetResourceState(VENDOR_RESOURCES[product]) === 'started';
}

/** An API ID fit to be sent: some text without spaces, not longer than any identifier. */
const API_ID = /^\S{1,128}$/;

/**
 * Asks the vendor's CAD resource for a player's API ID.
 *
 * @returns undefined when it does not run, does not know, or does not answer at once: a moment later
 *   the player may be gone.
 */
export function knownCadApiId(playerId: number): string | undefined {
  if (GetResourceState(CAD_RESOURCE) !== 'started') return undefined;
  try {
    const answer: unknown = exports[CAD_RESOURCE]?.['getPlayerCommunityUserId']?.(playerId);
    // A promise is not waited for; that it fails is nobody's business.
    if (answer instanceof Promise) answer.catch(() => {});
    return typeof answer === 'string' && API_ID.test(answer) ? answer : undefined;
  } catch {
    // An older version without the export, or one that fails: the identifiers do.
    return undefined;
  }
}
