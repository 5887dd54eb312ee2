import type { Subject } from '../identity/subject.ts';
import type { Product } from '../moderation/action.ts';

/** How long a link is remembered whose share may still be asked for by other names, in milliseconds. */
const HEARD_MS = 10 * 60_000;
const MOST_HEARD = 200;

/** A link that was told when it may not have been waited for yet. */
interface HeardLink {
  readonly product: Product;
  /** In Unix milliseconds. */
  readonly at: number;
  readonly names: readonly Subject[];
}

/**
 * Links that were told from outside lately. A share that is asked for by one name after the other may be answered
 * "not linked" by answers that are older than the link.
 */
export class HeardLinks {
  /** Oldest first. */
  #links: readonly HeardLink[] = [];
  readonly #now: () => number;

  /** @param now in Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#links.length === 0;
  }

  add(product: Product, names: readonly Subject[]): void {
    const fresh = this.#links.filter((link) => this.#isFresh(link)).slice(1 - MOST_HEARD);
    this.#links = [...fresh, { product, at: this.#now(), names }];
  }

  /**
   * What is found by a name that was told; its link is forgotten, so that one telling causes one call.
   *
   * @param since links that are older say nothing, in Unix milliseconds.
   */
  take<Found>(
    product: Product,
    since: number,
    find: (name: Subject) => Found | undefined,
  ): Found | undefined {
    for (const link of this.#links) {
      if (link.product !== product || link.at < since || !this.#isFresh(link)) continue;
      for (const name of link.names) {
        const found = find(name);
        if (found === undefined) continue;
        this.#links = this.#links.filter((other) => other !== link);
        return found;
      }
    }
    return undefined;
  }

  #isFresh({ at }: HeardLink): boolean {
    return Math.abs(this.#now() - at) < HEARD_MS;
  }
}
