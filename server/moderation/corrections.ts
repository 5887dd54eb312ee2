import type { Signal } from '../signal.ts';
import { type Action, deliveryOf, namesOfAction, type Product, productsOf } from './action.ts';
import type { Moderation, ModerationOptions } from './contract.ts';
import type { TakeBackNow } from './ending/take-back-now.ts';
import { liftAgain } from './lift-again.ts';
import type { MadeAgain } from './made-again.ts';
import { type Correction, correctionsOf, endsAllOf } from './one-person.ts';
import { createOverlaps } from './overlaps.ts';
import { keyOfBanAgain } from './own-keys.ts';
import { samePerson } from './person.ts';
import type { Ledger, Outbox } from './ports.ts';
import type { SanctionRequest } from './request.ts';
import { tellWithdrawn } from './taking-back.ts';

/**
 * To be told of every share that was confirmed: it may turn out that decisions were about one account. The later one
 * counts, whichever went out first.
 */
export type Correct = (action: Action, product: Product) => void;

/** What it takes. */
export interface CorrectOptions extends Pick<ModerationOptions, 'audience' | 'onBug'> {
  readonly outbox: Pick<Outbox, 'isUnderWay'>;
  readonly ledger: Pick<Ledger, 'byId' | 'about' | 'pending' | 'save'>;
  readonly madeAgain: Pick<MadeAgain, 'firstOf' | 'placeOf'>;
  readonly takeBackNow: TakeBackNow;
  /** Told of a lift that has ended another ban. */
  readonly accepted: Pick<Signal<Action>, 'tell'>;
  readonly submit: Moderation['submit'];
}

export function createCorrect(options: CorrectOptions): Correct {
  const { outbox, ledger, audience, madeAgain, takeBackNow, accepted, submit, onBug } = options;
  const { firstOf, placeOf } = madeAgain;
  const overlaps = createOverlaps(outbox.isUnderWay);

  /** Ends a ban here, with what is on its way of it, as far as a lift goes that turned out to be about it. */
  function endNow(ban: Action, lift: Action): void {
    const known = ledger.byId(lift.id) ?? lift;
    const isWhole = endsAllOf(lift, ban);
    if (isWhole) {
      audience.corrected(lift, ban);
      // First: after a crash in between, a start ends what a lift says that it has ended.
      const lifted = { ...known, ended: [...known.ended, ban.id] };
      void ledger.save(lifted);
      accepted.tell(lifted);
    }
    const takenBack = takeBackNow(ban, isWhole ? undefined : productsOf(lift));
    if (!isWhole) tellWithdrawn(known, takenBack, audience);
  }

  /** The decision that puts it right that the earlier of two went out last. */
  function correctionFor({ kind, ban, lift }: Correction, product: Product): SanctionRequest {
    // With one that was made again the first is lifted, which may count in more products.
    if (kind !== 'ban-again')
      return liftAgain(ban, lift, endsAllOf(lift, firstOf(ban)) ? undefined : product);
    const { reason, author, origin, expiresAt } = ban;
    return {
      kind: 'ban',
      reason,
      author,
      origin,
      // Of one that was made again before, the first is the decision: it is made once for each lift.
      key: keyOfBanAgain(firstOf(ban), lift),
      products: [product],
      ...(expiresAt === null ? {} : { expiresAt }),
      isCorrection: true,
    };
  }

  return (action, product) => {
    const { state } = deliveryOf(action, product) ?? {};
    const isOverlapped = overlaps.noticed(action, product, ledger.pending());
    if (state?.status !== 'delivered' || state.account === null) return;
    const name = `account:${state.account.toLowerCase()}`;
    const others = ledger
      .about([name])
      .filter((other) => other.id !== action.id && namesOfAction(other).includes(name));
    for (const correction of correctionsOf(action, product, others, placeOf, isOverlapped)) {
      const { kind, ban, lift } = correction;
      if (kind === 'end') {
        endNow(ban, lift);
        continue;
      }
      const [later, earlier] = kind === 'ban-again' ? [ban, lift] : [lift, ban];
      audience.corrected(later, earlier);
      submit(samePerson(ban), correctionFor(correction, product)).catch(onBug);
    }
  };
}
