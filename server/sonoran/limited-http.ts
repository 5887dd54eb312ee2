import type { Say } from '../text/locale.ts';
import { waitOf } from './classify.ts';
import type { Http } from './http.ts';
import type { RateLimits } from './rate-limits.ts';

/** How long somebody who looks a person up waits for the limit, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Lets what names a class of calls pass that class's limit, and everything else as it is. @param now Unix milliseconds. */
export function limitedHttp(
  http: Http,
  limits: Pick<RateLimits, 'of' | 'loaded'>,
  now: () => number,
  say: Say,
): Http {
  return async (request) => {
    if (request.limit === undefined) return http(request);
    await limits.loaded;
    const limit = limits.of(request.limit);
    const { isDelivery = false } = request;
    const patienceMs = isDelivery ? Number.POSITIVE_INFINITY : PATIENCE_MS;
    const permit = request.isBackground ? await limit.takeLast() : await limit.take(patienceMs, isDelivery);
    if (!permit) return { kind: 'no-answer', detail: say('http.busy'), sent: false };
    const answer = await http(request);
    if (answer.kind === 'answer' && answer.status === 429) permit.limited(waitOf(answer.retryAfter, now()));
    else if (answer.kind === 'no-answer' && !answer.sent) permit.unsent();
    else permit.ended();
    return answer;
  };
}
