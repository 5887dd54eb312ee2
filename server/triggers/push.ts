import type { Clock } from '../clock.ts';
import type { Log } from '../notify/log.ts';
import type { Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import { type AccountEvent, type PushVerdict, readPushEvent } from './account-event.ts';
import { callersBehind } from './caller-address.ts';
import { createPushEndpoint, type PortRequest } from './push-endpoint.ts';
import { type CoreHost, subscribeThroughCore } from './vendor-core.ts';

/** Push events of CMS, by either way. */
export interface Push {
  /** To be told that CMS may have come into use: it is listened from then on. */
  listen(): void;
  /** Gives back what was taken at the vendor's core. */
  withdraw(): void;
}

/** What it takes to hear of push events. */
export interface PushOptions {
  /** That of CMS. */
  readonly line: Pick<Line, 'key'>;
  /** Whether CMS is in use now. */
  readonly isInUse: () => boolean;
  /** Told what has happened on the web. */
  readonly happened: (event: AccountEvent) => void;
  /** The convar `sv_proxyIPRanges`. */
  readonly proxyRanges: string;
  readonly coreHost: CoreHost;
  readonly onPortRequest: (handler: (request: PortRequest) => void) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

export function createPush(options: PushOptions): Push {
  const { line, clock, log, say } = options;
  let withdraw: (() => void) | undefined;

  function receive(body: unknown): PushVerdict {
    const event = options.isInUse() ? readPushEvent(body) : 'unknown-type';
    if (typeof event === 'string') return event;
    options.happened(event);
    return 'taken';
  }

  return {
    listen() {
      if (withdraw || !options.isInUse()) return;
      const callerOf = callersBehind(options.proxyRanges);
      options.onPortRequest(createPushEndpoint({ key: line.key, receive, callerOf, clock, log, say }));
      withdraw = subscribeThroughCore({ host: options.coreHost, events: { receive }, log, say }).withdraw;
    },
    withdraw: () => withdraw?.(),
  };
}
