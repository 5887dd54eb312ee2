import { VENDOR_RESOURCE } from '../settings/vendor-config.ts';

/** Reads a convar of any type as text; an unset or unreadable one is empty. */
export function readConvar(name: string): string {
  return GetConvar(name, '');
}

/** The name that others know us by: of our exports, events and commands, our stored actions, and in `server.cfg`. */
export const OWN_NAME = 'cmsban';

/** This resource's name: that of its folder. */
export function resourceName(): string {
  return GetCurrentResourceName();
}

/** A file of this resource; undefined when there is none. */
export function readFile(path: string): string | undefined {
  return LoadResourceFile(GetCurrentResourceName(), path) ?? undefined;
}

/** A file of another resource, also of one that does not run; undefined when there is none. */
export function readFileOf(resource: string, path: string): string | undefined {
  return GetResourceState(resource) === 'missing'
    ? undefined
    : (LoadResourceFile(resource, path) ?? undefined);
}

/** Whether a resource runs, or is about to. */
export function isRunning(resource: string): boolean {
  return ['starting', 'started'].includes(GetResourceState(resource));
}

/** Calls back, in a later turn, when one of the convars may have changed, or one of the resources has started or stopped. */
export function onConfigured(
  convars: readonly string[],
  resources: readonly string[],
  callback: () => void,
): void {
  let isDue = false;
  // What belongs together is set one after the other: it is looked at when all of it is there.
  const soon = () => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      callback();
    });
  };
  for (const event of ['onServerResourceStart', 'onServerResourceStop']) {
    on(event, (resource: unknown) => {
      if (resources.some((name) => name === resource)) soon();
    });
  }
  // Servers of before 2024 do not have it.
  if (typeof AddConvarChangeListener !== 'function') return;
  for (const convar of convars) AddConvarChangeListener(convar, soon);
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

/**
 * Asks the vendor's CAD resource by which API ID it knows a player.
 *
 * @returns whatever it answers, or a promise of that while its link cache is cold; undefined when it does not run.
 * @throws when it fails, or is an older version without the export.
 */
export function askCadApiId(playerId: number): unknown {
  if (GetResourceState(VENDOR_RESOURCE.cad) !== 'started') return undefined;
  return exports[VENDOR_RESOURCE.cad]?.['getPlayerCommunityUserId']?.(playerId);
}
