import type { Action } from './action.ts';
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
  byId(id: number): ConnectedPlayer | undefined;
  /** Everybody who shares an identifier. */
  sharing(identifiers: readonly string[]): readonly ConnectedPlayer[];
  /** Removes a player from the server, with a message. False when they are not on it. */
  drop(id: number, message: string): boolean;
}

/** Where actions are kept. */
export interface Ledger {
  /** Keeps an action, new or changed. When the promise resolves it is safe. */
  save(action: Action): Promise<void>;
  byId(id: string): Action | undefined;
  /** The action that came from this decision before. */
  byKey(key: string): Action | undefined;
  /** What is not settled, oldest first. */
  pending(): readonly Action[];
  /** The latest actions, newest first. */
  latest(limit: number): readonly Action[];
}

/** Told how actions go, to pass it on. */
export interface Audience {
  /** An action was taken in and is safe; nothing has gone out yet. */
  accepted(action: Action): void;
  /** The first answer to an action that could not be settled at once. */
  queued(action: Action, outcome: Outcome): void;
  /** An action, or a request that never became one (then without action), has ended. */
  settled(action: Action | undefined, outcome: Outcome): void;
}
