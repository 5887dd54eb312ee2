import { type Clock, sleep } from '../clock.ts';
import type { Http } from '../sonoran/http.ts';

/** How often it is looked whether calls are over, in milliseconds. */
const LOOK_MS = 50;
/** How long it is waited for them: ban lists are read call by call. */
const PATIENCE_MS = 15_000;

/** HTTP of which it can be waited for, with patience, that no call is under way. */
export function countedHttp(
  http: Http,
  clock: Clock,
): { readonly http: Http; readonly areOver: () => Promise<void> } {
  let underWay = 0;
  return {
    async http(request) {
      underWay++;
      try {
        return await http(request);
      } finally {
        underWay--;
      }
    },
    async areOver() {
      const until = clock.elapsed() + PATIENCE_MS;
      while (underWay > 0 && clock.elapsed() < until) await sleep(clock, LOOK_MS);
      // What they have brought is written in this turn.
      await clock.pause();
      await clock.pause();
    },
  };
}
