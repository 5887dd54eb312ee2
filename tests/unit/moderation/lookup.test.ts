import { describe, expect, it } from 'vitest';
import type { KnownBan } from '../../../server/moderation/known-ban.ts';
import { type LookUpOptions, lookUp, noLookup } from '../../../server/moderation/lookup.ts';
import { absentPerson, type FoundPerson } from '../../../server/moderation/person.ts';
import type { CallFailure, LookupResult } from '../../../server/moderation/product-api.ts';
import { checkedSay } from '../checked-say.ts';
import { inUse, scriptedApi } from '../scripted-api.ts';

const pat = absentPerson('Pat', ['steam:110000112345678', 'discord:5']);
const found = (banned: boolean | null): LookupResult => ({
  kind: 'found',
  account: { id: 'uuid', name: 'Jane', banned, keys: [], proven: [] },
});
const nobody: LookupResult = { kind: 'not-linked' };

const UNKNOWN: KnownBan = { banned: null, account: null, since: null, ageMs: null, stale: true };

const OPTIONS: LookUpOptions = {
  products: () => [],
  known: () => UNKNOWN,
  ties: { of: (names) => names, learn() {} },
  holders: { found() {} },
  ready: Promise.resolve(),
  say: checkedSay,
};

function ask(
  who: FoundPerson,
  cad: LookupResult | ((value: unknown) => LookupResult),
  cms?: LookupResult,
  known: KnownBan = UNKNOWN,
) {
  const asked: unknown[] = [];
  const api = scriptedApi('cad', ({ value }) => {
    asked.push(value);
    return typeof cad === 'function' ? cad(value) : cad;
  });
  const products = [...(cms ? [inUse(scriptedApi('cms', () => cms))] : []), inUse(api)];
  return {
    answer: lookUp(who, { ...OPTIONS, products: () => products, known: () => known }),
    asked,
  };
}

describe('a look-up', () => {
  it.each([
    [true, 'BANNED'],
    [false, 'not banned'],
    [null, 'does not tell'],
  ])('says whose account it is, and whether it is banned (%s)', async (banned, words) => {
    const lookup = await ask(pat, found(banned)).answer;
    expect(lookup).toMatchObject({
      code: 'OK',
      target: { name: 'Pat', identifiers: ['steam:110000112345678', 'discord:5'], account: null },
      products: {
        cad: {
          status: 'found',
          code: 'OK',
          apiId: '110000112345678',
          account: { id: 'uuid', name: 'Jane' },
          banned,
        },
      },
    });
    expect(lookup.message).toContain('Jane (uuid)');
    expect(lookup.message).toContain(words);
    expect(Object.keys(lookup.products)).toEqual(['cad']);
  });

  it('tries one identifier after the other, and ends with the first that is linked', async () => {
    const { answer, asked } = ask(pat, (value) => (value === '5' ? found(false) : nobody));
    expect((await answer).products.cad).toMatchObject({ apiId: '5' });
    expect(asked).toEqual(['110000112345678', '5']);
    const first = ask(pat, found(true));
    await first.answer;
    expect(first.asked).toEqual(['110000112345678']);
  });

  it('of somebody who is not here tries what else is theirs, once what is stored has been read', async () => {
    const names = ['steam:110000112345678'];
    const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const api = scriptedApi('cad', ({ value }) => {
      asked.push(value);
      return nobody;
    });
    const options: LookUpOptions = {
      ...OPTIONS,
      products: () => [inUse(api)],
      ties: { of: (typed) => [...typed, ...names, 'account:uuid'], learn() {} },
      ready,
    };
    const answer = lookUp(absentPerson(null, ['license:abc']), options);
    names.push('license:def');
    setReady();
    expect(await answer).toMatchObject({ target: { identifiers: ['license:abc'] } });
    expect(asked).toEqual(['110000112345678', 'abc', 'def']);
  });

  it('says that no product is in use when that turns out', async () => {
    expect(await lookUp(pat, OPTIONS)).toMatchObject({ code: 'NOT_CONFIGURED', products: {} });
  });

  it('says when nobody is linked', async () => {
    const lookup = await ask(pat, nobody).answer;
    expect(lookup).toMatchObject({
      code: 'NOT_LINKED',
      products: { cad: { status: 'refused', code: 'NOT_LINKED', banned: false } },
    });
  });

  it.each<[CallFailure, string]>([
    [{ kind: 'bad-credentials', words: 'INVALID API KEY' }, 'BAD_CREDENTIALS'],
    [{ kind: 'not-enabled', words: 'NOT ENABLED' }, 'REFUSED'],
    [{ kind: 'refused', words: 'NO' }, 'REFUSED'],
  ])('says what went wrong by %o, and does not claim that nobody is banned', async (failure, code) => {
    const { answer, asked } = ask(pat, failure);
    expect(await answer).toMatchObject({
      code,
      products: { cad: { status: 'refused', code, banned: null } },
    });
    expect((await answer).message).toContain('words' in failure ? failure.words : '');
    expect(asked).toHaveLength(1);
  });

  it('says that there was no answer', async () => {
    const failure = {
      kind: 'try-again',
      detail: 'could not connect',
      waitMs: null,
      mayHaveHappened: false,
    } as const;
    const lookup = await ask(pat, failure).answer;
    expect(lookup.products.cad).toMatchObject({ status: 'refused', banned: null });
    expect(lookup.message).toContain('could not connect');
  });

  it('says what it would need', async () => {
    const lookup = await ask(absentPerson('Pat', ['fivem:1']), nobody).answer;
    expect(lookup).toMatchObject({ code: 'NO_IDENTIFIER', products: { cad: { banned: null } } });
    const account = { by: 'unique', value: 42 } as const;
    const typed = { ...pat, subjectable: { identifiers: [], account, cadApiId: undefined } };
    expect(await ask(typed, nobody).answer).toMatchObject({ code: 'UNSUPPORTED' });
  });

  it('asks every product, and is good when one of them knows', async () => {
    const lookup = await ask(pat, nobody, found(true)).answer;
    expect(lookup).toMatchObject({
      code: 'OK',
      products: { cms: { status: 'found', banned: true }, cad: { code: 'NOT_LINKED' } },
    });
    expect(lookup.message).toContain('Sonoran CMS');
    expect(lookup.message).toContain('Sonoran CAD');
  });

  it.each<[string | null, string | null, string]>([
    ['uuid', 'Jane', 'Jane (uuid)'],
    ['uuid', null, 'uuid'],
    [null, 'Jane', 'Jane'],
    [null, null, '?'],
  ])('calls an account by id %j and name %j: %s', async (id, name, words) => {
    const lookup = await ask(pat, {
      kind: 'found',
      account: { id, name, banned: false, keys: [], proven: [] },
    }).answer;
    expect(lookup.message).toContain(`account ${words},`);
  });

  it.each<[string, Partial<KnownBan>, string]>([
    ['nothing', {}, 'Ban list here: nothing known yet.'],
    ['a ban', { banned: true, ageMs: 180_000 }, 'Ban list here: BANNED, list read 3 min ago.'],
    [
      'a ban and when it began',
      { banned: true, since: Date.UTC(2026, 10, 21, 8, 15), ageMs: 5_000, stale: false },
      'Ban list here: BANNED since 2026-11-21 08:15 UTC, list read 5 s ago.',
    ],
    [
      'no ban, long ago',
      { banned: false, ageMs: 7_200_000 },
      'Ban list here: not banned, list read 2 h ago, so it may be out of date.',
    ],
    ['our own record', { banned: false, stale: false }, 'Ban list here: not banned.'],
  ])('says beside it what is known here: %s', async (_, known, words) => {
    const about: KnownBan = { ...UNKNOWN, stale: known.ageMs === 7_200_000, ...known };
    const lookup = await ask(pat, found(false), undefined, about).answer;
    const { banned, since, stale } = about;
    expect(lookup.message).toContain(words);
    expect(lookup.products.cad?.mirror).toStrictEqual({ banned, since, stale });
  });

  it('is plain data', async () => {
    for (const result of [found(null), nobody, { kind: 'refused', words: 'NO' } as const]) {
      const lookup = await ask(pat, result, result).answer;
      expect(JSON.parse(JSON.stringify(lookup))).toStrictEqual(lookup);
    }
    const none = noLookup('INVALID_TARGET', 'No.');
    expect(none).toMatchObject({ code: 'INVALID_TARGET', message: 'No.', products: {} });
    expect(JSON.parse(JSON.stringify(none))).toStrictEqual(none);
  });
});
