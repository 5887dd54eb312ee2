import { splitCommands, tokenize } from './console-line.ts';

/** A convar that a configuration sets. */
export interface EarlySetting {
  readonly name: string;
  readonly value: string;
}

/** What sets a convar by its name. `sets` does not count: it is for the public listing (ServerInstance.cpp). */
const setters: ReadonlySet<string> = new Set(['set', 'seta', 'setr']);

/**
 * What a server sets before anything starts: it goes through its whole configuration once for convars alone, other
 * files that it runs included, and only then through all of it. Files inside resources are left out: where resources
 * are is not known yet. The last value of a convar counts.
 *
 * @param readConfig a file's text; undefined when there is none.
 * @param isKnown whether a convar is there already: its bare name sets it.
 */
export function earlySettings(
  config: string,
  readConfig: (path: string) => string | undefined,
  isKnown: (name: string) => boolean,
): EarlySetting[] {
  const settings: EarlySetting[] = [];
  const files = [config];
  for (const file of files) {
    if (file.startsWith('@')) continue;
    for (const line of splitCommands(readConfig(file) ?? '')) {
      const [command = '', ...words] = tokenize(line);
      const [first, second] = words;
      const verb = command.toLowerCase();
      if (setters.has(verb) && first !== undefined && second !== undefined && words.length === 2) {
        settings.push({ name: first, value: second });
      } else if (verb === 'exec' && first !== undefined && words.length === 1) {
        files.push(first);
      } else if (first !== undefined && words.length === 1 && isKnown(command)) {
        settings.push({ name: command, value: first });
      }
    }
  }
  return settings;
}
