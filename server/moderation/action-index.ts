import { type Action, isSettled, keysOf, namesOfAction } from './action.ts';
import { ByName } from './by-name.ts';

/** What is known by one name. */
interface Named {
  /** The actions that can be found by it. Of most people there is one. */
  ids: string | Set<string>;
  /** How many of them are bans in force. */
  inForce: number;
}

/**
 * All actions that are known, in memory, and the ways to find them. Every step takes time in proportion to what it
 * changes, not to what is kept.
 *
 * A ban in force holds back everything that was decided about its person until it has ended: that says what is to
 * be lifted then. What is settled and not held back may be forgotten, first what settled first.
 */
export class ActionIndex {
  /** In the order in which they came in, which is mostly that of the decisions. */
  #all = new Map<string, Action>();
  #pending = new Map<string, Action>();
  #inForce = new Map<string, Action>();
  readonly #idByKey = new Map<string, string>();
  readonly #byName = new ByName<Named>();
  /** The ids of bans in force by the identifiers of whoever holds the account that they name. */
  readonly #idsByHolder = new Map<string, Set<string>>();
  readonly #forgettable = new Set<string>();
  #lastSequence = 0;
  /** Of the action that came in last, and whether none has come in, or has become another's, that is to be before one. */
  #newest = 0;
  #isInOrder = true;

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
    this.#putInOrder();
    return [...this.#pending.values()];
  }

  /** Bans in force, in the order decided. */
  inForce(): readonly Action[] {
    this.#putInOrder();
    return [...this.#inForce.values()];
  }

  /** Everything that can be found by one of the names, in no order. */
  about(names: readonly string[]): readonly Action[] {
    const ids = new Set(names.flatMap((name) => [...this.#idsOf(name)]));
    return [...ids].flatMap((id) => this.#all.get(id) ?? []);
  }

  /**
   * The bans in force among them, and those of accounts whose holder goes by one of the names. Takes no time where
   * there is none.
   */
  inForceAbout(names: readonly string[]): readonly Action[] {
    const about = names.some((name) => this.#isHeld(name)) ? this.about(names) : [];
    const held = names.flatMap((name) => [...(this.#idsByHolder.get(name) ?? NONE)]);
    const all = held.length === 0 ? about : [...about, ...held.flatMap((id) => this.#all.get(id) ?? [])];
    return [...new Set(all)].filter(({ inForce }) => inForce);
  }

  /** The latest, newest first. */
  latest(limit: number): readonly Action[] {
    this.#putInOrder();
    return limit > 0 ? [...this.#all.values()].slice(-limit).reverse() : [];
  }

  /** Takes in an action, or what has become of it. */
  apply(action: Action): void {
    const before = this.#all.get(action.id);
    const isInPlace = before ? before.sequence === action.sequence : action.sequence >= this.#newest;
    if (!isInPlace) this.#isInOrder = false;
    this.#newest = Math.max(this.#newest, action.sequence);
    this.#all.set(action.id, action);
    this.#lastSequence = Math.max(this.#lastSequence, action.told);
    for (const key of keysOf(action)) this.#idByKey.set(key, action.id);
    if (isSettled(action)) this.#pending.delete(action.id);
    else this.#pending.set(action.id, action);
    if (action.inForce) this.#inForce.set(action.id, action);
    else this.#inForce.delete(action.id);
    this.#rename(action, before);
    if (before) this.#removeHolder(before);
    if (action.inForce) this.#addHolder(action);
    this.#sortOut(action);
  }

  remove(id: string): void {
    const action = this.#all.get(id);
    if (!action) return;
    this.#all.delete(id);
    this.#pending.delete(id);
    this.#inForce.delete(id);
    this.#forgettable.delete(id);
    this.#removeHolder(action);
    for (const key of keysOf(action)) if (this.#idByKey.get(key) === id) this.#idByKey.delete(key);
    for (const name of namesOfAction(action)) {
      if (action.inForce) this.#hold(name, -1);
      this.#removeName(id, name);
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

  /** Only where servers become one community is the order of decisions another than that in which they come in. */
  #putInOrder(): void {
    if (this.#isInOrder) return;
    this.#all = inOrder(this.#all);
    this.#pending = inOrder(this.#pending);
    this.#inForce = inOrder(this.#inForce);
    this.#isInOrder = true;
  }

  /** Answers name accounts, and a decision that is told again may bring more identifiers. */
  #rename(action: Action, before: Action | undefined): void {
    const names = namesOfAction(action);
    const namesBefore = before ? namesOfAction(before) : NONE;
    const added = names.filter((name) => !namesBefore.includes(name));
    const gone = namesBefore.filter((name) => !names.includes(name));
    const wasInForce = before?.inForce ?? false;
    if (wasInForce) for (const name of action.inForce ? gone : namesBefore) this.#hold(name, -1);
    for (const name of gone) this.#removeName(action.id, name);
    for (const name of added) this.#addName(action.id, name);
    if (action.inForce) for (const name of wasInForce ? added : names) this.#hold(name, 1);
  }

  #addHolder({ id, holder }: Action): void {
    for (const name of holder) {
      const ids = this.#idsByHolder.get(name);
      if (ids) ids.add(id);
      else this.#idsByHolder.set(name, new Set([id]));
    }
  }

  #removeHolder({ id, holder }: Action): void {
    for (const name of holder) {
      const ids = this.#idsByHolder.get(name);
      ids?.delete(id);
      if (ids?.size === 0) this.#idsByHolder.delete(name);
    }
  }

  #addName(id: string, name: string): void {
    const named = this.#byName.get(name);
    if (!named) this.#byName.set(name, { ids: id, inForce: 0 });
    else if (named.ids instanceof Set) named.ids.add(id);
    else if (named.ids !== id) named.ids = new Set([named.ids, id]);
  }

  #removeName(id: string, name: string): void {
    const ids = this.#byName.get(name)?.ids;
    if (ids instanceof Set) ids.delete(id);
    if (ids === id || (ids instanceof Set && ids.size === 0)) this.#byName.delete(name);
  }

  #idsOf(name: string): Iterable<string> {
    const ids = this.#byName.get(name)?.ids ?? NONE;
    return typeof ids === 'string' ? [ids] : ids;
  }

  #hold(name: string, change: 1 | -1): void {
    const named = this.#byName.get(name);
    if (!named) return;
    const wasHeld = named.inForce > 0;
    named.inForce += change;
    if (wasHeld === named.inForce > 0) return;
    for (const id of this.#idsOf(name)) {
      const action = this.#all.get(id);
      if (action) this.#sortOut(action);
    }
  }

  #isHeld(name: string): boolean {
    return (this.#byName.get(name)?.inForce ?? 0) > 0;
  }

  #sortOut(action: Action): void {
    const isHeldBack = namesOfAction(action).some((name) => this.#isHeld(name));
    if (isSettled(action) && !isHeldBack) this.#forgettable.add(action.id);
    else this.#forgettable.delete(action.id);
  }
}

function inOrder(actions: ReadonlyMap<string, Action>): Map<string, Action> {
  return new Map([...actions].sort(([, one], [, other]) => one.sequence - other.sequence));
}

const NONE: readonly string[] = [];
