import type { ModerationOptions } from '../contract.ts';
import type { FoundPerson } from '../person.ts';
import type { Subjectable } from '../plan.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import { identifiersInFull } from '../ties.ts';
import type { AnswerAgain } from './answer-again.ts';
import type { MakeLift } from './make-lift.ts';
import type { MakeSanction } from './make-sanction.ts';
import type { NotStored } from './not-stored.ts';
import type { Refusals } from './refusals.ts';
import type { Retell } from './retell.ts';
import type { FindSame } from './same-decision.ts';

/** Begins a decision. What it does before it waits for the disk is done at once: there may be no later turn. */
export type Decide = (
  who: FoundPerson,
  subjectable: Subjectable,
  request: SanctionRequest,
) => Promise<Ticket>;

/** What it takes. */
export interface DecideOptions extends Pick<ModerationOptions, 'products' | 'everyProduct' | 'ties' | 'say'> {
  readonly refusals: Pick<Refusals, 'unused' | 'calledOff'>;
  readonly answerAgain: AnswerAgain;
  readonly findSame: FindSame;
  readonly retell: Retell;
  /** What becomes of a decision when it could not be kept that it was told again. */
  readonly notRetold: NotStored['retold'];
  readonly makeLift: MakeLift;
  readonly makeSanction: MakeSanction;
}

/**
 * A request is called off, is known by its id or key, cannot be carried out, is a decision that is there already, or
 * becomes an action: asked in this order.
 */
export function createDecide(options: DecideOptions): Decide {
  const { everyProduct, ties, say, refusals, answerAgain } = options;
  const { findSame, retell, notRetold, makeLift, makeSanction } = options;
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
    const make = request.kind === 'unban' ? makeLift : makeSanction;
    return make(person, subjectable, request, wanted);
  };
}
