import * as v from 'valibot';
import english from '../../locales/en.json' with { type: 'json' };

/** A sentence that the product can say. */
export type MessageKey = keyof typeof english;

/** Puts a sentence in the chosen language: `{word}` in it is replaced by the parameter of that name. */
export type Say = (key: MessageKey, parameters?: Readonly<Record<string, string | number>>) => string;

const LocaleFile = v.record(v.string(), v.string());

/** What became of a locale file: the sentences, and what was wrong with them. */
export interface Locale {
  readonly say: Say;
  /** One sentence for the start-up report; undefined when all is well. */
  readonly problem: string | undefined;
}

/**
 * Reads a locale. English is in the bundle, so a file that is missing, broken or incomplete costs
 * the translation and never the message.
 *
 * @param code as in `cmsban_locale`, for example `en`.
 * @param text the content of `locales/<code>.json`; undefined when there is none.
 */
export function readLocale(code: string, text: string | undefined): Locale {
  if (code === 'en' && text === undefined) return { say: sayFrom({}), problem: undefined };
  if (text === undefined)
    return {
      say: sayFrom({}),
      problem: `is "${code}" but locales/${code}.json does not exist; English is used`,
    };
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return {
      say: sayFrom({}),
      problem: `is "${code}" but locales/${code}.json is not JSON; English is used`,
    };
  }
  const parsed = v.safeParse(LocaleFile, content);
  if (!parsed.success)
    return {
      say: sayFrom({}),
      problem: `is "${code}" but locales/${code}.json is not an object of texts; English is used`,
    };
  const missing = Object.keys(english).filter((key) => parsed.output[key] === undefined);
  return {
    say: sayFrom(parsed.output),
    problem:
      missing.length === 0
        ? undefined
        : `is "${code}" but locales/${code}.json lacks ${missing.length} texts (${missing[0]}, …); those are English`,
  };
}

function sayFrom(translated: Readonly<Record<string, string>>): Say {
  return (key, parameters = {}) =>
    // One pass: a name that reads `{reason}` stays a name.
    (translated[key] ?? english[key]).replace(/\{(\w+)\}/g, (placeholder, name: string) =>
      Object.hasOwn(parameters, name) ? String(parameters[name]) : placeholder,
    );
}
