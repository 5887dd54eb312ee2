import { type Action, isSettled, type Product } from '../action.ts';
import type { Ledger } from '../ports.ts';
import type { TakenBack, TakingBack } from '../taking-back.ts';
import type { Telling } from '../telling.ts';

/** Ends a ban here, or its shares in some products, with what is on its way of it, and tells so. */
export type TakeBackNow = (ban: Action, products: readonly Product[] | undefined) => TakenBack;

/** What it takes. */
export interface TakeBackNowOptions {
  readonly ledger: Pick<Ledger, 'byId'>;
  readonly takingBack: Pick<TakingBack, 'take'>;
  readonly telling: Pick<Telling, 'announceOnceSafe'>;
}

export function createTakeBackNow({ ledger, takingBack, telling }: TakeBackNowOptions): TakeBackNow {
  return (ban, products) => {
    const takenBack = takingBack.take([ban], products);
    const now = ledger.byId(ban.id) ?? ban;
    if (!isSettled(ban) && isSettled(now)) telling.announceOnceSafe(now);
    return takenBack;
  };
}
