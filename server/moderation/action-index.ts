import { type Action, isSettled, keysOf, namesOfAction } from './action.ts';

/**
 * All actions that are known, in memory, and the ways to find them. Every step takes time in proportion to what it
 * changes, not to what is kept.
 *
 * A ban in force holds back everything that was decided about its person until it has ended: that says what is to
 * be lifted then. What is settled and not held back may be forgotten, first what settled first.
 */
export class ActionIndex {
  /** In the order decided, unless `#isInOrder` is false. */
  #all = new Map<string, Action>();
  #pending = new Map<string, Action>();
  #inForce = new Map<string, Action>();
  /** The place of the latest that has come in. */
  #lastPlace = 0;
  /** What another server has decided in one moment comes in any order, and is put in order when somebody asks. */
  #isInOrder = true;
  readonly #idByKey = new Map<string, string>();
  /** By the names that an action can be found by. Of most people there is one action. */
  readonly #idsByName = new Map<string, string | Set<string>>();
  /** Per name, how many bans are in force. */
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
    this.#order();
    return [...this.#pending.values()];
  }

  /** Bans in force, in the order decided. */
  inForce(): readonly Action[] {
    this.#order();
    return [...this.#inForce.values()];
  }

  /** Everything that can be found by one of the names, in no order. */
  about(names: readonly string[]): readonly Action[] {
    const ids = new Set(names.flatMap((name) => [...this.#idsOf(name)]));
    return [...ids].flatMap((id) => this.#all.get(id) ?? []);
  }

  /** The bans in force among them. Takes no time where there is none. */
  inForceAbout(names: readonly string[]): readonly Action[] {
    return names.some((name) => this.#holds.has(name))
      ? this.about(names).filter(({ inForce }) => inForce)
      : [];
  }

  /** The latest, newest first. */
  latest(limit: number): readonly Action[] {
    this.#order();
    return limit > 0 ? [...this.#all.values()].slice(-limit).reverse() : [];
  }

  /** Takes in an action, or what has become of it. */
  apply(action: Action): void {
    const before = this.#all.get(action.id);
    if (!before && action.sequence < this.#lastPlace) this.#isInOrder = false;
    this.#lastPlace = Math.max(this.#lastPlace, action.sequence);
    this.#all.set(action.id, action);
    this.#lastSequence = Math.max(this.#lastSequence, action.told);
    for (const key of keysOf(action)) this.#idByKey.set(key, action.id);
    if (isSettled(action)) this.#pending.delete(action.id);
    else this.#pending.set(action.id, action);
    if (action.inForce) this.#inForce.set(action.id, action);
    else this.#inForce.delete(action.id);
    this.#rename(action, before);
    this.#sortOut(action);
  }

  remove(id: string): void {
    const action = this.#all.get(id);
    if (!action) return;
    this.#all.delete(id);
    this.#pending.delete(id);
    this.#inForce.delete(id);
    this.#forgettable.delete(id);
    for (const key of keysOf(action)) if (this.#idByKey.get(key) === id) this.#idByKey.delete(key);
    for (const name of namesOfAction(action)) {
      this.#removeName(id, name);
      if (action.inForce) this.#hold(name, -1);
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

  #order(): void {
    if (this.#isInOrder) return;
    this.#isInOrder = true;
    const sorted = (actions: ReadonlyMap<string, Action>) =>
      new Map([...actions].sort(([, one], [, other]) => one.sequence - other.sequence));
    this.#all = sorted(this.#all);
    this.#pending = sorted(this.#pending);
    this.#inForce = sorted(this.#inForce);
  }

  /** Answers name accounts, and a decision that is told again may bring more identifiers. */
  #rename(action: Action, before: Action | undefined): void {
    const names = namesOfAction(action);
    const namesBefore = before ? namesOfAction(before) : NONE;
    const added = names.filter((name) => !namesBefore.includes(name));
    const gone = namesBefore.filter((name) => !names.includes(name));
    for (const name of added) this.#addName(action.id, name);
    for (const name of gone) this.#removeName(action.id, name);
    const wasInForce = before?.inForce ?? false;
    if (wasInForce) for (const name of action.inForce ? gone : namesBefore) this.#hold(name, -1);
    if (action.inForce) for (const name of wasInForce ? added : names) this.#hold(name, 1);
  }

  #addName(id: string, name: string): void {
    const ids = this.#idsByName.get(name);
    if (ids === undefined) this.#idsByName.set(name, id);
    else if (ids instanceof Set) ids.add(id);
    else if (ids !== id) this.#idsByName.set(name, new Set([ids, id]));
  }

  #removeName(id: string, name: string): void {
    const ids = this.#idsByName.get(name);
    if (ids instanceof Set) ids.delete(id);
    if (ids === id || (ids instanceof Set && ids.size === 0)) this.#idsByName.delete(name);
  }

  #idsOf(name: string): Iterable<string> {
    const ids = this.#idsByName.get(name);
    return ids === undefined ? NONE : ids instanceof Set ? ids : [ids];
  }

  #hold(name: string, change: 1 | -1): void {
    const before = this.#holds.get(name) ?? 0;
    const after = before + change;
    if (after === 0) this.#holds.delete(name);
    else this.#holds.set(name, after);
    if (before > 0 && after > 0) return;
    for (const id of this.#idsOf(name)) {
      const action = this.#all.get(id);
      if (action) this.#sortOut(action);
    }
  }

  #sortOut(action: Action): void {
    const isHeldBack = namesOfAction(action).some((name) => this.#holds.has(name));
    if (isSettled(action) && !isHeldBack) this.#forgettable.add(action.id);
    else this.#forgettable.delete(action.id);
  }
}

const NONE: readonly string[] = [];
