import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/** What a person reads stands in `locales/`, and nowhere in the code: here the code is searched for words. */

const ROOT = join(import.meta.dirname, '..', '..');

/** Texts that no person reads; what is put into one is written as `{}`. */
const NOT_FOR_PEOPLE = [
  // What a program is told that calls the open port.
  'no body',
  'wrong key',
  'not found',
  'the body did not come',
  'Content-Length is needed',
  'too large',
  'too many requests',
  'internal error',
  'unknown type',
  'the data names no account',
  // Thrown, and caught by our own code; else they are a bug and come with their stack.
  'no complete answer within {} ms',
  // Cases that code tells apart.
  'at once',
  'in turn',
  'cannot be searched',
  'does not keep',
  'keeps again',
  'look for other credentials',
  'not kept',
  'not the writer',
  'by hand',
  'another community',
  'given up',
  'newer schema',
  'taken over',
  'too slow',
  // Spellings in a connection string.
  'data source',
  'initial catalog',
  'user id',
  'user name',
  // Columns.
  'name, whole_name, value, revision',
  // Finds a record again, in whatever language.
  '(cmsban {})',
  '(txAdmin {})',
  // Names the file in the line about a bug.
  'ban-list {}',
  // Names one thing that may not work.
  'list {}',
  'hold {}',
  // HTTP.
  'DiscordBot (cmsban, {})',
  'Bearer {}',
  'text/plain; charset=utf-8',
];

/** A word in lower case beside another word, or beside something that is put in. */
const WORDS = /\b[A-Za-z][a-z]+[,;:]? (?:[a-z]{2,}\b|\{\})|\{\} [a-z]{2,}\b/;

/** What a database is told. */
const STATEMENT = /^(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE|SET) /;

it('finds words, and only words', () => {
  for (const text of ['wrong key', 'Wrong key', 'is {}', '{} is gone', 'ban list: {}', 'now, then']) {
    expect(text).toMatch(WORDS);
  }
  for (const text of ['{} {}', '{}: {}', 'CAD v2', 'cms-v1', 'INVALID API KEY', '/v2/accounts?x={}', ' | ']) {
    expect(text).not.toMatch(WORDS);
  }
});

it.each(['server', 'client'])('no text that a person reads is in %s/', (folder) => {
  const allowed = new Set(NOT_FOR_PEOPLE);
  const found = textsIn(folder).filter(
    ({ text }) => WORDS.test(text) && !STATEMENT.test(text) && !allowed.has(text),
  );
  expect(found).toEqual([]);
});

it('what may be in the code is there', () => {
  const texts = new Set(textsIn('server').map(({ text }) => text));
  expect(NOT_FOR_PEOPLE.filter((text) => !texts.has(text))).toEqual([]);
});

/** Every text in the code of a folder, but for those in types and comments. */
function textsIn(folder: string): { file: string; text: string }[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const code = readFileSync(join(ROOT, folder, file), 'utf8');
      return textsOf(parseAst(code, { lang: 'ts' })).map((text) => ({ file: join(folder, file), text }));
    });
}

function textsOf(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const fields: Readonly<Record<string, unknown>> = { ...node };
  const inside = Object.values(fields).flatMap(textsOf);
  if (fields['type'] === 'Literal' && typeof fields['value'] === 'string') return [fields['value']];
  if (fields['type'] === 'TemplateLiteral' && Array.isArray(fields['quasis'])) {
    return [fields['quasis'].map(({ value }) => value.cooked).join('{}'), ...inside];
  }
  return inside;
}
