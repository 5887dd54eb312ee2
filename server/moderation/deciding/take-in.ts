import type { Signal } from '../../signal.ts';
import { type Action, isKept, isSettled, namesOfAction } from '../action.ts';
import type { Drops } from '../drops.ts';
import type { Audience, Ledger } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import { type TakenBack, type TakingBack, tellWithdrawn } from '../taking-back.ts';
import type { Telling } from '../telling.ts';
import type { Ties } from '../ties.ts';
import type { NotStored } from './not-stored.ts';

/**
 * What was decided is on its way to the disk: what follows from it is done once it is there.
 *
 * @param takenBack what it has taken back, which counts after all when it cannot be stored.
 */
export type TakeIn = (
  action: Action,
  request: SanctionRequest,
  saved: ReturnType<Ledger['save']>,
  takenBack: TakenBack,
) => Promise<Ticket>;

/** What it takes. */
export interface TakeInOptions {
  readonly ledger: Pick<Ledger, 'byId'>;
  readonly ties: Pick<Ties, 'of'>;
  readonly audience: Pick<Audience, 'accepted' | 'withdrawn'>;
  readonly telling: Pick<Telling, 'answerTo' | 'begin' | 'decided' | 'announce'>;
  readonly takingBack: Pick<TakingBack, 'dispatch' | 'restore'>;
  readonly drops: Pick<Drops, 'dropIfDue' | 'lifted'>;
  /** Told of every action that is safe. */
  readonly accepted: Pick<Signal<Action>, 'tell'>;
  /** Told of the id of an action that waits for a link. */
  readonly onKept: (id: string) => void;
  readonly notStored: NotStored['decision'];
}

export function createTakeIn(options: TakeInOptions): TakeIn {
  const { ledger, ties, audience, telling, takingBack, drops, accepted, onKept, notStored } = options;
  return async (action, request, saved, takenBack) => {
    const { id } = action;
    telling.begin(id);
    const answered = telling.answerTo(id, request.onAnswer);
    // In the same turn, so that it goes out in the order of decisions.
    takingBack.dispatch(action);
    const result = await saved;
    if (result !== 'written') {
      telling.decided(id);
      takingBack.restore(takenBack);
      return notStored(action, request);
    }
    if (action.kind === 'unban') drops.lifted(ties.of(namesOfAction(action)));
    audience.accepted(action);
    accepted.tell(action);
    const now = drops.dropIfDue(ledger.byId(id) ?? action);
    for (const before of takenBack.before.values()) {
      const ban = ledger.byId(before.id) ?? before;
      if (!isSettled(before) && isSettled(ban)) telling.announce(ban);
    }
    tellWithdrawn(now, takenBack, audience);
    if (now.deliveries.some(isKept)) onKept(id);
    // Nobody else has told it meanwhile.
    if (telling.decided(id)) telling.announce(now);
    return { accepted: true, isAgain: false, id, answered };
  };
}
