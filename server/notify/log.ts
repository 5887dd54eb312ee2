import { LOG_LEVELS, type LogLevel } from '../settings/settings.ts';
import type { Say } from '../text/locale.ts';

/** The console, by level. Every line is free of secrets. */
export interface Log extends Readonly<Record<LogLevel, (message: string) => void>> {
  /** A fault of ours: the stack goes to the console. @param where the part it happened in, as its file is called. */
  bug(where: string, error: unknown): void;
}

const COLOUR: Readonly<Record<Exclude<LogLevel, 'info'>, string>> = {
  debug: '^5',
  warn: '^3',
  error: '^1',
};

/**
 * @param level what is less important is not printed.
 * @param print writes one line to the server's console.
 * @param redact takes secrets out of a line.
 * @param say says what kind of line it is.
 */
export function createLog(
  level: LogLevel,
  print: (line: string) => void,
  redact: (text: string) => string,
  say: Say,
): Log {
  const at = (lineLevel: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(lineLevel) < LOG_LEVELS.indexOf(level)) return;
    const prefix = lineLevel === 'info' ? '' : `${COLOUR[lineLevel]}${say(`log.${lineLevel}`)}^7 `;
    print(redact(prefix + message));
  };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return {
    ...log,
    bug(where, error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.error(say('log.bug', { where, stack }));
    },
  };
}
