/** The texts of a language, by key. */
export type Texts = Readonly<Record<string, string>>;

/** What is put into a text. */
const PLACEHOLDER = /\{\w+\}/g;

/** What people type, or find written so elsewhere: it is the same in every language. */
const TYPED = [
  // A line for server.cfg.
  /add_ace [\w.{}]+ [\w.{}]+ allow/,
  /(?:https?|mysql):\/\/[\w.:@/…-]+[\w/…]/,
  // A command, with the word after it that it knows.
  /\/cms[a-z]+(?: (?:confirm|list|kept|retry|cancel|all)\b)?/,
  // Convars, files, ACEs.
  /\b(?:[a-z]+_[A-Za-z_]+|[A-Z]+_[A-Z_]+|locales\/|cmsban\.[\w.]+|command\.[\w.]+|resource\.[\w.]+|server\.cfg|\w+\.json)/,
  // Targets and durations.
  /\b(?:license|steam|discord|account|username|unique):(?=\S)/,
  /\b[0-9a-f]{10}\b/,
  /\b(?:\d+[mhdw])+\b/,
  /\bperm\b/,
  /\b(?:true|false)\b/,
];
const TYPED_PATTERN = new RegExp(TYPED.map(({ source }) => source).join('|'), 'g');

/** Texts that name words which are typed after a command, and those words. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  'setting.listOrNone': ['none'],
  'help.target.history': ['all'],
  'help.target.kick': ['confirm'],
  'help.verb': ['list', 'kept', 'retry', 'cancel'],
  'usage.cmshistory': ['all'],
  'usage.cmsqueue': ['list', 'kept', 'retry', 'cancel'],
};

/** Names, abbreviations and words that are the same in several languages: a text of nothing else may be the same. */
const INTERNATIONAL = new Set(
  (
    'sonoran cms cad discord txadmin fxserver cmsban api id ids ace utc json ' +
    'h d min s account ban chat console database debug error events export exports in kick open page points problem ' +
    'product push server status unban webhook'
  ).split(' '),
);

/** So many words in a row are no accident. */
const RUN = 5;

/** What is wrong with a translation of the English texts, a line each. */
export function faultsOf(english: Texts, translation: Texts): string[] {
  const unknown = Object.keys(translation).filter((key) => !Object.hasOwn(english, key));
  return [
    ...unknown.map((key) => `${key}: there is no such text in en.json`),
    ...Object.entries(english).flatMap(([key, source]) => {
      const text = translation[key];
      return text === undefined
        ? [`${key}: is missing`]
        : faultsOfText(key, source, text).map((fault) => `${key}: ${fault}`);
    }),
  ];
}

function faultsOfText(key: string, source: string, text: string): string[] {
  if (text.trim() === '') return ['is empty'];
  const faults: string[] = [];
  const differ = (what: string, one: readonly string[], other: readonly string[]) => {
    const missing = one.filter((part) => !other.includes(part));
    const extra = other.filter((part) => !one.includes(part));
    if (missing.length > 0) faults.push(`${what} missing: ${missing.join(' ')}`);
    if (extra.length > 0) faults.push(`${what} too many: ${extra.join(' ')}`);
  };
  differ('words in braces', partsOf(source, PLACEHOLDER), partsOf(text, PLACEHOLDER));
  differ('what is typed', partsOf(source, TYPED_PATTERN), partsOf(text, TYPED_PATTERN));
  const words = new Set(text.match(/\p{L}+/gu));
  differ(
    'what is typed',
    (VERBS[key] ?? []).filter((verb) => !words.has(verb)),
    [],
  );
  if (/^\s/.test(source) !== /^\s/.test(text)) faults.push('begins with a space in one of the two alone');
  if (/\s$/.test(source) !== /\s$/.test(text)) faults.push('ends with a space in one of the two alone');
  if (/[\p{Cc}^]/u.test(text)) faults.push('has a caret, or a character that is not seen');
  const left = englishLeft(wordsOf(source), wordsOf(text));
  if (left !== undefined) faults.push(`is still English: ${left}`);
  return faults;
}

function partsOf(text: string, pattern: RegExp): string[] {
  return [...new Set(text.match(pattern) ?? [])];
}

/** The words that are to be translated. */
function wordsOf(text: string): string[] {
  const rest = text.replaceAll(TYPED_PATTERN, ' ').replaceAll(PLACEHOLDER, ' ');
  return rest.toLowerCase().match(/\p{L}+/gu) ?? [];
}

function englishLeft(source: readonly string[], words: readonly string[]): string | undefined {
  const own = source.filter((word) => !INTERNATIONAL.has(word));
  if (own.length > 0 && source.join(' ') === words.join(' ')) return source.join(' ');
  const text = ` ${words.join(' ')} `;
  const runs = source.map((_, at) => source.slice(at, at + RUN)).filter((run) => run.length === RUN);
  return runs.map((run) => run.join(' ')).find((run) => text.includes(` ${run} `));
}

/** A text in no language, with everything in its place that a translation keeps. */
export function asIfTranslated(text: string): string {
  const kept = `${TYPED_PATTERN.source}|${PLACEHOLDER.source}`;
  return text.replaceAll(new RegExp(`(${kept})|\\p{L}+`, 'gu'), (part, whole) =>
    whole === undefined ? `${part}øy` : part,
  );
}
