import { isKept, isSettled } from '../action.ts';
import type { Moderation } from '../contract.ts';
import { isToEnd } from '../lift.ts';
import type { Ledger } from '../ports.ts';
import { servedToTheEnd } from '../served.ts';
import { NOTHING_TAKEN_BACK, type TakingBack } from '../taking-back.ts';
import type { Telling } from '../telling.ts';
import type { LiftAtEnd } from './lift-at-end.ts';
import type { LiftWhatIsLeft } from './lift-what-is-left.ts';
import type { TakeBackNow } from './take-back-now.ts';

/** How bans end that nobody lifts here: by their time, or elsewhere. */
export type Ends = Pick<Moderation, 'expire' | 'endedElsewhere'>;

/** What they take. */
export interface EndsOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'save' | 'saveSoon'>;
  readonly takingBack: Pick<TakingBack, 'take' | 'restore'>;
  readonly takeBackNow: TakeBackNow;
  readonly telling: Pick<Telling, 'announce' | 'announceOnceSafe'>;
  readonly liftAtEnd: LiftAtEnd;
  readonly liftWhatIsLeft: Pick<LiftWhatIsLeft, 'after'>;
  /** Whether this server writes for its community: another one's bans are ended there. */
  readonly isWriter: () => boolean;
  /** Told of the id of an action whose shares that wait for a link are others now. */
  readonly onKept: (id: string) => void;
}

export function createEnds(options: EndsOptions): Ends {
  const { ledger, takingBack, takeBackNow, telling, liftAtEnd, liftWhatIsLeft, isWriter, onKept } = options;

  return {
    async expire(ban) {
      const now = ledger.byId(ban.id);
      if (!now?.inForce) return true;
      // Here it is known to be over.
      if (!isWriter()) return false;
      const over = servedToTheEnd(now);
      void ledger.save(over);
      if (now.deliveries.some(isKept)) onKept(now.id);
      const lift = liftAtEnd(now);
      if (lift && !(await lift).accepted) return false;
      // Nothing is to be lifted, or the lift is older than a crash that kept the end of the ban from the disk.
      const left = ledger.byId(now.id);
      const hasWaited = !isSettled(now) && isSettled(over);
      if (!left || !isToEnd(left, undefined)) {
        if (left && hasWaited) telling.announceOnceSafe(left);
        return true;
      }
      const takenBack = takingBack.take([left], undefined);
      const ended = ledger.byId(left.id);
      if (!ended) return true;
      if ((await ledger.save(ended)) !== 'written') {
        takingBack.restore(takenBack);
        return false;
      }
      if ((hasWaited || !isSettled(left)) && isSettled(ended)) telling.announce(ended);
      return true;
    },

    endedElsewhere(ban) {
      const now = ledger.byId(ban.id);
      if (!now?.inForce || !isWriter()) return NOTHING_TAKEN_BACK.how;
      const { how } = isSettled(now) ? NOTHING_TAKEN_BACK : takeBackNow(now, undefined);
      ledger.saveSoon({ ...(ledger.byId(now.id) ?? now), inForce: false });
      liftWhatIsLeft.after(now);
      return how;
    },
  };
}
