import type { Clock } from '../../clock.ts';
import type { Log } from '../log.ts';
import { COLOURS } from './action-embed.ts';
import { cut, EMBED_LIMITS, type Embed } from './embed.ts';
import type { Words } from './inert.ts';

/** Tells what does not work, and when it works again. */
export interface Problems {
  /** @param about what it is that does not work; one thing has one name. */
  found(about: string, words: string): void;
  /** Tells nothing when no problem was found with it. */
  mended(about: string, words: string): void;
  /** A log for what is said about one thing: its warnings and errors are problems, what else it says mends them. */
  logOf(about: string, log: Log): Log;
}

/** @param tell takes the news. */
export function createProblems(
  clock: Clock,
  { say, show }: Words,
  tell: (make: () => Embed) => void,
): Problems {
  const open = new Set<string>();

  const embed = (title: string, words: string, color: number): Embed => ({
    title,
    description: cut(show(words), EMBED_LIMITS.fieldValue),
    color,
    fields: [],
    timestamp: new Date(clock.now()).toISOString(),
  });

  function found(about: string, words: string): void {
    open.add(about);
    tell(() => embed(say('discord.problem'), words, COLOURS.kick));
  }

  function mended(about: string, words: string): void {
    if (open.delete(about)) tell(() => embed(say('discord.mended'), words, COLOURS.unban));
  }

  return {
    found,
    mended,
    logOf(about, log) {
      const both = (write: (line: string) => void, also: typeof found) => (line: string) => {
        write(line);
        also(about, line);
      };
      return {
        ...log,
        info: both(log.info, mended),
        warn: both(log.warn, found),
        error: both(log.error, found),
      };
    },
  };
}
