import type { Action, Product } from './action.ts';
import { keyOfLiftAgain } from './own-keys.ts';
import type { SanctionRequest } from './request.ts';

/**
 * The decision that lifts one ban once more, which has gone out, or may have been heard, after its end.
 *
 * @param by the decision that it follows from, whose reason and author it has.
 * @param product the one alone in which it is lifted.
 */
export function liftAgain(
  ban: Action,
  { reason, author, origin }: Pick<Action, 'reason' | 'author' | 'origin'>,
  product?: Product,
): SanctionRequest {
  return {
    kind: 'unban',
    reason,
    author,
    origin,
    key: keyOfLiftAgain(ban, product),
    only: { id: ban.id },
    ...(product === undefined ? {} : { products: [product] }),
    isCorrection: true,
  };
}
