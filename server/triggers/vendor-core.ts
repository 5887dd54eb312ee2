import type { Log } from '../log.ts';
import { PUSH_EVENT_TYPES, type PushEvents, type PushEventType } from './push-events.ts';

/** The vendor's own core, which Sonoran sends push events to. */
export const VENDOR_CORE = 'sonorancms';
/** By this event a resource subscribes to a type of push events. */
const REGISTER = 'sonorancms::RegisterPushEvent';
/** What the core's own handler of `ACCOUNT_UPDATED` triggers, for the vendor's other resources. */
const UPDATE_EVENTS = ['sonoran_permissions::rankupdate', 'sonoran_jobsync::rankupdate'] as const;

type Handler = (body: unknown) => unknown;

/** What subscribing takes of the server. */
export interface CoreHost {
  isStarted(resource: string): boolean;
  /** Calls back when a resource has started, and when one has stopped. */
  onStarted(callback: (resource: string) => void): void;
  onStopped(callback: (resource: string) => void): void;
  /** Handles an event that resources trigger, and clients may send. */
  onAny(
    event: string,
    handler: (args: readonly unknown[], from: { resource: string | undefined; isClient: boolean }) => void,
  ): void;
  trigger(event: string, ...args: readonly unknown[]): void;
  /** The resource behind the call that is running. */
  callingResource(): string | undefined;
  readonly ownName: string;
  /** Runs when the handlers of what is going on now have all run. */
  soon(callback: () => void): void;
}

/**
 * Gets the push events that the vendor's core takes in.
 *
 * The core keeps one handler for each type: who subscribes displaces who was there before, and the core
 * itself has one for `ACCOUNT_UPDATED`. So what others subscribe is noticed, and called after ours; of what
 * was there before our start, the core's own part is done in its place.
 *
 * Source: the vendor's public core, `server/server.lua`.
 */
export function subscribeThroughCore(host: CoreHost, events: PushEvents, log: Log): void {
  const displaced = new Map<
    PushEventType,
    { readonly resource: string | undefined; readonly handle: Handler }
  >();
  let isSubscribed = false;
  const toRenew = new Set<PushEventType>();

  function subscribe(type: PushEventType): void {
    host.trigger(REGISTER, type, (body: unknown) => {
      // The function may be called by whoever has heard of it.
      if (host.callingResource() !== VENDOR_CORE) return;
      try {
        if (events.receive(body) === 'malformed')
          log.warn(`ignored ${type} from ${VENDOR_CORE}: it names no account`);
      } catch (error) {
        log.bug('push events', error);
      }
      passOn(type, body);
    });
  }

  function passOn(type: PushEventType, body: unknown): void {
    const other = displaced.get(type);
    if (other) {
      // What it makes of it is its own affair.
      new Promise((resolve) => resolve(other.handle(body))).catch(() => {});
    } else if (type === 'ACCOUNT_UPDATED') {
      for (const event of UPDATE_EVENTS) host.trigger(event, withoutKey(body));
    }
  }

  /** When the core, too, has heard of what displaced us. */
  function renew(): void {
    for (const type of toRenew) subscribe(type);
    toRenew.clear();
  }

  function subscribeToAll(): void {
    // Of a core that started a moment before us, the news comes a moment after.
    if (isSubscribed) return;
    isSubscribed = true;
    for (const type of PUSH_EVENT_TYPES) subscribe(type);
    log.info(`push events come through ${VENDOR_CORE} as well`);
  }

  host.onAny(REGISTER, ([type, handler], { resource, isClient }) => {
    const ours = PUSH_EVENT_TYPES.find((known) => known === type);
    if (!ours || resource === host.ownName) return;
    // The core listens to players as well: one of them could silence a type of events.
    if (!isClient && typeof handler === 'function') {
      displaced.set(ours, { resource, handle: (body) => handler(body) });
    }
    if (toRenew.size === 0) host.soon(renew);
    toRenew.add(ours);
  });
  host.onStarted((resource) => {
    if (resource === VENDOR_CORE) subscribeToAll();
  });
  host.onStopped((resource) => {
    for (const [type, other] of displaced) {
      if (resource === VENDOR_CORE || resource === other.resource) displaced.delete(type);
    }
    if (resource === VENDOR_CORE) isSubscribed = false;
  });
  if (host.isStarted(VENDOR_CORE)) subscribeToAll();
}

/** An event can be heard by every resource. */
function withoutKey(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { key: _, ...rest } = { key: undefined, ...body };
  return rest;
}
