import * as v from 'valibot';
import english from '../../locales/en.json' with { type: 'json' };
import { parseJson } from './json.ts';

/** A sentence that the product can say. */
export type MessageKey = keyof typeof english;

/** Puts a sentence in the chosen language: `{word}` in it is replaced by the parameter of that name. */
export type Say = (key: MessageKey, parameters?: Readonly<Record<string, string | number>>) => string;

/** A sentence that is yet to be said: what is found before the language is known. */
export interface Message {
  readonly key: MessageKey;
  readonly parameters: Readonly<Record<string, string | number>>;
}

const LocaleFile = v.record(v.string(), v.string());

/** What became of a locale file: the sentences, and what was wrong with them. */
export interface Locale {
  /** The code of the language that is said. */
  readonly code: string;
  readonly say: Say;
  /** For the start-up report; undefined when all is well. */
  readonly problem: Message | undefined;
}

/**
 * Reads a locale. English is in the bundle, so a file that is missing, broken or incomplete costs
 * the translation and never the message.
 *
 * @param code as in `cmsban_locale`, for example `en`.
 * @param text the content of `locales/<code>.json`; undefined when there is none.
 */
export function readLocale(code: string, text: string | undefined): Locale {
  const inEnglishFor = (key: MessageKey): Locale => ({
    code: 'en',
    say: inEnglish,
    problem: { key, parameters: { code } },
  });
  if (text === undefined) {
    return code === 'en'
      ? { code, say: inEnglish, problem: undefined }
      : inEnglishFor('setting.locale.missing');
  }
  const json = parseJson(text);
  if (json === undefined) return inEnglishFor('setting.locale.notJson');
  const parsed = v.safeParse(LocaleFile, json);
  if (!parsed.success) return inEnglishFor('setting.locale.notTexts');
  const [first, ...more] = Object.keys(english).filter((key) => parsed.output[key] === undefined);
  return {
    code,
    say: sayFrom(parsed.output),
    problem:
      first === undefined
        ? undefined
        : {
            key: 'setting.locale.incomplete',
            parameters: { code, count: 1 + more.length, first },
          },
  };
}

/** The sentences whose keys begin so, by the rest of the key, with their placeholders. */
export function textsUnder(prefix: string, say: Say): Readonly<Record<string, string>> {
  const keys = Object.keys(english).filter((key): key is MessageKey => key.startsWith(prefix));
  return Object.fromEntries(keys.map((key) => [key.slice(prefix.length), say(key)]));
}

/** English, which needs no file: for what is said where no other language is known. */
export const inEnglish: Say = sayFrom({});

function sayFrom(translated: Readonly<Record<string, string>>): Say {
  return (key, parameters = {}) =>
    // One pass: a name that reads `{reason}` stays a name.
    (translated[key] ?? english[key]).replace(/\{(\w+)\}/g, (placeholder, name: string) =>
      Object.hasOwn(parameters, name) ? String(parameters[name]) : placeholder,
    );
}
