import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { PushReceiver } from './account-event.ts';

/** The vendor's own core, which Sonoran sends push events to. */
export const VENDOR_CORE = 'sonorancms';
/** By this event a resource subscribes to a type of push events, or withdraws with no handler. */
const REGISTER = 'sonorancms::RegisterPushEvent';
/** The types that the core has no handler for: whoever subscribes is the only one. */
const OURS = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED'] as const;
type OurType = (typeof OURS)[number];
/**
 * What the core triggers for every `ACCOUNT_UPDATED`, with the whole body. Its own permissions hang on that
 * handler, so it is listened to, and never displaced.
 */
const ACCOUNT_UPDATED = 'sonoran_permissions::rankupdate';
/** So often is a type taken back from one resource; two that both take it back would go on for ever. */
const MOST_RENEWALS = 3;

/** Who triggered an event. */
export interface EventOrigin {
  readonly resource: string | undefined;
  readonly isClient: boolean;
}

type EventHandler = (args: readonly unknown[], from: EventOrigin) => void;

/** What subscribing takes of the server. */
export interface CoreHost {
  isStarted(resource: string): boolean;
  /** Calls back when a resource has started, and when one has stopped. */
  onStarted(callback: (resource: string) => void): void;
  onStopped(callback: (resource: string) => void): void;
  /** Handles an event of other resources. The server keeps players' events of that name away. */
  onServer(event: string, handler: EventHandler): void;
  /** Handles an event that players may send as well, because another resource lets them. */
  onAny(event: string, handler: EventHandler): void;
  trigger(event: string, ...args: readonly unknown[]): void;
  /** The resource behind the call that is running. */
  callingResource(): string | undefined;
  readonly ownName: string;
  /** Runs when the handlers of what is going on now have all run, if this resource still runs then. */
  soon(callback: () => void): void;
}

/** What subscribing is made of. */
export interface VendorCoreOptions {
  readonly host: CoreHost;
  readonly events: PushReceiver;
  readonly log: Log;
  readonly say: Say;
}

/** Our part in the vendor's core. */
export interface CoreSubscription {
  /**
   * To be called at a stop of ours, real or only claimed: a handler of ours that outlives us makes the core
   * leave Sonoran's requests without an answer. If this resource still runs a moment later, all is as before.
   */
  withdraw(): void;
}

/**
 * Gets the push events that the vendor's core takes in. It keeps one handler for each type: who subscribes
 * displaces who was there before. Of the types in {@link OURS} that is us, and whom it hits is said.
 *
 * Source: the vendor's public core, `server/server.lua` and `ace-permissions_sv.lua`.
 */
export function subscribeThroughCore({ host, events, log, say }: VendorCoreOptions): CoreSubscription {
  /** The types whose handler in the core is ours. */
  const held = new Set<OurType>();
  /** By resource and type, how often one has been taken from us since that resource, and the core, started. */
  const rivals = new Map<string, Map<OurType, number>>();
  const toRenew = new Set<OurType>();

  function receive(body: unknown): void {
    try {
      if (events.receive(body) === 'malformed') log.warn(say('push.nameless', { core: VENDOR_CORE }));
    } catch (error) {
      // The core would give no answer.
      log.bug('vendor-core', error);
    }
  }

  function subscribe(type: OurType): void {
    held.add(type);
    host.trigger(REGISTER, type, (body: unknown) => {
      // The function may be called by whoever has heard of it.
      if (host.callingResource() === VENDOR_CORE) receive(body);
    });
  }

  /** Subscribes to what is not ours, if the core runs. */
  function subscribeToAll(): void {
    if (!host.isStarted(VENDOR_CORE)) return;
    // Of a core that started a moment before us, the news comes a moment after.
    const isNew = held.size === 0;
    for (const type of OURS) if (!held.has(type)) subscribe(type);
    if (isNew) log.info(say('push.through', { core: VENDOR_CORE }));
  }

  /** When the core, too, has heard of who displaced us. */
  function renew(): void {
    const types = [...toRenew];
    // Somebody may take it back at once, while we are still at it.
    toRenew.clear();
    for (const type of types) if (held.has(type)) subscribe(type);
  }

  function takenBy(resource: string, type: OurType, isSubscribed: boolean): void {
    const taken = rivals.get(resource) ?? new Map<OurType, number>();
    const times = (taken.get(type) ?? 0) + 1;
    rivals.set(resource, taken.set(type, times));
    if (times === 1 && isSubscribed) log.warn(say('push.taken', { type, resource, core: VENDOR_CORE }));
    if (times > MOST_RENEWALS && held.delete(type))
      log.warn(say('push.left', { type, resource, core: VENDOR_CORE }));
  }

  host.onAny(REGISTER, ([named, handler], { resource, isClient }) => {
    const type = OURS.find((ours) => ours === named);
    if (!type || resource === host.ownName) return;
    // Players can send it as well: one of them could silence a type of events. Of that nothing is said.
    if (!isClient && resource !== undefined) takenBy(resource, type, typeof handler === 'function');
    if (toRenew.size === 0) host.soon(renew);
    toRenew.add(type);
  });
  host.onServer(ACCOUNT_UPDATED, ([body], { resource, isClient }) => {
    if (resource === VENDOR_CORE && !isClient) receive(body);
  });
  host.onStarted((resource) => {
    if (resource === VENDOR_CORE) subscribeToAll();
  });
  host.onStopped((resource) => {
    if (resource === VENDOR_CORE) {
      held.clear();
      rivals.clear();
    } else if (!rivals.delete(resource)) return;
    // What a rival had is free now. And a stop may only be claimed.
    host.soon(subscribeToAll);
  });
  subscribeToAll();

  return {
    withdraw() {
      const withdrawn = [...held];
      for (const type of withdrawn) host.trigger(REGISTER, type, null);
      host.soon(() => {
        if (host.isStarted(VENDOR_CORE)) for (const type of withdrawn) subscribe(type);
      });
    },
  };
}
