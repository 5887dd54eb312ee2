import * as v from 'valibot';
import { cleanText } from '../text/clean.ts';
import type { Message } from '../text/locale.ts';

/** A convar whose value cannot be used. */
export interface SettingProblem {
  readonly convar: string;
  /** What was found (never a key) and what it may be. Whoever says it adds the `convar`. */
  readonly message: Message;
}

/** Reads one convar; an unset or unreadable one is empty. */
export type ReadConvar = (name: string) => string;

/** Reads convars into what they mean. A value that cannot be used is a problem, and its default is taken. */
export interface ConvarParser {
  /** The text, without spaces around it; may be empty. */
  text(convar: string): string;
  /** @param problem says what the value may be; it gets the `value` that was found. */
  setting<T>(convar: string, fallback: T, problem: Message, schema: v.GenericSchema<string, T>): T;
  choice<T extends string>(convar: string, fallback: T, options: readonly T[]): T;
  /** A list; undefined when it is empty or cannot be used. */
  list<T extends string>(convar: string, options: readonly T[]): readonly T[] | undefined;
  /** A list, or the word `none` for an empty one. */
  listOrNone<T extends string>(convar: string, fallback: readonly T[], options: readonly T[]): readonly T[];
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

  function setting<T>(
    convar: string,
    fallback: T,
    { key, parameters }: Message,
    schema: v.GenericSchema<string, T>,
  ): T {
    const value = text(convar);
    if (value === '') return fallback;
    const parsed = v.safeParse(schema, value);
    if (parsed.success) return parsed.output;
    const shown = cleanText(redact(value), 60);
    problems.push({ convar, message: { key, parameters: { ...parameters, value: shown } } });
    return fallback;
  }

  return {
    text,
    setting,
    choice: (convar, fallback, options) =>
      setting(convar, fallback, oneOf('setting.choice', options), v.picklist(options)),
    list: (convar, options) => setting(convar, undefined, oneOf('setting.list', options), listOf(options)),
    listOrNone: (convar, fallback, options) =>
      setting(
        convar,
        fallback,
        oneOf('setting.listOrNone', options),
        v.union([
          v.pipe(
            v.literal('none'),
            v.transform(() => []),
          ),
          listOf(options),
        ]),
      ),
    whole: (convar, fallback, min, max) =>
      setting(convar, fallback, { key: 'setting.whole', parameters: { min, max } }, wholeNumber(min, max)),
    yesOrNo: (convar, fallback) =>
      setting(convar, fallback, { key: 'setting.yesOrNo', parameters: {} }, boolean),
  };
}

/** Says that a value may be one, or some, of these. */
export function oneOf(
  key: 'setting.choice' | 'setting.list' | 'setting.listOrNone',
  options: readonly string[],
): Message {
  return { key, parameters: { options: options.join(', ') } };
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
