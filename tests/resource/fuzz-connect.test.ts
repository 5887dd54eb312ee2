import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import '../unit/fixed-seed.ts';
import { until } from '../../devserver/clock.ts';
import { openWorld, type World } from './world.ts';

/** Whoever connects, under whatever name and with whatever identifiers: the gate decides, and as it should. */

/** Who connects at the same time. */
const CROWD = 50;

const BANNED =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';
const UNKNOWN = 'This server cannot tell yet who may come in. Please try again in a few minutes.';
/** Whose holder passes the gate. */
const BYPASS = 'license:b1pa55';

/** What an identifier that can be an identity looks like, by its type. */
const VALUES: Readonly<Record<string, RegExp>> = {
  steam: /^[0-9a-f]{1,32}$/,
  license: /^[0-9a-z]{1,64}$/,
  license2: /^[0-9a-z]{1,64}$/,
  discord: /^[0-9]{1,20}$/,
  fivem: /^[0-9]{1,20}$/,
  xbl: /^[0-9]{1,32}$/,
  live: /^[0-9]{1,32}$/,
};
/** The types whose bare values are API IDs, in both products. */
const API_ID_TYPES = ['steam', 'license', 'discord'];

/** The API IDs of the banned accounts, as communities write them, and as nobody should. */
const API_IDS = [
  ...['110000112345678', '11000010ABCDEF0', 'deadbeef00', 'DEADBEEF01', '235947056630333440', '7', 'zz9'],
  ...['steam:110000112345679', 'STEAM:11000010ABCDEF1', 'Steam:0', 'license:cafe01', 'LICENSE:CAFE02'],
  ...['license2:cafe03', 'discord:235947056630333441', 'Discord:8', 'fivem:42', 'xbl:2533', 'live:9'],
  ...[
    'ip:127.0.0.1',
    'steam:xyz',
    'discord:me',
    'a b',
    ' 5eed ',
    '',
    ':',
    'é',
    'x'.repeat(64),
    'y'.repeat(65),
  ],
];
const DISCORD_IDS = ['235947056630333442', 'discord:235947056630333443', '007', '', 'me#1'];

/** The rules of matching, put as simply as they are meant. */
function isBanned(identifiers: readonly string[]): boolean {
  return identifiers.some((identifier) => {
    const [, type = '', value = ''] = /^(.+?):(.*)$/s.exec(identifier.toLowerCase()) ?? [];
    if (!Object.hasOwn(VALUES, type) || !VALUES[type]?.test(value)) return false;
    const spellings = [`${type}:${value}`, ...(API_ID_TYPES.includes(type) ? [value] : [])];
    const listed = type === 'discord' ? [...API_IDS, ...DISCORD_IDS] : API_IDS;
    return listed.some((id) => spellings.includes(id.trim().toLowerCase()));
  });
}

const hasBypass = (identifiers: readonly string[]) =>
  identifiers.some((identifier) => identifier.toLowerCase() === BYPASS);

type State = 'known' | 'allow' | 'deny';

/** What somebody is refused with; undefined when they get in. */
function verdict(state: State, { identifiers }: Person): string | undefined {
  if (hasBypass(identifiers)) return undefined;
  if (state === 'known') return isBanned(identifiers) ? BANNED : undefined;
  return state === 'deny' ? UNKNOWN : undefined;
}

interface Person {
  readonly name: string;
  readonly identifiers: readonly string[];
}

const anyText = fc.string({ unit: 'binary', maxLength: 30 });
const listedValue = fc.constantFrom(...API_IDS, ...DISCORD_IDS).map((id) => id.trim().replace(/^\w+:/, ''));
const type = fc.constantFrom(...Object.keys(VALUES), ...API_ID_TYPES, 'ip', 'STEAM', 'Discord', '', 'steam ');
const identifier = fc.oneof(
  { arbitrary: fc.tuple(type, listedValue).map(([one, value]) => `${one}:${value}`), weight: 20 },
  {
    arbitrary: fc.tuple(type, fc.stringMatching(/^[0-9a-f]{1,40}$/)).map((pair) => pair.join(':')),
    weight: 12,
  },
  { arbitrary: fc.tuple(type, anyText).map((pair) => pair.join(':')), weight: 3 },
  { arbitrary: anyText, weight: 2 },
  { arbitrary: fc.nat(20_000).map((length) => `license:${'a'.repeat(length)}`), weight: 1 },
);
const spelling = fc.tuple(identifier, fc.nat(2)).map(([text, how]) => {
  return [text, text.toUpperCase(), text.toLowerCase()][how] ?? text;
});
const identifiers = fc
  .tuple(fc.array(spelling, { maxLength: 8 }), fc.nat(9), fc.nat(9))
  .map(([list, repeats, pass]) => {
    const all = repeats === 0 ? Array.from({ length: 40 }, () => list).flat() : list;
    return pass === 0 ? [...all, BYPASS] : all;
  });
const name = fc.oneof(
  anyText,
  fc.constantFrom(
    '',
    ' ',
    '^1Red^7',
    '~r~Red',
    '\u202Eevil',
    '‮^0',
    '%s{name}{0}',
    '__proto__',
    '\n^1fake line',
  ),
  fc.nat(5_000).map((length) => '🦆'.repeat(length)),
);
const crowd = fc.array(fc.record({ name, identifiers }), {
  minLength: CROWD,
  maxLength: CROWD,
  size: 'max',
});

/** Lets a crowd in at the same moment. @returns what each was refused with; undefined who got in. */
async function connectAll(world: World, people: readonly Person[], isLoaded: boolean) {
  const all = people.map((person) => world.fx.startConnecting(person));
  const deferred = all.filter(({ deferrals }) => deferrals.size > 0).length;
  expect(deferred).toBe(isLoaded ? 0 : people.length);
  await until(() => all.every(({ pending }) => !pending), 'every decision');
  for (const { misuse, openDeferrals } of all) expect([...misuse, ...openDeferrals]).toEqual([]);
  return Promise.all(
    all.map(async ({ result, player }) => {
      const end = await result;
      player.leave();
      return end.admitted ? undefined : end.message;
    }),
  );
}

describe.each(['known', 'allow', 'deny'] as const)('with ban lists that are %s', (state) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      start: false,
      convars: { cmsban_gate_when_unknown: state === 'deny' ? 'deny' : 'allow' },
      config: [`add_ace identifier.${BYPASS} cmsban.gate.bypass allow`],
    });
    const { cms, cad } = world.sonoran;
    for (const [index, apiId] of API_IDS.entries()) {
      if (index % 2 === 0) cms.addAccount({ apiIds: ['0ther', apiId], banned: true });
      else cad.addAccount({ communityUserId: apiId, status: 4 });
    }
    for (const discordId of DISCORD_IDS) cms.addAccount({ discordId, banned: true });
    cms.addAccount({ apiIds: ['1nn0cent'], discordId: '99' });
    if (state !== 'known') await Promise.all([cms.down(), cad.down()]);
    await world.fx.console('ensure cmsban');
    await world.listsRead();
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  it.each([
    ['once they have been loaded', state === 'known' ? 60 : 20],
    ['before they have been loaded', 20],
  ] as const)('decides %s about whoever connects', { timeout: 60_000 }, async (when, runs) => {
    const isLoaded = when === 'once they have been loaded';
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.noShrink(crowd), async (people) => {
        if (!isLoaded) await world.fx.console('restart cmsban');
        const decisions = await connectAll(world, people, isLoaded);
        for (const [index, person] of people.entries()) {
          const decision = decisions[index];
          if (decision !== undefined) refused++;
          expect(decision, JSON.stringify(person).slice(0, 2_000)).toBe(verdict(state, person));
        }
        expect(world.faults).toEqual([]);
      }),
      { numRuns: runs },
    );
    const share = refused / (runs * CROWD);
    const [least, most] = { known: [0.2, 0.8], allow: [0, 0], deny: [0.8, 0.95] }[state];
    expect(share).toBeGreaterThanOrEqual(least ?? 0);
    expect(share).toBeLessThanOrEqual(most ?? 0);
  });
});
