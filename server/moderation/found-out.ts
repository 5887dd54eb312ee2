import { isSameSubject } from '../identity/subject.ts';
import { type Delivery, deliveryOf, isKept, QUEUED, withDelivery } from './action.ts';
import type { Moderation } from './contract.ts';
import type { Correct } from './corrections.ts';
import type { Drops } from './drops.ts';
import { MOST_HOLDER } from './holders.ts';
import type { Ledger } from './ports.ts';
import type { TakingBack } from './taking-back.ts';

/** Takes in what is found out, later and elsewhere, about whom an action is about. */
export type FoundOut = Pick<Moderation, 'linked' | 'identified' | 'recognised'>;

/** What it takes. */
export interface FoundOutOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'save' | 'saveSoon'>;
  readonly takingBack: Pick<TakingBack, 'dispatch'>;
  readonly drops: Pick<Drops, 'dropIfDue'>;
  readonly correct: Correct;
  /** Told of the id of an action whose shares that wait for a link are others now. */
  readonly onKept: (id: string) => void;
}

export function createFoundOut({ ledger, takingBack, drops, correct, onKept }: FoundOutOptions): FoundOut {
  return {
    linked(actionId, product, subject) {
      const before = ledger.byId(actionId);
      const share = before && deliveryOf(before, product);
      if (!share || !isKept(share)) return;
      const deliveries = before.deliveries.map((delivery): Delivery => {
        if (!isKept(delivery)) return delivery;
        const { subjects } = delivery;
        const others = subjects.filter((other) => !isSameSubject(other, subject));
        const known = delivery.product === product ? [subject, ...others] : subjects;
        return known.length === 0 ? delivery : { ...delivery, subjects: known, candidate: 0, state: QUEUED };
      });
      const action = { ...before, deliveries };
      void ledger.save(action);
      takingBack.dispatch(action);
      onKept(actionId);
    },

    identified(actionId, product, account) {
      const before = ledger.byId(actionId);
      const share = before && deliveryOf(before, product);
      if (!before || share?.state.status !== 'delivered' || share.state.account !== null) return;
      const action = withDelivery(before, { ...share, state: { ...share.state, account } });
      ledger.saveSoon(action);
      correct(action, product);
    },

    recognised(actionId, identifiers) {
      const before = ledger.byId(actionId);
      if (!before?.inForce || before.person.identifiers.length > 0) return;
      const news = identifiers.filter((identifier) => !before.holder.includes(identifier));
      if (news.length === 0) return;
      const action = { ...before, holder: [...before.holder, ...news].slice(0, MOST_HOLDER) };
      ledger.saveSoon(action);
      drops.dropIfDue(action);
    },
  };
}
