import type { Subject } from '../../../../server/identity/subject.ts';
import type { ActionKind, Product } from '../../../../server/moderation/action.ts';
import type { LinkResult, SanctionResult } from '../../../../server/moderation/product-api.ts';
import { MEMBERS, type Member, memberOf } from './people.ts';

/** What goes wrong with one call, and how long it takes. */
export interface Weather {
  readonly fault: 'none' | 'lost' | 'failed' | 'unreachable' | 'refused' | 'limited' | 'not-enabled';
  /** Until it arrives, and from there until its answer is back, in milliseconds. */
  readonly wayMs: number;
  readonly backMs: number;
}

export const FINE: Weather = { fault: 'none', wayMs: 0, backMs: 0 };

/** The limits of the model's products: small, so that they are met often. */
export const LIMITS = {
  cms: { calls: 2, windowMs: 5_000 },
  cad: { calls: 3, windowMs: 20_000 },
} as const;

/** A call that was made. */
export interface SeenCall {
  readonly kind: ActionKind;
  readonly subject: Subject;
  readonly member: Member;
}

/**
 * One product as Sonoran has it: who is linked and banned, what was done to whom, and a strict limit.
 * Its time never jumps.
 */
export class ModelProduct {
  readonly product: Product;
  isDown = false;
  key = 1;
  /** What the next calls meet; later ones meet nothing. */
  weather: Weather[] = [];
  readonly banned = new Set<string>();
  /** By name, the API ID by which somebody is known; null when they are not, or were removed from the community. */
  readonly #links: Map<string, string | null>;
  /** What took effect, oldest first. */
  readonly effects: { readonly kind: ActionKind; readonly name: string; readonly call: SeenCall }[] = [];
  /** When calls arrived that counted. */
  readonly arrivals: number[] = [];
  /** How many calls came too fast though nothing excused it. */
  refusals = 0;
  /** Until then a restarted process cannot know how fast it may be: its clock was set forward. */
  excusedUntil = 0;

  constructor(product: Product) {
    this.product = product;
    this.#links = new Map(MEMBERS.map(({ name, linkedBy }) => [name, linkedBy[product]]));
  }

  /** Somebody joins the community, or is known by something else from now on. */
  link({ name }: Member, apiId: string): void {
    this.#links.set(name, apiId);
  }

  #isLinked({ subject, member }: SeenCall): boolean {
    const apiId = this.#links.get(member.name) ?? null;
    return subject.by === 'account' ? apiId !== null : apiId === subject.value;
  }

  /** What a call meets that starts now. */
  next(): Weather {
    if (this.isDown) return { fault: 'unreachable', wayMs: 0, backMs: 0 };
    return this.weather.shift() ?? FINE;
  }

  /**
   * A call arrives. What it does, it does now.
   *
   * @param key the credentials that it carries.
   */
  arrive(call: SeenCall, { fault }: Weather, key: number, now: number): SanctionResult {
    if (fault === 'unreachable') {
      return { kind: 'try-again', detail: 'could not connect', waitMs: null, mayHaveHappened: false };
    }
    const { calls, windowMs } = LIMITS[this.product];
    if (this.arrivals.filter((at) => at > now - windowMs).length >= calls) {
      if (now >= this.excusedUntil) this.refusals++;
      return { kind: 'limited', waitMs: windowMs };
    }
    this.arrivals.push(now);
    if (fault === 'limited') return { kind: 'limited', waitMs: null };
    if (key !== this.key) return { kind: 'bad-credentials', words: 'INVALID API KEY' };
    if (fault === 'not-enabled') return { kind: 'not-enabled', words: 'NOT ENABLED' };
    if (fault === 'refused') return { kind: 'refused', words: 'IS THE OWNER' };
    if (fault === 'failed') {
      return { kind: 'try-again', detail: 'status 500', waitMs: null, mayHaveHappened: true };
    }
    const result = this.#carryOut(call);
    if (fault === 'lost') {
      return { kind: 'try-again', detail: 'no answer', waitMs: null, mayHaveHappened: true };
    }
    return result;
  }

  /** Whether a name is linked. */
  tell(ask: SeenCall): LinkResult {
    if (this.isDown) {
      return { kind: 'try-again', detail: 'could not connect', waitMs: null, mayHaveHappened: false };
    }
    return { kind: this.#isLinked(ask) ? 'linked' : 'not-linked' };
  }

  #carryOut(call: SeenCall): SanctionResult {
    const { kind } = call;
    const { name } = call.member;
    if (!this.#isLinked(call)) return { kind: 'not-linked' };
    this.effects.push({ kind, name, call });
    if (kind === 'ban') this.banned.add(name);
    else if (kind === 'unban') this.banned.delete(name);
    else this.#links.set(name, null);
    return { kind: 'done', account: name };
  }
}

/** One call of a member, as the API is asked for it. */
export function seenCall(kind: ActionKind, subject: Subject): SeenCall {
  return { kind, subject, member: memberOf(subject) };
}
