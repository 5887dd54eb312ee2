import { type Action, namesOf } from '../action.ts';
import { conclude } from '../conclude.ts';
import type { ModerationOptions } from '../contract.ts';
import { liftsSince, overtaken } from '../late.ts';
import type { Latest } from '../latest.ts';
import type { FoundPerson } from '../person.ts';
import { planDelivery, type Subjectable } from '../plan.ts';
import type { Ledger } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import { NOTHING_TAKEN_BACK } from '../taking-back.ts';
import { type DecidedAbout, identifiersInFull } from '../ties.ts';
import type { AnswerAgain } from './answer-again.ts';
import type { Lift } from './lift.ts';
import type { NewAction } from './new-action.ts';
import type { NotStored } from './not-stored.ts';
import type { Refusals } from './refusals.ts';
import type { Retell } from './retell.ts';
import type { FindSame } from './same-decision.ts';
import type { TakeIn } from './take-in.ts';

/** Begins a decision. What it does before it waits for the disk is done at once: there may be no later turn. */
export type Decide = (
  who: FoundPerson,
  subjectable: Subjectable,
  request: SanctionRequest,
) => Promise<Ticket>;

/** What it takes. */
export interface DecideOptions
  extends Pick<ModerationOptions, 'products' | 'everyProduct' | 'ties' | 'audience' | 'unlinked' | 'say'> {
  readonly ledger: Pick<Ledger, 'save'>;
  readonly decidedAbout: DecidedAbout;
  readonly latest: Pick<Latest, 'note'>;
  readonly refusals: Pick<Refusals, 'unused' | 'calledOff'>;
  readonly answerAgain: AnswerAgain;
  readonly findSame: FindSame;
  readonly retell: Retell;
  /** What becomes of a decision when it could not be kept that it was told again. */
  readonly notRetold: NotStored['retold'];
  readonly newAction: NewAction;
  readonly lift: Lift;
  readonly takeIn: TakeIn;
}

/**
 * A request is called off, known by its name, refused, known as the same decision, a lift, or an action of its own;
 * that is asked in this order.
 */
export function createDecide(options: DecideOptions): Decide {
  const { everyProduct, ties, audience, ledger, decidedAbout, latest, say } = options;
  const { refusals, answerAgain, findSame, retell, notRetold, newAction, lift, takeIn } = options;

  /** It was lifted, on another server, before anybody here heard of it. */
  async function takeInOvertaken(
    ban: Action,
    lifts: readonly Action[],
    request: SanctionRequest,
  ): Promise<Ticket> {
    const action = overtaken(ban, lifts);
    if (action.inForce) latest.note('ban', action.sequence);
    const ticket = await takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
    const [latestLift] = lifts;
    if (ticket.accepted && latestLift && !action.inForce) audience.corrected(latestLift, action);
    return ticket;
  }

  return async ({ person }, found, request) => {
    if (request.isCalledOff?.()) return refusals.calledOff(request);
    const known = answerAgain.known(person, request);
    if (known) return known;
    const products = request.only ? everyProduct : options.products();
    if (products.length === 0) return refusals.unused(request, say('error.NOT_CONFIGURED'));
    const wanted = products.filter(({ api }) => request.products?.includes(api.product) ?? true);
    if (wanted.length === 0) {
      const names = request.products?.join(', ') ?? '';
      return refusals.unused(request, say('error.NOT_CONFIGURED.products', { products: names }));
    }
    const subjectable = { ...found, identifiers: identifiersInFull(person, ties) };
    const same = findSame(
      request,
      wanted.map(({ api }) => api.product),
      person,
    );
    if (same) {
      const { action, kept } = retell(same, person, request);
      if (kept && (await kept) === 'not the writer') return notRetold(action, request);
      return answerAgain.same(action, request);
    }
    if (request.kind === 'unban') return lift(person, subjectable, request, wanted);
    const isTemporary = request.expiresAt !== undefined;
    const action = conclude(
      {
        ...newAction(person, request),
        deliveries: wanted.map((product) =>
          planDelivery(product, request.kind, subjectable, isTemporary, say),
        ),
      },
      options.unlinked,
    );
    const since =
      request.elsewhere && action.kind === 'ban' ? liftsSince(action.at, decidedAbout(namesOf(person))) : [];
    if (since.length > 0) return takeInOvertaken(action, since, request);
    if (action.kind === 'ban') latest.note('ban', action.sequence);
    return takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
  };
}
