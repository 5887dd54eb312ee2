import { type Action, isSettled, namesOfAction, type Product, productsOf } from './action.ts';
import type { Again } from './again.ts';
import type { Moderation, ModerationOptions } from './contract.ts';
import type { LiftWhatIsLeft } from './ending/lift-what-is-left.ts';
import type { Latest } from './latest.ts';
import { coversAll, isToEnd } from './lift.ts';
import type { Ledger } from './ports.ts';
import type { TakingBack } from './taking-back.ts';
import type { Telling } from './telling.ts';
import type { DecidedAbout } from './ties.ts';

/** What it takes. */
export interface ResumeOptions extends Pick<ModerationOptions, 'clock'> {
  readonly ledger: Pick<Ledger, 'byId' | 'latest' | 'pending'>;
  readonly decidedAbout: DecidedAbout;
  readonly again: Pick<Again, 'resume'>;
  readonly latest: Pick<Latest, 'note'>;
  readonly takingBack: Pick<TakingBack, 'take'>;
  readonly telling: Pick<Telling, 'resume'>;
  readonly liftWhatIsLeft: Pick<LiftWhatIsLeft, 'resume'>;
}

/** Goes on where the last run ended: what a lift has not come to take back is taken back now. */
export function createResume(options: ResumeOptions): Moderation['resume'] {
  const { clock, ledger, decidedAbout, again, latest, takingBack, telling, liftWhatIsLeft } = options;

  function takeAgain(bans: readonly Action[], products: readonly Product[] | undefined): void {
    takingBack.take(
      bans.filter((ban) => isToEnd(ban, products)),
      products,
    );
  }

  return () => {
    telling.resume();
    const all = ledger.latest(Number.POSITIVE_INFINITY);
    again.resume(all, clock.now());
    for (const action of all) {
      const { kind, ended, sequence, told, isOfOneBan } = action;
      if (kind === 'ban') latest.note('ban', told);
      if (kind !== 'unban') continue;
      takeAgain(
        ended.flatMap((id) => ledger.byId(id) ?? []),
        undefined,
      );
      if (isOfOneBan) continue;
      latest.note('unban', sequence);
      const products = productsOf(action);
      // One that has ended a ban says so. A lift of some products has not, and may have ended its shares there.
      const isInDoubt = (ban: Action) =>
        ban.told < sequence && (!isSettled(ban) || !coversAll(ban, products));
      takeAgain(decidedAbout(namesOfAction(action)).filter(isInDoubt), products);
    }
    // One that has ended otherwise, while a call of it was under way.
    const isOver = ({ kind, inForce }: Action) => kind === 'ban' && !inForce;
    takingBack.take(ledger.pending().filter(isOver), undefined);
    liftWhatIsLeft.resume(all);
  };
}
