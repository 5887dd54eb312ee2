import { createReplies, type Replies } from '../notify/reply.ts';
import type { Say } from '../text/locale.ts';
import type { CommandLine } from './command-line.ts';
import type { Caller, CommandHost, Messenger } from './ports.ts';

/** What every group of commands is made of. */
export interface CommandBasics {
  readonly host: CommandHost;
  readonly messenger: Messenger;
  readonly say: Say;
  readonly onBug: (where: string, error: unknown) => void;
}

/** Registers commands, and answers who types them. */
export interface GuardedCommands extends Replies {
  /** @param run may fail: whoever typed the command is told, and the console has the details. */
  register(name: string, run: (caller: Caller, line: CommandLine) => void | Promise<void>): void;
}

export function guardedCommands({ host, messenger, say, onBug }: CommandBasics): GuardedCommands {
  const replies = createReplies(messenger);
  return {
    ...replies,
    register(name, run) {
      host.register(name, (caller, line) => {
        // At once: who is found is found in this turn.
        new Promise<void>((resolve) => resolve(run(caller, line))).catch((error: unknown) => {
          onBug(`/${name}`, error);
          replies.answer(caller, say('error.REFUSED.internal'), 'bad');
        });
      });
    },
  };
}
