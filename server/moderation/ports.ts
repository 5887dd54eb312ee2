import type { Action, Delivery, Product } from './action.ts';
import type { Outcome } from './outcome.ts';

/** Somebody on the server, with what identifies them. */
export interface ConnectedPlayer {
  readonly id: number;
  /** Cleaned, fit to be shown. */
  readonly name: string;
  /** `type:value`, without `ip:`. */
  readonly identifiers: readonly string[];
}

/** Who is on the server. Everything answers at once, from what is known at that moment. */
export interface Players {
  /** Also somebody on the way in, by their temporary id, and whoever leaves in this moment: they can be read, and are no players. */
  byId(id: number): ConnectedPlayer | undefined;
  everybody(): readonly ConnectedPlayer[];
  /** Somebody who has left since the start, by the server id they had. */
  left(id: number): ConnectedPlayer | undefined;
  /** Everybody who has left since the start, the latest first, by the server ids they had. */
  gone(): readonly ConnectedPlayer[];
  /** Everybody who shares an identifier. */
  sharing(identifiers: readonly string[]): readonly ConnectedPlayer[];
  /** Everybody on the way in, by their temporary ids. */
  arriving(): readonly ConnectedPlayer[];
  /** Those of them who share an identifier. */
  connecting(identifiers: readonly string[]): readonly ConnectedPlayer[];
  /** Removes a player from the server, with a message. False when they are not on it. */
  drop(id: number, message: string): boolean;
}

/** What is left of an action that the history has no room for. */
export interface Ended extends Pick<Outcome, 'status' | 'code'> {
  readonly id: string;
}

/** Where actions are kept, across restarts. What is read is what was handed in last, on disk or not. */
export interface Ledger {
  /** The place of the next decision in the order of all. */
  nextSequence(): number;
  /** Keeps an action as it is now: `written` once it is on disk; `not kept` when the store is full. */
  save(action: Action): Promise<WriteResult>;
  /** The same for what may be lost: it is on disk within a second, or with the next save. */
  saveSoon(action: Action): void;
  /** An action, but for what has ended and would not have after a crash: what is told of it is told for good. */
  safe(action: Action): Action;
  /** Takes note of what need not be on disk for this server's own sake, such as why something waits. */
  note(action: Action): void;
  /** Forgets a decision that was not made. */
  forget(action: Action): void;
  byId(id: string): Action | undefined;
  /** The action that came from this decision before. */
  byKey(key: string): Action | undefined;
  /** How a decision ended whose action is not in the history any more. */
  endedByKey(key: string): Ended | undefined;
  /** What is not settled, oldest first. */
  pending(): readonly Action[];
  /** Bans in force, in the order decided. */
  inForce(): readonly Action[];
  /** Everything that is known to have been decided about whoever goes by one of these names, in no order. */
  about(names: readonly string[]): readonly Action[];
  /**
   * The bans in force among them, and those of accounts whose holder goes by one of the names: why somebody is kept
   * out. Takes no time where there is none.
   */
  inForceAbout(names: readonly string[]): readonly Action[];
  /** The latest actions, newest first. */
  latest(limit: number): readonly Action[];
}

/**
 * How a write ended: it is on disk; the store did not keep it (a full disk), and it is tried again by itself unless
 * it is written anew; or another server writes for this community.
 */
export type WriteResult = 'written' | 'not kept' | 'not the writer';

/**
 * How taking a delivery back ended: nothing was ever sent; it was sent before, and its answer was lost; its call is
 * under way in this moment; or it does not wait here.
 */
export type Withdrawal = 'unheard' | 'heard' | 'under-way' | 'not-here';

/** Sees deliveries through. */
export interface Outbox {
  /** Takes in a new delivery, in the turn in which its action is saved. No call goes out before that is on disk. */
  add(action: Action, delivery: Delivery): void;
  /** Takes a delivery back. What is under way is not tried again when it fails, if that is wanted. */
  withdraw(actionId: string, product: Product, isFinal: boolean): Withdrawal;
  /** Whether a call of a delivery is under way: it may be carried out before or after any other. */
  isUnderWay(actionId: string, product: Product): boolean;
  /** Forgets the deliveries of an action that was not made. */
  forget(actionId: string): void;
  /** Names who keeps what becomes of deliveries. */
  listen(listener: OutboxListener): void;
}

/** Told by the outbox, in the turn in which it happens. */
export interface OutboxListener {
  changed(actionId: string, delivery: Delivery): void;
  /** A delivery that has just come in cannot go out at once. */
  waits(actionId: string, delivery: Delivery): void;
}

/** Told how actions go, to pass it on. */
export interface Audience {
  /** An action was taken in and is safe; nothing has gone out yet. */
  accepted(action: Action): void;
  /** A lift has overtaken a ban of the same person in these products. */
  withdrawn(lift: Action, products: readonly Product[]): void;
  /**
   * It has turned out that two actions were about one account: the later counts, and the earlier is undone.
   *
   * @param told those of them whose authors are told here; both, unless given.
   */
  corrected(later: Action, earlier: Action, told?: readonly Action[]): void;
  /** The first answer to an action that could not be settled at once. */
  queued(action: Action, outcome: Outcome): void;
  /** An action, or a request that never became one (then without action), has ended. */
  settled(action: Action | undefined, outcome: Outcome): void;
}
