import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { type Action, type ActionKind, deliveryOf, isSettled, type Product } from './action.ts';
import type { Ledger } from './ports.ts';

/** For how long after a call what the product tells of it may still come back as news, in milliseconds. */
const ECHO_MS = 2 * 60 * 1000;

/** Most actions of which it is remembered that they were undone. */
const MOST_UNDONE = 1_000;

/** Tells news from the echo of what was decided here. */
export interface OwnEffects {
  /** To be told of every action that a product has confirmed. */
  confirmed(action: Action): void;
  /**
   * Whether something of this kind was decided here about somebody, and the product has it or may have it already.
   *
   * @param names their identifiers, `type:value`, and the account, `account:<uuid>`, that the product names.
   */
  isOwn(kind: ActionKind, product: Product, names: readonly string[]): boolean;
  /** What was decided about somebody has been undone there: what comes after is news. @returns whether there was something. */
  undone(kind: ActionKind, product: Product, names: readonly string[]): boolean;
}

/** @param ledger holds what is under way. */
export function createOwnEffects(ledger: Pick<Ledger, 'about' | 'inForceAbout'>, clock: Clock): OwnEffects {
  /** By id, until when on `elapsed`; oldest first. */
  const recent = new Map<string, number>();
  /** By product and id, what has been undone there since; oldest first. */
  const over = new Set<string>();

  function forgetOld(): void {
    for (const [id, until] of recent) {
      if (until > clock.elapsed()) return;
      recent.delete(id);
    }
  }

  function ownActions(kind: ActionKind, product: Product, names: readonly string[]): readonly Action[] {
    forgetOld();
    return [...new Set([...ledger.about(names), ...ledger.inForceAbout(names)])]
      .filter((action) => isMeant(action, names))
      .filter((action) => !isSettled(action) || recent.has(action.id))
      .filter((action) => {
        if (action.kind !== kind || over.has(`${product} ${action.id}`)) return false;
        const delivery = deliveryOf(action, product);
        if (delivery?.state.status === 'queued') return delivery.unanswered !== null;
        return delivery?.state.status === 'delivered';
      });
  }

  return {
    confirmed({ id }) {
      forgetOld();
      recent.delete(id);
      recent.set(id, clock.elapsed() + ECHO_MS);
    },
    isOwn: (kind, product, names) => ownActions(kind, product, names).length > 0,
    undone(kind, product, names) {
      const actions = ownActions(kind, product, names);
      for (const { id } of actions) over.add(`${product} ${id}`);
      forgetOldest(over, MOST_UNDONE);
      return actions.length > 0;
    },
  };
}

/** An action of identifiers is about those alone; one that names nothing but an account is about whoever holds it. */
function isMeant({ person, holder }: Action, names: readonly string[]): boolean {
  const { identifiers } = person;
  return identifiers.length === 0 || [...identifiers, ...holder].some((name) => names.includes(name));
}
