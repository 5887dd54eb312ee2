import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import english from '../../locales/en.json' with { type: 'json' };
import { asIfTranslated, faultsOf, type Texts } from './translation-faults.ts';

/** Every file in `locales/` says all that English says, in its language, with what is put in and what is typed. */

const FOLDER = join(import.meta.dirname, '..', '..', 'locales');
const FILES = readdirSync(FOLDER);
const LocaleFile = v.record(v.string(), v.string());

const VERBS = /\b(?:list|kept|retry|cancel|confirm|all|none)\b/;
const whole: Texts = Object.fromEntries(
  Object.entries(english).map(([key, text]) => [
    key,
    // Whoever translates leaves the words that are typed after a command.
    /^usage\.|^help\.|^setting\.listOrNone$/.test(key)
      ? text.replaceAll(/\S+/g, (word) => (VERBS.test(word) ? word : asIfTranslated(word)))
      : asIfTranslated(text),
  ]),
);

describe('a translation', () => {
  it('that has everything in its place has no fault', () => {
    expect(faultsOf(english, whole)).toEqual([]);
  });

  it.each<[string, Texts, string]>([
    ['without a text', { dropped: '' }, 'dropped: is empty'],
    ['with a blank text', { dropped: ' \n' }, 'dropped: is empty'],
    ['with a text that nobody says', { droped: 'Weg.' }, 'droped: there is no such text in en.json'],
    [
      'with English',
      { dropped: english.dropped },
      'dropped: is still English: the player was dropped from the server',
    ],
    [
      'with English in other clothes',
      { dropped: '«The player WAS dropped… from the server!»' },
      'dropped: is still English: the player was dropped from the server',
    ],
    [
      'with half a text in English',
      { gateOff: 'Der Einlass ist aus, so cmsban does not keep them out.' },
      'gateOff: is still English: so cmsban does not keep',
    ],
    [
      'without what is put in',
      { 'accepted.ban': 'Wird gebannt…' },
      'accepted.ban: words in braces missing: {name}',
    ],
    [
      'with what is put in translated',
      { 'accepted.ban': 'Banne {Name}…' },
      'accepted.ban: words in braces missing: {name}',
    ],
    [
      'with more put in than there is',
      { 'accepted.ban': 'Banne {name} bis {until}…' },
      'accepted.ban: words in braces too many: {until}',
    ],
    [
      'with a command translated',
      { 'kick.unasked': 'Kein Kick wartet auf dich. Tippe erst /cmskicken <Ziel>.' },
      'kick.unasked: what is typed missing: /cmskick',
    ],
    [
      'with the word after a command translated',
      { 'usage.cmsqueue': 'So geht es: /cmsqueue [liste | kept | retry [id] | cancel <id>]' },
      'usage.cmsqueue: what is typed missing: list',
    ],
    [
      'with a line for server.cfg translated',
      { 'error.FORBIDDEN': 'Die Ressource {resource} darf das nicht ({action}). In server.cfg: add_ace' },
      'error.FORBIDDEN: what is typed missing: add_ace resource.{resource} cmsban.{action} allow',
    ],
    [
      'without the space before',
      { 'list.and': 'und ' },
      'list.and: begins with a space in one of the two alone',
    ],
    [
      'without the space after',
      { 'list.and': ' und' },
      'list.and: ends with a space in one of the two alone',
    ],
    ['with a colour', { dropped: '^1Weg.' }, 'dropped: has a caret, or a character that is not seen'],
  ])('%s has that fault', (_, change, fault) => {
    expect(faultsOf(english, { ...whole, ...change })).toContain(fault);
  });

  it('that lacks a text has that fault', () => {
    const { dropped: _, ...rest } = whole;
    expect(faultsOf(english, rest)).toEqual(['dropped: is missing']);
  });

  it('may have names, abbreviations and international words as they are in English', () => {
    const same = [
      'product.cms',
      'lookup.account',
      'duration.minutes',
      'origin.chat',
      'start.discord',
      'share',
    ];
    const texts = Object.fromEntries(Object.entries(english).filter(([key]) => same.includes(key)));
    expect(Object.keys(texts)).toHaveLength(same.length);
    expect(faultsOf(english, { ...whole, ...texts })).toEqual([]);
  });

  it('may have the words that are typed, with the abbreviations between them, as they are', () => {
    const text = 'So geht es: /cmsqueue [list | kept | retry [id] | cancel <id>]';
    expect(faultsOf(english, { ...whole, 'usage.cmsqueue': text })).toEqual([]);
  });

  it('may put the words in another order, and say one twice', () => {
    const text = 'Bis {until} UTC, also {until}, ist {name} ausgesperrt…';
    expect(faultsOf(english, { ...whole, 'accepted.ban.until': text })).toEqual([]);
  });
});

describe('in locales/', () => {
  it('is English, and nothing that cmsban_locale could not name', () => {
    expect(FILES).toContain('en.json');
    expect(FILES.filter((file) => !/^[a-z]{2,3}(-[A-Za-z]{2,4})?\.json$/.test(file))).toEqual([]);
  });

  it.each(FILES.filter((file) => file !== 'en.json'))('%s says all that English says', (file) => {
    const texts = v.parse(LocaleFile, JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
    expect(faultsOf(english, texts)).toEqual([]);
  });
});
