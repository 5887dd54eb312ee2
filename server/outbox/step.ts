import { backoff } from '../backoff.ts';
import type { Action, Delivery, DeliveryRefusalCode, DeliveryState } from '../moderation/action.ts';
import type { SanctionResult } from '../moderation/product-api.ts';
import type { Say } from '../text/locale.ts';

/** What a step may depend on besides the record and the result. */
export interface StepContext {
  /** Unix milliseconds. */
  readonly now: number;
  /** For how long the delivery is still to be tried, in milliseconds. */
  readonly leftMs: number;
  /** How long a limit takes to be free again when the API does not say, in milliseconds. */
  readonly limitWindowMs: number;
  /** A number from 0 (included) to 1 (excluded), for the jitter. */
  readonly random: number;
  readonly say: Say;
}

/**
 * What becomes of a delivery by the result of one call: settled, the next candidate, or a later try.
 *
 * A ban or a lift can be made twice without harm. A kick cannot be seen twice: the account is gone
 * after the first. So a kick whose answer was lost, and that then finds no account under any name,
 * was done. Those other names are only asked for: see {@link inDoubt}.
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
      if (candidate < delivery.subjects.length) {
        // At once, whatever the one before had to wait for.
        const detail = delivery.state.status === 'queued' ? delivery.state.detail : '';
        return { ...delivery, candidate, state: waits('QUEUED', detail, null) };
      }
      if (kind === 'kick' && delivery.unanswered !== null) {
        return settle(delivery, delivered(delivery, delivery.unanswered, null));
      }
      return settle(delivery, refused('NOT_LINKED', ''));
    }
    case 'refused':
      return settle(delivery, refused('REFUSED', result.words));
    // Not this delivery's fault: it waits until somebody mends it.
    case 'bad-credentials':
      return settle(delivery, waits('BAD_CREDENTIALS', result.words, null));
    case 'not-enabled':
      return settle(delivery, waits('REFUSED', result.words, null));
    // The limiter says when the next call may go out.
    case 'limited':
      return settle(
        delivery,
        waits(
          'QUEUED',
          context.say('delivery.limited'),
          context.now + (result.waitMs ?? context.limitWindowMs),
        ),
      );
    case 'try-again': {
      const attempts = delivery.attempts + 1;
      const wait = backoff(attempts, result.waitMs, context.random);
      const state: DeliveryState =
        context.leftMs <= 0
          ? refused('EXPIRED', result.detail)
          : waits('QUEUED', result.detail, Math.ceil(context.now + Math.min(wait, context.leftMs)));
      const unanswered = result.mayHaveHappened ? delivery.candidate : delivery.unanswered;
      return { ...delivery, attempts, unanswered, state };
    }
  }
}

/** Whether a kick was sent under an earlier name and may have worked: then it is not sent under another. */
export function inDoubt(kind: Action['kind'], { candidate, unanswered }: Delivery): boolean {
  return kind === 'kick' && unanswered !== null && unanswered !== candidate;
}

function settle(delivery: Delivery, state: DeliveryState): Delivery {
  return { ...delivery, state };
}

/** What a delivery becomes when its time is over. */
export function expire({ state }: Delivery): DeliveryState {
  return refused('EXPIRED', state.status === 'queued' ? state.detail : '');
}

function waits(
  code: (DeliveryState & { status: 'queued' })['code'],
  detail: string,
  nextTryAt: number | null,
): DeliveryState {
  return { status: 'queued', code, detail, nextTryAt };
}

function refused(code: DeliveryRefusalCode, detail: string): DeliveryState {
  return { status: 'refused', code, detail };
}

function delivered(delivery: Delivery, candidate: number, account: string | null): DeliveryState {
  return { status: 'delivered', apiId: String(delivery.subjects[candidate]?.value ?? ''), account };
}
