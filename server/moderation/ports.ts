import type { Action, Product } from './action.ts';
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
  /** Everybody who shares an identifier. */
  sharing(identifiers: readonly string[]): readonly ConnectedPlayer[];
  /** The same of those on the way in; their ids are temporary ones. */
  connecting(identifiers: readonly string[]): readonly ConnectedPlayer[];
  /** Removes a player from the server, with a message. False when they are not on it. */
  drop(id: number, message: string): boolean;
}

/** What is left of an action that the history has no room for. */
export interface Ended extends Pick<Outcome, 'status' | 'code'> {
  readonly id: string;
}

/** Where actions are kept, across restarts. */
export interface Ledger {
  /** The place of the next decision in the order of all. */
  nextSequence(): number;
  /** Keeps a new action. When the promise resolves it is on disk; what comes in together goes to disk together. */
  save(action: Action): Promise<void>;
  /** Keeps what became of an action; it is on disk on return. */
  saveNow(action: Action): void;
  /** Takes note of what need not be on disk yet, such as why something waits. */
  update(action: Action): void;
  byId(id: string): Action | undefined;
  /** The action that came from this decision before. */
  byKey(key: string): Action | undefined;
  /** How a decision ended whose action is not in the history any more. */
  endedByKey(key: string): Ended | undefined;
  /** What is not settled, oldest first. */
  pending(): readonly Action[];
  /** Temporary bans whose end is still to come. */
  expiring(): readonly Action[];
  /** The latest actions, newest first. */
  latest(limit: number): readonly Action[];
}

/** Told how actions go, to pass it on. */
export interface Audience {
  /** An action was taken in and is safe; nothing has gone out yet. */
  accepted(action: Action): void;
  /** A lift has overtaken a ban of the same person in these products. */
  withdrawn(lift: Action, products: readonly Product[]): void;
  /** The first answer to an action that could not be settled at once. */
  queued(action: Action, outcome: Outcome): void;
  /** An action, or a request that never became one (then without action), has ended. */
  settled(action: Action | undefined, outcome: Outcome): void;
}
