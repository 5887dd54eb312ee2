import type { Action, Delivery, DeliveryRefusalCode, DeliveryState } from '../moderation/action.ts';
import type { SanctionResult } from '../moderation/product-api.ts';
import { backoff } from './backoff.ts';

/** What a step may depend on besides the record and the result. */
export interface StepContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** When the delivery is given up, in Unix milliseconds. */
  readonly giveUpAt: number;
  /** A number from 0 (included) to 1 (excluded), for the jitter. */
  readonly random: number;
}

/**
 * What becomes of a delivery by the result of one call: settled, the next candidate, or a later try.
 *
 * A ban or a lift can be made twice without harm. A kick cannot be seen twice: the account is gone
 * after the first. So a kick whose answer was lost, and that then finds no account under any name,
 * was done.
 */
export function step(
  kind: Action['kind'],
  delivery: Delivery,
  result: SanctionResult,
  context: StepContext,
): Delivery {
  switch (result.kind) {
    case 'done':
      return settle(delivery, delivered(delivery, delivery.candidate, result.account));
    case 'not-linked': {
      const candidate = delivery.candidate + 1;
      if (candidate < delivery.subjects.length) return { ...delivery, candidate };
      if (kind === 'kick' && delivery.unanswered !== null) {
        return settle(delivery, delivered(delivery, delivery.unanswered, null));
      }
      return settle(delivery, refused('NOT_LINKED', ''));
    }
    case 'bad-credentials':
      return settle(delivery, refused('BAD_CREDENTIALS', result.words));
    case 'not-enabled':
    case 'refused':
      return settle(delivery, refused('REFUSED', result.words));
    case 'try-again': {
      const attempts = delivery.attempts + 1;
      const nextTryAt = context.now + backoff(attempts, result.waitMs, context.random);
      const state: DeliveryState =
        nextTryAt > context.giveUpAt
          ? refused('EXPIRED', result.detail)
          : { status: 'queued', detail: result.detail, nextTryAt: Math.ceil(nextTryAt) };
      const unanswered = result.mayHaveHappened ? delivery.candidate : delivery.unanswered;
      return { ...delivery, attempts, unanswered, state };
    }
  }
}

function settle(delivery: Delivery, state: DeliveryState): Delivery {
  return { ...delivery, state };
}

function refused(code: DeliveryRefusalCode, detail: string): DeliveryState {
  return { status: 'refused', code, detail };
}

function delivered(delivery: Delivery, candidate: number, account: string | null): DeliveryState {
  return { status: 'delivered', apiId: String(delivery.subjects[candidate]?.value ?? ''), account };
}
