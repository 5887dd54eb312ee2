import { isKept, isQueued, isSettled, type Product } from '../action.ts';
import type { Moderation } from '../contract.ts';
import { isLiftedIn } from '../lift.ts';
import type { Ledger, Withdrawal } from '../ports.ts';
import type { TakingBack } from '../taking-back.ts';
import type { Telling } from '../telling.ts';
import type { LiftWhatIsLeft } from './lift-what-is-left.ts';

/** What it takes. */
export interface CancelOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'save'>;
  readonly takingBack: Pick<TakingBack, 'withdraw'>;
  readonly telling: Pick<Telling, 'announce'>;
  readonly liftWhatIsLeft: Pick<LiftWhatIsLeft, 'after'>;
  /** Told of the id of an action whose shares that wait for a link are others now. */
  readonly onKept: (id: string) => void;
}

export function createCancel(options: CancelOptions): Moderation['cancel'] {
  const { ledger, takingBack, telling, liftWhatIsLeft, onKept } = options;
  return async (actionId) => {
    const before = ledger.byId(actionId);
    if (!before?.deliveries.some(isQueued)) return undefined;
    const result: Record<Exclude<Withdrawal, 'not-here'>, Product[]> = {
      unheard: [],
      heard: [],
      'under-way': [],
    };
    for (const share of before.deliveries.filter(isQueued)) {
      const how = takingBack.withdraw(before, share, false);
      if (how !== 'not-here') result[how].push(share.product);
    }
    const now = ledger.byId(actionId) ?? before;
    const isConfirmed = now.deliveries.some(
      ({ product, state }) => state.status === 'delivered' && !isLiftedIn(now, product),
    );
    const isOver = isSettled(now) && !isConfirmed;
    // In the same group: when it is told, it is safe, and whoever waited for the end has heard of it.
    const ended = isOver ? { ...now, inForce: false } : now;
    await ledger.save(ended);
    if (isOver && before.kind === 'ban') liftWhatIsLeft.after(ended);
    if (before.deliveries.some(isKept)) {
      onKept(actionId);
      if (isSettled(ended)) telling.announce(ended);
    }
    return result;
  };
}
