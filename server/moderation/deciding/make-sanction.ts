import { type Action, namesOf, type Person } from '../action.ts';
import { conclude } from '../conclude.ts';
import type { ModerationOptions } from '../contract.ts';
import { liftsSince, overtaken } from '../late.ts';
import type { Latest } from '../latest.ts';
import { type ProductInUse, planDelivery, type Subjectable } from '../plan.ts';
import type { Ledger } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import { NOTHING_TAKEN_BACK } from '../taking-back.ts';
import type { DecidedAbout } from '../ties.ts';
import type { NewAction } from './new-action.ts';
import type { TakeIn } from './take-in.ts';

/**
 * Makes a ban or a kick.
 *
 * @param wanted the products that are to take it.
 */
export type MakeSanction = (
  person: Person,
  subjectable: Subjectable,
  request: SanctionRequest,
  wanted: readonly ProductInUse[],
) => Promise<Ticket>;

/** What it takes. */
export interface MakeSanctionOptions extends Pick<ModerationOptions, 'audience' | 'say' | 'unlinked'> {
  readonly ledger: Pick<Ledger, 'save'>;
  readonly decidedAbout: DecidedAbout;
  readonly latest: Pick<Latest, 'note'>;
  readonly newAction: NewAction;
  readonly takeIn: TakeIn;
}

export function createMakeSanction(options: MakeSanctionOptions): MakeSanction {
  const { ledger, decidedAbout, latest, newAction, takeIn, audience, say, unlinked } = options;

  /** It was lifted, on another server, before anybody here heard of it. */
  async function takeInOvertaken(
    ban: Action,
    lifts: readonly Action[],
    request: SanctionRequest,
  ): Promise<Ticket> {
    const action = overtaken(ban, lifts);
    if (action.inForce) latest.note('ban', action.sequence);
    const ticket = await takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
    const [lift] = lifts;
    if (ticket.accepted && lift && !action.inForce) audience.corrected(lift, action);
    return ticket;
  }

  return (person, subjectable, request, wanted) => {
    const isTemporary = request.expiresAt !== undefined;
    const deliveries = wanted.map((product) =>
      planDelivery(product, request.kind, subjectable, isTemporary, say),
    );
    const action = conclude({ ...newAction(person, request), deliveries }, unlinked);
    const since =
      request.elsewhere && action.kind === 'ban' ? liftsSince(action.at, decidedAbout(namesOf(person))) : [];
    if (since.length > 0) return takeInOvertaken(action, since, request);
    if (action.kind === 'ban') latest.note('ban', action.sequence);
    return takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
  };
}
