import type { Http } from '../sonoran/http.ts';
import type { Say } from '../text/locale.ts';

/**
 * HTTP for whoever has the lease: it is looked at when a request is begun, and once more in the turn in which it is
 * handed to the network, which may be a later one.
 */
export function fencedHttp(http: Http, isHeld: () => boolean, say: Say): Http {
  return async (request) =>
    isHeld()
      ? http({ ...request, mayBegin: isHeld })
      : { kind: 'no-answer', detail: say('cluster.noLease'), sent: false };
}
