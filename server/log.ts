import { LOG_LEVELS, type LogLevel } from './settings/settings.ts';

/** The console, by level. Every line is free of secrets. */
export interface Log extends Readonly<Record<LogLevel, (message: string) => void>> {
  /** A fault of ours: the stack goes to the console. */
  bug(where: string, error: unknown): void;
}

const PREFIX: Readonly<Record<LogLevel, string>> = {
  debug: '^5debug^7 ',
  info: '',
  warn: '^3warning^7 ',
  error: '^1error^7 ',
};

/**
 * @param level what is less important is not printed.
 * @param print writes one line to the server's console.
 * @param redact takes secrets out of a line.
 */
export function createLog(
  level: LogLevel,
  print: (line: string) => void,
  redact: (text: string) => string,
): Log {
  const at = (lineLevel: LogLevel) => (message: string) => {
    if (LOG_LEVELS.indexOf(lineLevel) >= LOG_LEVELS.indexOf(level))
      print(redact(PREFIX[lineLevel] + message));
  };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return {
    ...log,
    bug(where, error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log.error(`internal error in ${where}: ${stack}`);
    },
  };
}
