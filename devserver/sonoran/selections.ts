/**
 * Filtered lists of everybody, each kept until something changes: a list that is read page by page is
 * filtered once, however long it is.
 */
export class Selections<Item> {
  readonly #all: () => Iterable<Item>;
  readonly #kept = new Map<string, readonly Item[]>();

  constructor(all: () => Iterable<Item>) {
    this.#all = all;
  }

  /** @param name the same for the same filter, and for no other. */
  get(name: string, fits: (item: Item) => boolean): readonly Item[] {
    const known = this.#kept.get(name) ?? [...this.#all()].filter(fits);
    this.#kept.set(name, known);
    return known;
  }

  /** To be called when anything has changed. */
  forget(): void {
    this.#kept.clear();
  }
}
