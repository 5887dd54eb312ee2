import type { Product } from '../../server/moderation/action.ts';
import { PRODUCTS } from '../../server/moderation/action.ts';
import type { Outcome, ProductOutcome } from '../../server/moderation/outcome.ts';

/** How many requests either host had received at some moment. */
export type Mark = Readonly<Record<Product, number>>;

/** So much of an end that was moved may be lost in a crash, in milliseconds. */
const NEARLY_MS = 1_000;

/** What somebody was told of how a share ended. */
export interface Ending {
  readonly status: 'delivered' | 'refused';
  readonly code: string;
  /** When it was heard first. */
  readonly mark: Mark;
}

/**
 * All that was ever told about actions, through every life of the game server; and what contradicts
 * itself in it. Whoever heard something once may rely on it for ever.
 */
export class Memory {
  /** The ids of actions that somebody was told are accepted, in that order. */
  readonly accepted: string[] = [];
  /** What was told that cannot be. */
  readonly complaints: string[] = [];
  /** What was on record when that was asked last, oldest first. */
  ledger: readonly Outcome[] = [];
  #beforeDeath: readonly string[] = [];
  readonly #survivors = new Set<string>();
  readonly #endings = new Map<string, Ending>();
  /** By id, until when somebody was told last that a ban lasts. */
  readonly #untils = new Map<string, number>();
  readonly #mark: () => Mark;

  /** @param mark reads the number of requests so far. */
  constructor(mark: () => Mark) {
    this.#mark = mark;
  }

  /** How a share ended, once anybody was told. */
  ending(id: string, product: Product): Ending | undefined {
    return this.#endings.get(`${id}/${product}`);
  }

  heardAccepted(id: string): void {
    if (this.accepted.includes(id)) this.complaints.push(`${id} was accepted twice`);
    this.accepted.push(id);
  }

  /** An answer or an event. What still waited as it was given may have ended by the time it is heard. */
  heardOutcome(outcome: Outcome): void {
    const { id, until } = outcome;
    if (until !== null) this.#untils.set(id, Math.max(until, this.#untils.get(id) ?? until));
    for (const product of PRODUCTS) {
      const share = outcome.products[product];
      if (share && share.status !== 'queued') this.#heardShare(outcome, product, share);
    }
  }

  /** The server has died: what is on record after that survived. */
  heardDeath(): void {
    this.#beforeDeath = this.ledger.map(({ id }) => id);
  }

  /** @param outcomes oldest first; as it is at this moment. */
  heardLedger(outcomes: readonly Outcome[]): void {
    const ids = outcomes.map(({ id }) => id);
    // Somebody can look at the record between a decision and the write, after which it is accepted.
    for (const id of this.#beforeDeath) if (ids.includes(id)) this.#survivors.add(id);
    const promised = new Set([...this.accepted, ...this.#survivors]);
    for (const id of promised) {
      if (!ids.includes(id)) this.complaints.push(`${id} was accepted, and is not on record any more`);
    }
    const inBoth = this.ledger.map(({ id }) => id).filter((id) => ids.includes(id));
    if (inBoth.some((id, index) => ids[index] !== id)) {
      this.complaints.push(`the record has another order than before: ${inBoth.join(' ')}`);
    }
    const places = this.accepted.map((id) => ids.indexOf(id)).filter((place) => place !== -1);
    if (places.some((place, index) => place < (places[index - 1] ?? -1))) {
      this.complaints.push(`the record has another order than was told: ${this.accepted.join(' ')}`);
    }
    this.ledger = outcomes;
    for (const outcome of outcomes) {
      const { id, until } = outcome;
      const told = this.#untils.get(id);
      // One that is told again may end later, and then no earlier.
      if (until !== null && told !== undefined && until < told - NEARLY_MS) {
        this.complaints.push(`${id} was to last until ${told}, and ends at ${until} now`);
      }
      for (const product of PRODUCTS) {
        const share = outcome.products[product];
        if (share) this.#heardShare(outcome, product, share);
      }
    }
  }

  #heardShare(outcome: Outcome, product: Product, { status, code }: ProductOutcome): void {
    const { id } = outcome;
    // Whom the one product does not know may be kept for a link, when the other has answered.
    if (outcome.status === 'queued' && code === 'NOT_LINKED') return;
    const before = this.ending(id, product);
    if (before && (before.status !== status || before.code !== code)) {
      this.complaints.push(
        `${id} had ended in ${product} as ${before.status} (${before.code}), and is ${status} (${code}) now`,
      );
    }
    if (!before && status !== 'queued') {
      this.#endings.set(`${id}/${product}`, { status, code, mark: this.#mark() });
    }
  }
}
