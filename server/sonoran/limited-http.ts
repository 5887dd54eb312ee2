import { waitOf } from './classify.ts';
import type { Http } from './http.ts';
import type { LimitClass } from './limits.ts';

/** Lets calls of one class through. */
export interface Door {
  /** A permit, in the order in which they were asked for; undefined when it would take longer than `patienceMs`. */
  take(patienceMs: number, isDelivery: boolean): Promise<CallPermit | undefined>;
  /** A permit, once nobody else waits for one. */
  takeLast(): Promise<CallPermit>;
}

/** One of its functions is to be called when the call has ended. */
interface CallPermit {
  ended(): void;
  unsent(): void;
  /** @param waitMs what the API asked for; null when it did not say. */
  limited(waitMs: number | null): unknown;
}

/** How long somebody who looks a person up waits for the limit, in milliseconds. */
const PATIENCE_MS = 15_000;

/** Sends what names a class of calls through that class's door, and everything else as it is. */
export function limitedHttp(http: Http, doorOf: (limit: LimitClass) => Door, now: () => number): Http {
  return async (request) => {
    if (request.limit === undefined) return http(request);
    const door = doorOf(request.limit);
    const { isDelivery = false } = request;
    const patienceMs = isDelivery ? Number.POSITIVE_INFINITY : PATIENCE_MS;
    const permit = request.isBackground ? await door.takeLast() : await door.take(patienceMs, isDelivery);
    if (!permit) return { kind: 'no-answer', detail: 'too many look-ups at the moment', sent: false };
    const answer = await http(request);
    if (answer.kind === 'answer' && answer.status === 429) permit.limited(waitOf(answer.retryAfter, now()));
    else if (answer.kind === 'no-answer' && !answer.sent) permit.unsent();
    else permit.ended();
    return answer;
  };
}
