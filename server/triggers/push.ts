import type { BanList } from '../bans/ban-list.ts';
import type { Clock } from '../clock.ts';
import type { Evict } from '../door/eviction.ts';
import type { Product } from '../moderation/action.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { Players } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import { callersBehind } from './caller-address.ts';
import { createPushEndpoint, type PortRequest } from './push-endpoint.ts';
import { createPushEvents, type PushEvents } from './push-events.ts';
import { type CoreHost, subscribeThroughCore } from './vendor-core.ts';

/** Push events of CMS, by either way, for the list that CMS has now. */
export interface Push {
  /** To be told of CMS's list, now and whenever it is another one; undefined when CMS is not in use. */
  follow(list: BanList | undefined): void;
  /** Gives back what was taken at the vendor's core. */
  withdraw(): void;
}

/** What it takes to hear of push events. */
export interface PushOptions {
  /** That of CMS. */
  readonly line: Line;
  /** The convar `sv_proxyIPRanges`. */
  readonly proxyRanges: string;
  readonly ready: Promise<void>;
  readonly players: Players;
  readonly own: OwnEffects;
  readonly evict: Evict;
  /** See {@link createPushEvents}. */
  readonly told: (product: Product, keys: readonly string[]) => void;
  /** See {@link createPushEvents}. */
  readonly learn: Ties['learn'];
  readonly coreHost: CoreHost;
  readonly onPortRequest: (handler: (request: PortRequest) => void) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

export function createPush(options: PushOptions): Push {
  const { line, ready, players, own, evict, told, learn, clock, log, say } = options;
  let events: PushEvents | undefined;
  let withdraw: (() => void) | undefined;
  const receive = (body: unknown) => events?.receive(body) ?? 'unknown-type';

  /** From the first list on. */
  function listen(): void {
    const callerOf = callersBehind(options.proxyRanges);
    options.onPortRequest(createPushEndpoint({ key: line.key, receive, callerOf, clock, log, say }));
    withdraw = subscribeThroughCore({ host: options.coreHost, events: { receive }, log, say }).withdraw;
  }

  return {
    follow(list) {
      const { types } = line.product.rules;
      events =
        list &&
        createPushEvents({ ...list, types, ready, players, own, evict, told, learn, clock, log, say });
      if (list && !withdraw) listen();
    },
    withdraw: () => withdraw?.(),
  };
}
