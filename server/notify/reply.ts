import type { Caller, Messenger, Tone } from '../triggers/ports.ts';

/** Answers whoever typed a command. */
export type Reply = (caller: Caller, text: string, tone: Tone) => void;

/** The two ways to answer. In the console they are one. */
export interface Replies {
  /** Says what has become of a command. */
  readonly answer: Reply;
  /** Shows what is read at leisure, or needed to type the next command: it stays in the chat. */
  readonly show: Reply;
}

/** @param messenger how a line reaches a person. */
export function createReplies(messenger: Messenger): Replies {
  const reply =
    (how: 'toPlayer' | 'toChat'): Reply =>
    (caller, text, tone) => {
      if (caller.kind === 'console') messenger.toConsole(text, tone);
      else messenger[how](caller.player.id, text, tone);
    };
  return { answer: reply('toPlayer'), show: reply('toChat') };
}
