import { deliveryOf, isKept, isSettled, withDelivery } from './action.ts';
import { conclude } from './conclude.ts';
import type { ModerationOptions } from './contract.ts';
import type { Correct } from './corrections.ts';
import { isDropDue } from './drop-rule.ts';
import type { Drops } from './drops.ts';
import type { LiftLate } from './ending/lift-late.ts';
import type { LiftWhatIsLeft } from './ending/lift-what-is-left.ts';
import type { WithMoreNames } from './more-names.ts';
import type { Ledger, Outbox, OutboxListener } from './ports.ts';
import type { TakingBack } from './taking-back.ts';
import { isAnswered, type Telling } from './telling.ts';

/** What it takes. */
export interface ShareChangesOptions extends Pick<ModerationOptions, 'unlinked'> {
  readonly ledger: Pick<Ledger, 'byId' | 'save' | 'saveSoon' | 'note' | 'safe'>;
  readonly outbox: Pick<Outbox, 'add'>;
  readonly takingBack: Pick<TakingBack, 'noticed'>;
  readonly telling: Pick<Telling, 'announce' | 'announceOnceSafe' | 'isAwaited' | 'isUndecided'>;
  readonly drops: Pick<Drops, 'drop'>;
  readonly withMoreNames: WithMoreNames;
  readonly correct: Correct;
  readonly liftLate: LiftLate;
  readonly liftWhatIsLeft: Pick<LiftWhatIsLeft, 'after'>;
  /** Told of the id of an action whose shares that wait for a link are others now. */
  readonly onKept: (id: string) => void;
}

/** Keeps what becomes of the shares of actions, and does what follows from it. */
export function createShareChanges(options: ShareChangesOptions): OutboxListener {
  const { ledger, outbox, takingBack, telling, drops, withMoreNames, onKept } = options;
  const { correct, liftLate, liftWhatIsLeft } = options;
  return {
    changed(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      if (takingBack.noticed(before, delivery)) return;
      const richer = withMoreNames(before, delivery);
      if (richer) {
        const action = withDelivery(before, richer);
        void ledger.save(action);
        outbox.add(action, richer);
        return;
      }
      const action = conclude(withDelivery(before, delivery), options.unlinked);
      const isConfirmed = delivery.state.status === 'delivered';
      const isKeptNow = action.deliveries.some(isKept) && !before.deliveries.some(isKept);
      const isNews = isConfirmed || !isDropDue(before);
      const after = isNews && isDropDue(action) ? drops.drop(action) : action;
      // What is told is safe: after a crash nothing is done again that somebody knows to be done.
      if (isSettled(after) || isKeptNow || (isAnswered(after) && telling.isAwaited(actionId))) {
        telling.announceOnceSafe(after);
      } else if (delivery.candidate !== deliveryOf(before, delivery.product)?.candidate) {
        // Which names are nobody's is known for good: after a crash it costs no call again.
        void ledger.save(after);
      } else ledger.saveSoon(after);
      if (isKeptNow || before.deliveries.some(isKept)) onKept(actionId);
      if (isConfirmed) correct(after, delivery.product);
      if (isConfirmed && after.kind === 'ban' && !after.inForce) liftLate(after, delivery.product);
      if (before.inForce && !after.inForce) liftWhatIsLeft.after(after);
    },

    waits(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      ledger.note(action);
      if (telling.isUndecided(actionId)) return;
      // Another product's share may have ended, and that may not be on disk yet.
      if (ledger.safe(action) === action) telling.announce(action);
      else if (isAnswered(action)) telling.announceOnceSafe(action);
    },
  };
}
