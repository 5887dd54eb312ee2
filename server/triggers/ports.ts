import type { ConnectedPlayer } from '../moderation/ports.ts';
import type { CommandLine } from './command-line.ts';

/** Who typed a command. */
export type Caller =
  | { readonly kind: 'console' }
  | { readonly kind: 'player'; readonly player: ConnectedPlayer };

/** How an answer is meant, for its colour. */
export type Tone = 'good' | 'bad' | 'neutral';

/** A line for a person. */
export interface Said {
  readonly text: string;
  readonly tone: Tone;
}

/** The server's commands. */
export interface CommandHost {
  /** Registers a command that needs the ACE `command.<name>`; the console always may. */
  register(name: string, handler: (caller: Caller, line: CommandLine) => void): void;
}

/** How a line reaches a person. */
export interface Messenger {
  /** Tells a player what has happened. It may vanish after a while, and need not be in the chat. */
  toPlayer(playerId: number, text: string, tone: Tone): void;
  /** Writes what is read at leisure, or needed to type a command, to a player's chat. */
  toChat(playerId: number, text: string, tone: Tone): void;
  toConsole(text: string, tone: Tone): void;
}

/** What access-control entries allow. */
export interface Access {
  playerHas(playerId: number, ace: string): boolean;
  /** Whether whoever has the identifier holds the ACE, also when they are not here. */
  identifierHas(identifier: string, ace: string): boolean;
  resourceHas(resource: string, ace: string): boolean;
}
