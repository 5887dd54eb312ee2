import type { Caller, Messenger, Tone } from '../triggers/ports.ts';

/** Answers whoever typed a command, where they typed it. */
export type Reply = (caller: Caller, text: string, tone: Tone) => void;

/** @param messenger how a line reaches a person. */
export function createReply(messenger: Messenger): Reply {
  return (caller, text, tone) => {
    if (caller.kind === 'console') messenger.toConsole(text, tone);
    else messenger.toPlayer(caller.player.id, text, tone);
  };
}
