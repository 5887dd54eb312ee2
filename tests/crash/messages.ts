import type { ClockScale } from '../../devserver/scaled-clock.ts';
import type { ServerDeath } from './death.ts';
import type { Person } from './people.ts';

/** What a game server is started with: one argument of its command line, as JSON. */
export interface StartOrder {
  readonly config: string;
  /** The folder of the key-value stores. */
  readonly data: string;
  /** The resources' folders, by name. */
  readonly resources: Readonly<Record<string, string>>;
  readonly clock: ClockScale;
  /** When it is to end itself, if it is to. */
  readonly death: ServerDeath | null;
  /** Whether it tells of its connections. */
  readonly tellsOfConnections?: true;
  /** Who is on the server, in the order of their numbers. */
  readonly players: readonly Pick<Person, 'name' | 'identifiers'>[];
}

/** What a game server is told to do. */
export type Order =
  | { readonly do: 'console'; readonly line: string }
  /** The first player types it. */
  | { readonly do: 'chat'; readonly line: string }
  /** Another resource calls an export; the answer is a line that it prints. */
  | { readonly do: 'call'; readonly number: number; readonly name: string; readonly args: readonly unknown[] }
  | { readonly do: 'txban'; readonly ban: TxAdminBan }
  | { readonly do: 'txrevoke'; readonly actionId: string; readonly identifiers: readonly string[] }
  /** Asks for everything that is on record. */
  | { readonly do: 'ledger'; readonly number: number }
  /** Somebody tries to come in, and leaves at once. */
  | { readonly do: 'knock'; readonly number: number; readonly player: StartOrder['players'][number] }
  /** Ends in order. */
  | { readonly do: 'stop' };

/** A ban in txAdmin. */
export interface TxAdminBan {
  readonly actionId: string;
  readonly reason: string;
  readonly identifiers: readonly string[];
  /** Unix seconds; false for ever. */
  readonly expiration: number | false;
}

/** What a game server tells. */
export type Report =
  /** The process lives; no script runs yet. */
  | { readonly tells: 'hello' }
  /** The resources have been started, everybody is on the server. */
  | { readonly tells: 'up' }
  /** A resource has printed a line. */
  | { readonly tells: 'line'; readonly resource: string; readonly text: string }
  /** Everything on record, newest first, as the resource's export returns it. */
  | { readonly tells: 'ledger'; readonly number: number; readonly outcomes: unknown }
  /** Whether somebody who tried to come in was let in. */
  | { readonly tells: 'knocked'; readonly number: number; readonly isLetIn: boolean }
  /** A connection was made, between two ports of this machine, at a time in Unix milliseconds. */
  | { readonly tells: 'connected'; readonly from: number; readonly to: number; readonly at: number }
  /** Something went wrong that nobody caught. */
  | { readonly tells: 'stray'; readonly error: string };
