import { parseIdentifiers } from '../identity/identifier.ts';
import { type ApiIdRules, type Subject, subjectsOf } from '../identity/subject.ts';
import type { AccountReference } from '../identity/target.ts';
import type { Say } from '../text/locale.ts';
import { type ActionKind, type Delivery, type DeliveryState, type Product, QUEUED } from './action.ts';
import type { ProductApi } from './product-api.ts';

/** A product that this community uses: its API and how its accounts are found. */
export interface ProductInUse {
  readonly api: ProductApi;
  readonly rules: ApiIdRules;
}

/** What names the person towards the products. */
export interface Subjectable {
  readonly identifiers: readonly string[];
  /** Set when the target was typed as an account: then it alone counts. */
  readonly account: AccountReference | undefined;
  /** The API ID that the CAD's own resource knows the player by, once it has been asked. */
  readonly cadApiId: string | undefined;
  /** The ways that an earlier action went, to go again. */
  readonly known?: ReadonlyMap<Product, readonly Subject[]>;
}

/** The ways to name a person in one product, best first. */
export function subjectsFor({ api, rules }: ProductInUse, who: Subjectable): readonly Subject[] {
  const again = who.known?.get(api.product);
  if (again) return again;
  if (who.account) return [who.account];
  const known = api.product === 'cad' ? who.cadApiId : undefined;
  return subjectsOf(parseIdentifiers(who.identifiers), rules, known);
}

/** One product's share of an action about to begin; settled at once when the product cannot take it. */
export function planDelivery(
  product: ProductInUse,
  kind: ActionKind,
  who: Subjectable,
  isTemporary: boolean,
  say: Say,
): Delivery {
  const { api, rules } = product;
  const subjects = subjectsFor(product, who);
  const delivery = {
    product: api.product,
    subjects,
    candidate: 0,
    attempts: 0,
    spentMs: 0,
    unanswered: null,
  };
  const refused = (code: 'UNSUPPORTED' | 'NO_IDENTIFIER', detail: string): Delivery => {
    const state: DeliveryState = { status: 'refused', code, detail };
    return { ...delivery, state };
  };
  if (!api.kinds.has(kind)) return refused('UNSUPPORTED', say('unsupported.unban'));
  if (isTemporary && !api.kinds.has('unban')) return refused('UNSUPPORTED', say('unsupported.temporary'));
  if (who.account && !api.sanctionFields.has(who.account.by)) {
    return refused('UNSUPPORTED', say('unsupported.field', { field: who.account.by }));
  }
  if (subjects.length === 0) return refused('NO_IDENTIFIER', rules.types.join(', '));
  return { ...delivery, state: QUEUED };
}
