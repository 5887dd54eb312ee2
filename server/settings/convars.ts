import * as v from 'valibot';
import { cleanText } from '../text/clean.ts';

/** A convar whose value cannot be used. */
export interface SettingProblem {
  readonly convar: string;
  /** A sentence with what was found (never a key) and what it may be. */
  readonly message: string;
}

/** Reads one convar; an unset or unreadable one is empty. */
export type ReadConvar = (name: string) => string;

/** Reads convars into what they mean. A value that cannot be used is a problem, and its default is taken. */
export interface ConvarParser {
  /** The text, without spaces around it; may be empty. */
  text(convar: string): string;
  /** @param expected what the value may be, for whoever reads the problem. */
  setting<T>(convar: string, fallback: T, expected: string, schema: v.GenericSchema<string, T>): T;
  choice<T extends string>(convar: string, fallback: T, options: readonly T[]): T;
  /** A list; undefined when it is empty or cannot be used. */
  list<T extends string>(convar: string, options: readonly T[]): readonly T[] | undefined;
  whole(convar: string, fallback: number, min: number, max: number): number;
  yesOrNo(convar: string, fallback: boolean): boolean;
}

/**
 * @param redact takes secrets out of what is shown of a value.
 * @param problems gets what cannot be used.
 */
export function convarParser(
  read: ReadConvar,
  redact: (text: string) => string,
  problems: SettingProblem[],
): ConvarParser {
  const text = (convar: string) => read(convar).trim();

  function setting<T>(convar: string, fallback: T, expected: string, schema: v.GenericSchema<string, T>): T {
    const value = text(convar);
    if (value === '') return fallback;
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const shown = cleanText(redact(value), 60);
    problems.push({ convar, message: `is "${shown}" but must be ${expected}; the default is used` });
    return fallback;
  }

  return {
    text,
    setting,
    choice: (convar, fallback, options) =>
      setting(convar, fallback, `one of ${options.join(', ')}`, v.picklist(options)),
    list: (convar, options) =>
      setting(convar, undefined, `a comma-separated list of ${options.join(', ')}`, listOf(options)),
    whole: (convar, fallback, min, max) =>
      setting(convar, fallback, `a whole number from ${min} to ${max}`, wholeNumber(min, max)),
    yesOrNo: (convar, fallback) => setting(convar, fallback, 'true, false, 1 or 0', boolean),
  };
}

/** A comma-separated list of some of the options, each once. */
export function listOf<const T extends string>(options: readonly T[]) {
  return v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .toLowerCase()
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
    v.array(v.picklist(options)),
    v.minLength(1),
    v.transform((words) => [...new Set(words)]),
  );
}

const boolean = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.picklist(['true', 'false', '1', '0']),
  v.transform((word) => word === 'true' || word === '1'),
);

function wholeNumber(min: number, max: number) {
  return v.pipe(v.string(), v.regex(/^[0-9]{1,9}$/), v.transform(Number), v.minValue(min), v.maxValue(max));
}
