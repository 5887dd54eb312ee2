import { type Action, isSettled, keysOf, type Person } from './action.ts';

/**
 * All actions that are known, in memory, and the ways to find them. Every step takes time in proportion to what it
 * changes, not to what is kept.
 *
 * A temporary ban holds back everything that was decided about its person until it has ended: that says what is to
 * be lifted then. What is settled and not held back may be forgotten, first what settled first.
 */
export class ActionIndex {
  /** In the order in which they came in, which is that of the decisions. */
  readonly #all = new Map<string, Action>();
  readonly #pending = new Map<string, Action>();
  readonly #expiring = new Map<string, Action>();
  readonly #idByKey = new Map<string, string>();
  /** By what makes a person the same person. Of most people there is one action. */
  readonly #idsByPerson = new Map<string, string | Set<string>>();
  /** Per such key, how many temporary bans have not ended. */
  readonly #holds = new Map<string, number>();
  readonly #forgettable = new Set<string>();
  #lastSequence = 0;

  get lastSequence(): number {
    return this.#lastSequence;
  }

  byId(id: string): Action | undefined {
    return this.#all.get(id);
  }

  /** The action that came from a decision, see {@link Action.key}. */
  byKey(key: string): Action | undefined {
    const id = this.#idByKey.get(key);
    return id === undefined ? undefined : this.#all.get(id);
  }

  /** What is not settled, in the order decided. */
  pending(): readonly Action[] {
    return [...this.#pending.values()];
  }

  /** Temporary bans whose end is still to come. */
  expiring(): readonly Action[] {
    return [...this.#expiring.values()];
  }

  /** Everything that was decided about a person, in no order. */
  about(person: Person): readonly Action[] {
    const ids = new Set(keysOf(person).flatMap((key) => [...this.#idsOf(key)]));
    return [...ids].flatMap((id) => this.#all.get(id) ?? []);
  }

  /** The latest, newest first. */
  latest(limit: number): readonly Action[] {
    return limit > 0 ? [...this.#all.values()].slice(-limit).reverse() : [];
  }

  /** Takes in an action, or what has become of it. */
  apply(action: Action): void {
    const before = this.#all.get(action.id);
    this.#all.set(action.id, action);
    this.#lastSequence = Math.max(this.#lastSequence, action.sequence);
    if (action.key !== null) this.#idByKey.set(action.key, action.id);
    if (!before) this.#addPerson(action);
    if (isSettled(action)) this.#pending.delete(action.id);
    else this.#pending.set(action.id, action);
    if (action.isExpiryPending) this.#expiring.set(action.id, action);
    else this.#expiring.delete(action.id);
    if (action.isExpiryPending !== (before?.isExpiryPending ?? false)) {
      for (const key of keysOf(action.person)) this.#hold(key, action.isExpiryPending ? 1 : -1);
    }
    this.#sortOut(action);
  }

  remove(id: string): void {
    const action = this.#all.get(id);
    if (!action) return;
    this.#all.delete(id);
    this.#pending.delete(id);
    this.#expiring.delete(id);
    this.#forgettable.delete(id);
    if (action.key !== null && this.#idByKey.get(action.key) === id) this.#idByKey.delete(action.key);
    for (const key of keysOf(action.person)) {
      const ids = this.#idsByPerson.get(key);
      if (ids === id) this.#idsByPerson.delete(key);
      else if (ids instanceof Set) ids.delete(id);
      if (action.isExpiryPending) this.#hold(key, -1);
    }
  }

  /** What is to be forgotten when so many settled actions may be kept that are not held back. */
  surplus(limit: number): readonly Action[] {
    const surplus: Action[] = [];
    for (const id of this.#forgettable) {
      if (this.#forgettable.size - surplus.length <= limit) break;
      const action = this.#all.get(id);
      if (action) surplus.push(action);
    }
    return surplus;
  }

  #addPerson({ id, person }: Action): void {
    for (const key of keysOf(person)) {
      const ids = this.#idsByPerson.get(key);
      if (ids === undefined) this.#idsByPerson.set(key, id);
      else if (ids instanceof Set) ids.add(id);
      else if (ids !== id) this.#idsByPerson.set(key, new Set([ids, id]));
    }
  }

  #idsOf(key: string): Iterable<string> {
    const ids = this.#idsByPerson.get(key);
    return ids === undefined ? [] : ids instanceof Set ? ids : [ids];
  }

  #hold(key: string, change: 1 | -1): void {
    const before = this.#holds.get(key) ?? 0;
    const after = before + change;
    if (after === 0) this.#holds.delete(key);
    else this.#holds.set(key, after);
    if (before > 0 && after > 0) return;
    for (const id of this.#idsOf(key)) {
      const action = this.#all.get(id);
      if (action) this.#sortOut(action);
    }
  }

  #sortOut(action: Action): void {
    const isHeldBack = keysOf(action.person).some((key) => this.#holds.has(key));
    if (isSettled(action) && !isHeldBack) this.#forgettable.add(action.id);
    else this.#forgettable.delete(action.id);
  }
}
