import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../fixed-seed.ts';
import { keysOfAccount } from '../../../server/identity/ban-key.ts';
import { formatIdentifier, IDENTIFIER_TYPES } from '../../../server/identity/identifier.ts';
import {
  API_ID_FORMATS,
  type ApiIdRules,
  type Subject,
  subjectsOf,
} from '../../../server/identity/subject.ts';
import { type Action, type DeliveryState, withDelivery } from '../../../server/moderation/action.ts';
import type { LinkedAccount } from '../../../server/moderation/product-api.ts';
import { createLog } from '../../../server/notify/log.ts';
import { createKept } from '../../../server/outbox/kept.ts';
import type { OnFound } from '../../../server/sonoran/found.ts';
import { action, delivery, person } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { identifier } from '../identity/arbitraries.ts';
import { createManualClock } from '../manual-clock.ts';
import { scriptedApi } from '../scripted-api.ts';

const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: 'x', nextTryAt: null };
const MINUTE_MS = 60_000;
const RULES: ApiIdRules = { types: ['license', 'steam', 'discord'], format: 'value', discordField: true };

function start(actions: readonly Action[], rules: ApiIdRules = RULES) {
  const clock = createManualClock();
  const now = new Map(actions.map((each) => [each.id, each]));
  const linked: (readonly [id: string, subject: Subject])[] = [];
  const asked: { subject: Subject; found: () => void; notLinked: () => void }[] = [];
  const learned: unknown[] = [];
  const listed: LinkedAccount[] = [];
  const tied: string[] = [];
  const told: OnFound[] = [];
  const api = {
    ...scriptedApi('cad'),
    accountList: {
      read: async () =>
        ({ kind: 'page', accounts: [...listed], rows: listed.length, total: listed.length }) as const,
    },
  };
  const kept = createKept({
    lines: [
      { product: { api, rules }, awaiting: () => undefined, onFound: (callback) => void told.push(callback) },
    ],
    ledger: { byId: (id) => now.get(id) },
    ties: {
      of: (names) => (names.some((name) => tied.includes(name)) ? [...names, ...tied] : names),
      learn: (account, identifiers) => learned.push([account, identifiers]),
    },
    linked(id, product, subject) {
      linked.push([id, subject]);
      const action = now.get(id);
      if (!action) return;
      const after = withDelivery(action, delivery(product, { subjects: [subject] }));
      now.set(id, after);
      kept.watch(after);
    },
    ask: (_, subject, found, notLinked) => asked.push({ subject, found, notLinked }),
    clock,
    log: createLog(
      'error',
      (line) => {
        throw new Error(line);
      },
      (text) => text,
      checkedSay,
    ),
    say: checkedSay,
  });
  for (const each of actions) kept.watch(each);
  const found: OnFound = (subject, keys) => {
    for (const callback of told) callback(subject, keys);
  };
  return { kept, clock, now, linked, asked, learned, listed, tied, found };
}

/** A ban that waits in CAD. */
function waiting(id: string, identifiers: readonly string[], subjects: readonly Subject[] = []): Action {
  return action({
    id,
    person: person({ identifiers }),
    deliveries: [delivery('cad', { subjects, state: KEPT })],
  });
}

const api = (value: string): Subject => ({ by: 'apiId', value });

describe('a link', () => {
  it('that is told while the share is still being asked for counts when it is kept, once', async () => {
    const ban = waiting('late', ['license:aa'], [api('aa')]);
    const asking = withDelivery(ban, delivery('cad', { subjects: [api('aa')] }));
    const { kept, now, linked } = start([asking]);
    kept.told('cad', ['license:bb']);
    kept.told('cad', ['aa']);
    now.set(ban.id, ban);
    kept.watch(ban);
    await Promise.resolve();
    expect(linked).toEqual([['late', api('aa')]]);
    // It turned out not to be linked after all: no second call for the same telling.
    now.set(ban.id, ban);
    kept.watch(ban);
    await Promise.resolve();
    expect(linked).toHaveLength(1);
  });

  it('that was told before the ban says nothing of it', async () => {
    const { kept, now, linked, clock } = start([]);
    kept.told('cad', ['aa']);
    await clock.advance(1_000);
    const ban = { ...waiting('new', ['license:aa'], [api('aa')]), at: clock.now() };
    now.set(ban.id, ban);
    kept.watch(ban);
    await Promise.resolve();
    expect(linked).toEqual([]);
  });

  it('of which an answer tells lets the share out once, under that name', () => {
    const { found, linked } = start([waiting('a', ['license:abc', 'discord:7'])]);
    found(api('ABC'), []);
    found(api('abc'), ['abc', 'discord:7']);
    expect(linked).toEqual([['a', api('ABC')]]);
  });

  it.each([
    ['an API ID', ['abc'], api('abc')],
    ['Discord', ['discord:7'], { by: 'discord', value: '7' }],
    ['a Discord id that was typed', ['7'], api('7')],
  ] as const)('is known by the keys of the account: %s', (_, keys, subject) => {
    const { kept, linked } = start([waiting('a', ['license:abc', 'discord:7'])]);
    kept.told('cad', keys);
    expect(linked).toEqual([['a', subject]]);
  });

  it('of somebody else, or in another product, lets nothing out', () => {
    const { kept, found, linked } = start([waiting('a', ['license:abc'])]);
    kept.told('cms', ['abc']);
    kept.told('cad', ['abcd', 'steam:abc', 'discord:1']);
    found({ by: 'account', value: 'abc' }, []);
    kept.verified('abd', null);
    expect(linked).toEqual([]);
  });

  it('that the vendor’s resource has verified ties the account, and counts for whoever is known to be the same', () => {
    const { kept, linked, learned, tied } = start([waiting('a', ['license:abc'])]);
    tied.push('license:abc', 'steam:110');
    kept.verified('110', 'uuid');
    expect(linked).toEqual([['a', api('110')]]);
    expect(learned).toEqual([['uuid', expect.arrayContaining(['steam:110', 'license:110', 'discord:110'])]]);
    kept.verified('steam:110', 'uuid');
    expect(learned[1]).toEqual(['uuid', ['steam:110']]);
  });

  it('that it has verified by an API ID that only the share knows lets it out', () => {
    const { kept, linked } = start([waiting('a', ['license:abc'], [api('Custom-7')])]);
    kept.verified('Custom-7', null);
    expect(linked).toEqual([['a', api('Custom-7')]]);
  });

  it('of a share that was taken back meanwhile lets nothing out, and nothing is read for it', async () => {
    const { kept, clock, now, linked, listed, found } = start([waiting('a', ['license:abc'])]);
    now.set('a', action({ id: 'a', deliveries: [delivery('cad', { state: { ...KEPT, code: 'QUEUED' } })] }));
    found(api('abc'), []);
    listed.push({ account: 'x', discordId: null, apiIds: ['abc'] });
    await clock.advance(5 * MINUTE_MS);
    kept.tried(['license:abc']);
    expect(linked).toEqual([]);
    expect(clock.timers()).toBe(0);
  });
});

describe('somebody at the door', () => {
  it('is asked about by one name after the other, and lets out all that waits about them', () => {
    const { kept, asked, linked } = start([waiting('a', ['license:abc']), waiting('b', ['license:abc'])]);
    kept.tried(['license:abc', 'steam:110']);
    expect(asked.map(({ subject }) => subject)).toEqual([api('abc')]);
    asked[0]?.notLinked();
    expect(asked.map(({ subject }) => subject)).toEqual([api('abc'), api('110')]);
    asked[1]?.found();
    expect(linked).toEqual([
      ['a', api('110')],
      ['b', api('110')],
    ]);
  });

  it('is asked about once a minute at the most', async () => {
    const { kept, asked, clock } = start([waiting('a', ['license:abc'])]);
    for (let times = 0; times < 5; times++) kept.tried(['license:abc']);
    await clock.advance(MINUTE_MS - 1);
    kept.tried(['license:abc']);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    kept.tried(['license:abc']);
    expect(asked).toHaveLength(2);
  });

  it('of whom nothing waits is not asked about', () => {
    const { kept, asked } = start([waiting('a', ['license:abc'])]);
    kept.tried(['license:other']);
    expect(asked).toEqual([]);
  });
});

it('types that come to be API IDs count from then on', () => {
  const rules: { types: ApiIdRules['types'] } & ApiIdRules = { ...RULES, types: ['license'] };
  const changing = { ...rules };
  const { kept, linked } = start([waiting('a', ['steam:110'])], changing);
  kept.told('cad', ['110']);
  expect(linked).toEqual([]);
  Object.assign(changing, { types: ['steam'] });
  kept.renewed('cad');
  kept.told('cad', ['110']);
  expect(linked).toEqual([['a', api('110')]]);
});

it('an account in the list lets out exactly those whom a delivery would have named by it', async () => {
  const rules = fc.record({
    types: fc.uniqueArray(fc.constantFrom(...IDENTIFIER_TYPES), { minLength: 1 }),
    format: fc.constantFrom(...API_ID_FORMATS),
    discordField: fc.boolean(),
  });
  const people = fc.array(fc.array(identifier, { minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });
  /** Which of a person's names an account has, and what else. */
  const chosen = fc.record({ who: fc.nat(3), which: fc.nat(7), isLinked: fc.boolean() });
  const other = fc.constantFrom('', 'steam:', 'x', '110', 'STEAM:110');
  await fc.assert(
    fc.asyncProperty(rules, people, chosen, other, fc.boolean(), async (given, all, pick, more, isUpper) => {
      const bans = all.map((identifiers, number) => waiting(`${number}`, identifiers.map(formatIdentifier)));
      const names = subjectsOf(all[pick.who % all.length] ?? [], given, undefined);
      const name = names[pick.which % Math.max(1, names.length)];
      const isDiscord = name?.by === 'discord';
      const text = String(name?.value ?? '');
      const account: LinkedAccount = {
        account: 'x',
        discordId: pick.isLinked && isDiscord ? text : null,
        apiIds: [more, ...(pick.isLinked && !isDiscord ? [isUpper ? text.toUpperCase() : text] : [])],
      };
      const { clock, linked, listed } = start(bans, given);
      listed.push(account);
      await clock.advance(MINUTE_MS);
      const lower = account.apiIds.map((each) => each.toLowerCase());
      const expected = all.flatMap((identifiers, number) => {
        const isNamed = subjectsOf(identifiers, given, undefined).some(({ by, value }) =>
          by === 'discord' ? value === account.discordId : lower.includes(String(value).toLowerCase()),
        );
        return isNamed ? [`${number}`] : [];
      });
      expect(linked.map(([id]) => id).sort()).toEqual(expected.sort());
      // As Sonoran has it, so that the call finds it.
      for (const [, { by, value }] of linked) {
        expect(by === 'discord' ? [account.discordId] : account.apiIds).toContain(value);
      }
      // Push events and look-ups have the same account as keys: at least these are let out.
      const byKeys = start(bans, given);
      byKeys.kept.told('cad', keysOfAccount(account.discordId, account.apiIds));
      expect(byKeys.linked.map(([id]) => id)).toEqual(expect.arrayContaining(expected));
    }),
    { numRuns: 300 },
  );
});
