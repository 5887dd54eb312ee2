import type { Subject } from '../identity/subject.ts';
import { type Action, isKept, type Product } from '../moderation/action.ts';

/** A share that waits for a link, found by one of the ways to name its person. */
export interface KeptShare {
  readonly actionId: string;
  /** The way to name the person as it stands in the share. */
  readonly own: Subject;
}

/**
 * The shares that wait until their person links an account, by the names under which the product may come to know
 * them. Every step takes time in proportion to the names of one person, not to how many wait.
 */
export class KeptIndex {
  readonly #shares = new Map<string, ReadonlyMap<Product, readonly Subject[]>>();
  readonly #identifiers = new Map<string, readonly string[]>();
  /** By product and name. */
  readonly #byName = new Map<string, Map<string, Subject>>();
  readonly #byIdentifier = new Map<string, Set<string>>();
  readonly #byProduct = new Map<Product, Set<string>>();

  get isEmpty(): boolean {
    return this.#shares.size === 0;
  }

  /**
   * Takes an action in as it stands now; one in which nothing waits for a link is forgotten.
   *
   * @param waysOf by what its person can be named in a product, beside what stands in the share.
   */
  put(action: Action, waysOf: (product: Product) => readonly Subject[]): void {
    const { id, person, deliveries } = action;
    this.remove(id);
    const kept = deliveries.filter(isKept);
    if (kept.length === 0) return;
    const shares = new Map(
      kept.map(({ product, subjects }) => [product, distinct([...subjects, ...waysOf(product)])]),
    );
    this.#shares.set(id, shares);
    this.#identifiers.set(id, person.identifiers);
    for (const identifier of person.identifiers) addTo(this.#byIdentifier, identifier, id);
    for (const [product, subjects] of shares) {
      addTo(this.#byProduct, product, id);
      // The best way last: it stays.
      for (const subject of [...subjects].reverse()) {
        const name = nameIn(product, subject);
        const shareOf = this.#byName.get(name) ?? new Map<string, Subject>();
        this.#byName.set(name, shareOf.set(id, subject));
      }
    }
  }

  remove(actionId: string): void {
    const shares = this.#shares.get(actionId);
    if (!shares) return;
    for (const identifier of this.#identifiers.get(actionId) ?? []) {
      removeFrom(this.#byIdentifier, identifier, actionId);
    }
    for (const [product, subjects] of shares) {
      removeFrom(this.#byProduct, product, actionId);
      for (const subject of subjects) removeFrom(this.#byName, nameIn(product, subject), actionId);
    }
    this.#shares.delete(actionId);
    this.#identifiers.delete(actionId);
  }

  /** The action that has waited longest in a product. */
  first(product: Product): string | undefined {
    return this.#byProduct.get(product)?.values().next().value;
  }

  /** All actions that wait in some product, the oldest first. */
  all(): readonly string[] {
    return [...this.#shares.keys()];
  }

  /** Whose share in a product waits for this name to be linked; texts compare in any case. */
  find(product: Product, subject: Subject): readonly KeptShare[] {
    const found = this.#byName.get(nameIn(product, subject)) ?? [];
    return [...found].map(([actionId, own]) => ({ actionId, own }));
  }

  /** The actions whose person has one of these identifiers, `type:value`. */
  about(identifiers: readonly string[]): readonly string[] {
    const ids = new Set(identifiers.flatMap((name) => [...(this.#byIdentifier.get(name) ?? [])]));
    return [...ids];
  }

  /** By what the person of an action can be named in a product, best first; empty when nothing waits there. */
  ways(actionId: string, product: Product): readonly Subject[] {
    return this.#shares.get(actionId)?.get(product) ?? [];
  }
}

function nameIn(product: Product, { by, value }: Subject): string {
  return `${product} ${by} ${String(value).toLowerCase()}`;
}

/** Each name once, the first of its kind. */
export function distinct(subjects: readonly Subject[]): readonly Subject[] {
  const byName = new Map<string, Subject>();
  for (const subject of subjects) {
    const name = `${subject.by} ${subject.value}`;
    if (!byName.has(name)) byName.set(name, subject);
  }
  return [...byName.values()];
}

function addTo<Key>(map: Map<Key, Set<string>>, key: Key, id: string): void {
  const ids = map.get(key);
  if (ids) ids.add(id);
  else map.set(key, new Set([id]));
}

function removeFrom<Key>(
  map: Map<Key, { delete(id: string): boolean; readonly size: number }>,
  key: Key,
  id: string,
): void {
  const ids = map.get(key);
  ids?.delete(id);
  if (ids?.size === 0) map.delete(key);
}
