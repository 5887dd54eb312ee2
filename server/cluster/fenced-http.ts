import type { Http } from '../sonoran/http.ts';
import type { Say } from '../text/locale.ts';

/** HTTP for whoever has the lease: it is looked at in the turn in which a request is handed to the network. */
export function fencedHttp(http: Http, isHeld: () => boolean, say: Say): Http {
  return async (request) =>
    isHeld() ? http(request) : { kind: 'no-answer', detail: say('cluster.noLease'), sent: false };
}
