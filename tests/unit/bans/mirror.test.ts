import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMirror, type Mirror, type ReadReport } from '../../../server/bans/mirror.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import { kvpOn } from '../storage/kvp-on.ts';
import {
  accountOf,
  banned,
  bannedRange,
  type ScriptedList,
  scriptedList,
  TRY_AGAIN,
} from './scripted-list.ts';

const MINUTE_MS = 60_000;
const INTERVAL_MS = 15 * MINUTE_MS;

interface Options {
  readonly list?: ScriptedList;
  readonly disk?: Map<string, string>;
  readonly clock?: ManualClock;
  readonly random?: () => number;
}

function start({
  list = scriptedList(),
  disk = new Map(),
  clock = createManualClock(),
  random = () => 0.5,
}: Options = {}) {
  const reports: ReadReport[] = [];
  const fresh: string[] = [];
  /** Names of which it is known that they are one person's. */
  const ties: string[][] = [];
  /** Of whom Sonoran says so, whatever the list says. */
  const stillBanned = new Set<string>();
  /** Of whom it says nothing. */
  const unknown = new Set<string>();
  const proofs: unknown[] = [];
  const accounts: string[] = [];
  const bugs: unknown[] = [];
  const credentials = { areOther: false };
  const mirror = createMirror({
    product: 'cms',
    community: () => 'https://cms.example 1',
    list,
    types: ['license', 'steam'],
    storage: kvpOn(clock, disk).storage,
    clock,
    random,
    intervalMs: INTERVAL_MS,
    renewCredentials: () => credentials.areOther,
    onGone() {},
    isStillBanned: async (account) => (unknown.has(account) ? null : stillBanned.has(account)),
    tied: (names) => [...names, ...ties.filter((each) => each.some((name) => names.includes(name))).flat()],
    onProof: (account, identifiers) => proofs.push([account, identifiers]),
    onNewAccount: (account) => accounts.push(account),
    onNewBan: (identifiers) => fresh.push(...identifiers),
    onRead: (report) => reports.push(report),
    say: checkedSay,
    onBug: (error) => bugs.push(error),
  });
  return {
    list,
    disk,
    clock,
    mirror,
    reports,
    fresh,
    ties,
    stillBanned,
    unknown,
    proofs,
    accounts,
    bugs,
    credentials,
  };
}

/** One that has read its list for the first time. */
async function started(options: Options = {}) {
  const running = start(options);
  await running.mirror.load();
  running.mirror.start();
  await seeThrough(running.clock);
  return running;
}

/** Lets a read come to its end without time passing: a turn of the event loop for every page. */
async function seeThrough(clock: ManualClock): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await clock.advance(0);
}

/** Lets time pass, with as many turns as reads may take. */
async function pass(clock: ManualClock, ms: number): Promise<void> {
  const step = MINUTE_MS / 4;
  for (let left = ms; left > 0; left -= step) {
    await clock.advance(Math.min(step, left));
    await seeThrough(clock);
  }
}

const has = (mirror: Mirror, number: number) => mirror.find([`license:k${number}`]) !== undefined;
const kinds = (reports: readonly ReadReport[]) => reports.map(({ kind }) => kind);

describe('a read', () => {
  it('counts what it has brought when it fails, and begins anew a minute later', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(30);
    list.answer = (offset) => (offset === 10 ? { kind: 'refused', words: 'NO' } : undefined);
    const { mirror, clock, reports } = await started({ list });
    expect(has(mirror, 14)).toBe(true);
    expect(has(mirror, 15)).toBe(false);
    expect(mirror.isKnown).toBe(false);
    list.answer = () => undefined;
    await clock.advance(MINUTE_MS - 1);
    expect(list.offsets).toEqual([0, 5, 10]);
    await clock.advance(1);
    await seeThrough(clock);
    expect(mirror.size).toBe(30);
    expect(mirror.isKnown).toBe(true);
    expect(kinds(reports)).toEqual(['refused', 'believed']);
  });

  it('tells of every name that is new, once, and of none that our own decision knew', async () => {
    const { list, fresh, mirror, clock } = await started();
    mirror.banned({ account: accountOf(2), listed: [], own: ['steam:22'] }, 'now');
    mirror.banned({ account: null, listed: [], own: ['license:k3'] }, 'now');
    list.accounts = bannedRange(5, 1);
    await pass(clock, 3 * INTERVAL_MS);
    const licenses = fresh.filter((identifier) => identifier.startsWith('license:'));
    expect(licenses).toEqual(['license:k1', 'license:k2', 'license:k4', 'license:k5']);
    // What we knew of people still count beside what the list says.
    expect(mirror.find(['steam:22'])).toMatchObject({ account: accountOf(2), listed: ['k2'] });
    expect(mirror.find(['steam:k3'])).toMatchObject({ account: accountOf(3), own: ['license:k3'] });
    expect(mirror.size).toBe(5);
  });

  it('keeps the API IDs of a banned account that vanish, and lets new ones count when they are proven', async () => {
    const list = scriptedList();
    list.accounts = [banned(1)];
    const { mirror, clock, ties, fresh } = await started({ list });
    list.accounts = [{ account: accountOf(1), keys: ['k9'], proven: [] }];
    await pass(clock, INTERVAL_MS);
    expect([has(mirror, 1), has(mirror, 9)]).toEqual([true, false]);
    ties.push(['license:k1', 'steam:k9']);
    await pass(clock, INTERVAL_MS);
    expect([has(mirror, 1), has(mirror, 9)]).toEqual([true, true]);
    expect(fresh).toContain('steam:k9');
    expect(mirror.size).toBe(1);
  });

  it('tells of what is proven of an account, once, and again after a restart', async () => {
    const list = scriptedList();
    list.accounts = [{ account: accountOf(1), keys: ['k1'], proven: ['discord:1'] }, banned(2)];
    const { mirror, clock, proofs, disk } = await started({ list });
    await pass(clock, 2 * INTERVAL_MS);
    expect(proofs).toEqual([[accountOf(1), ['discord:1']]]);
    expect(mirror.find(['steam:4', 'discord:1'])).toMatchObject({ account: accountOf(1), key: 'discord:1' });
    mirror.stop();
    expect((await started({ list, disk, clock })).proofs).toEqual([[accountOf(1), ['discord:1']]]);
  });

  it('keeps the time of a ban, and gives none to those that were there before the first', async () => {
    const list = scriptedList();
    list.accounts = [banned(1)];
    const { mirror, clock } = await started({ list });
    const at = clock.now();
    mirror.banned({ account: accountOf(2), listed: [], own: [] }, 'now');
    list.accounts = bannedRange(3, 1);
    await pass(clock, INTERVAL_MS);
    const since = [1, 2, 3].map((number) => mirror.findAccount(accountOf(number))?.since);
    expect(since).toEqual([null, at, at + INTERVAL_MS]);
    await pass(clock, 2 * INTERVAL_MS);
    expect([1, 2, 3].map((number) => mirror.findAccount(accountOf(number))?.since)).toEqual(since);
  });

  it.each([
    [0, 13.5],
    [0.5, 15],
    [0.999, 16.497],
  ])('is followed by the next after the interval and up to a tenth (%d)', async (dice, minutes) => {
    const { list, clock } = await started({ random: () => dice });
    await clock.advance(Math.floor(minutes * MINUTE_MS) - 1_000);
    expect(list.offsets).toEqual([0]);
    await clock.advance(2_000);
    expect(list.offsets).toEqual([0, 0]);
  });

  it('that ends in an exception is a bug, and is tried again', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(3);
    list.answer = () => {
      throw new Error('oops');
    };
    const { mirror, clock, bugs } = await started({ list });
    expect(bugs).toHaveLength(1);
    list.answer = () => undefined;
    await pass(clock, 2 * MINUTE_MS);
    expect(mirror.size).toBe(3);
  });

  it('is the last one when the mirror is stopped', async () => {
    const { mirror, list, clock } = await started();
    mirror.stop();
    await pass(clock, 3 * INTERVAL_MS);
    expect(list.offsets).toEqual([0]);
    expect(clock.timers()).toBe(0);
  });
});

describe('a list that shrinks', () => {
  it.each([
    [2, 1, true],
    [3, 2, true],
    [3, 1, false],
    [1, 0, false],
    [100, 50, true],
    [100, 49, false],
    [101, 51, true],
    [101, 50, false],
  ])('from %i to %i is believed at once: %s', async (before, after, isBelieved) => {
    const list = scriptedList();
    list.accounts = bannedRange(before);
    const { mirror, clock, reports } = await started({ list });
    list.accounts = bannedRange(after);
    await clock.advance(INTERVAL_MS);
    await seeThrough(clock);
    expect(mirror.size).toBe(isBelieved ? after : before);
    if (!isBelieved) expect(reports.at(-1)).toEqual({ kind: 'shrunk', seen: after, before });
    await clock.advance(MINUTE_MS);
    await seeThrough(clock);
    expect(mirror.size).toBe(after);
  });

  it('is not believed as long as Sonoran says of somebody who is missing that they are banned', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(9);
    const { mirror, clock, reports, stillBanned } = await started({ list });
    list.accounts = [];
    stillBanned.add(accountOf(4));
    await pass(clock, 3 * INTERVAL_MS);
    expect(mirror.size).toBe(9);
    expect(kinds(reports).slice(0, 3)).toEqual(['believed', 'shrunk', 'contradicted']);
    stillBanned.clear();
    await pass(clock, 2 * INTERVAL_MS);
    expect(mirror.size).toBe(0);
  });

  it('is believed with the third read where Sonoran says of somebody who is missing neither that nor that they are free', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(9);
    const { mirror, clock, reports, stillBanned, unknown } = await started({ list });
    list.accounts = [];
    unknown.add(accountOf(4));
    await pass(clock, INTERVAL_MS + MINUTE_MS);
    expect(mirror.size).toBe(9);
    // It counts from the last time that Sonoran has said that one of them is banned.
    stillBanned.add(accountOf(0));
    await pass(clock, INTERVAL_MS);
    stillBanned.clear();
    await pass(clock, INTERVAL_MS);
    expect(mirror.size).toBe(9);
    expect(kinds(reports)).toEqual(['believed', 'shrunk', ...Array(3).fill('contradicted')]);
    await pass(clock, INTERVAL_MS);
    expect(mirror.size).toBe(0);
  });

  it('is doubted anew after it was whole again', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(9);
    const { mirror, clock, reports } = await started({ list });
    for (const accounts of [[], bannedRange(9), []]) {
      list.accounts = accounts;
      await pass(clock, reports.at(-1)?.kind === 'shrunk' ? MINUTE_MS : INTERVAL_MS);
      expect(mirror.size).toBe(9);
    }
    expect(kinds(reports)).toEqual(['believed', 'shrunk', 'believed', 'shrunk']);
  });

  it('counts what was found on two pages once', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(60);
    const { mirror, clock } = await started({ list });
    // Six pages with five of the one before on each.
    list.accounts = bannedRange(29);
    await clock.advance(INTERVAL_MS);
    await seeThrough(clock);
    expect(mirror.size).toBe(60);
  });
});

describe('a decision of our own', () => {
  it('during a read holds against pages that were made before it', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(3);
    const { mirror, clock } = await started({ list });
    const open = Promise.withResolvers<void>();
    list.answer = async (_, honest) => {
      await open.promise;
      return honest;
    };
    await clock.advance(INTERVAL_MS);
    mirror.lifted(accountOf(0), ['license:k0'], 'now');
    mirror.banned({ account: accountOf(7), listed: [], own: ['license:k7'] }, 'now');
    mirror.lifted(accountOf(1), ['license:k1'], 'now');
    mirror.banned({ account: accountOf(1), listed: [], own: ['license:k1'] }, 'now');
    open.resolve();
    await seeThrough(clock);
    expect([0, 1, 2, 7].map((number) => has(mirror, number))).toEqual([false, true, true, true]);
  });

  it('about somebody whose account is not known is one ban with what the list has', async () => {
    const { mirror, list, clock } = await started();
    mirror.banned({ account: null, listed: [], own: ['license:k1', 'steam:99'] }, 'now');
    mirror.banned({ account: null, listed: [], own: ['steam:99', 'fivem:7'] }, 'now');
    expect(mirror.size).toBe(1);
    list.accounts = [banned(1)];
    await pass(clock, INTERVAL_MS);
    expect(mirror.size).toBe(1);
    for (const name of ['license:k1', 'steam:99', 'fivem:7']) expect(mirror.find([name])).toBeDefined();
    // The next own ban is one more thing known of the same account.
    mirror.banned({ account: null, listed: [], own: ['license:k1', 'xbl:5'] }, 'now');
    expect(mirror.find(['xbl:5'])?.account).toBe(accountOf(1));
    mirror.lifted(accountOf(1), [], 'now');
    expect(mirror.size).toBe(0);
  });

  it('to lift a ban whose account is not known takes out the one that the list has', async () => {
    const list = scriptedList();
    list.accounts = bannedRange(3);
    const { mirror } = await started({ list });
    mirror.lifted(null, ['license:k1', 'fivem:4'], 'now');
    expect([0, 1, 2].map((number) => has(mirror, number))).toEqual([true, false, true]);
  });
});

describe('what is said about the list', () => {
  it('is that it is known once it was read to its end, and out of date after two intervals without a read', async () => {
    const list = scriptedList();
    list.answer = () => ({ kind: 'refused', words: 'NO' });
    const { mirror, clock } = await started({ list });
    expect([mirror.isKnown, mirror.isStale, mirror.readAt]).toEqual([false, true, null]);
    list.answer = () => undefined;
    await pass(clock, MINUTE_MS);
    const readAt = clock.now();
    expect([mirror.isKnown, mirror.isStale, mirror.readAt]).toEqual([true, false, readAt]);
    list.answer = () => TRY_AGAIN;
    await pass(clock, 2 * INTERVAL_MS);
    expect([mirror.isKnown, mirror.isStale, mirror.readAt]).toEqual([true, false, readAt]);
    await clock.advance(1);
    expect([mirror.isKnown, mirror.isStale, mirror.readAt]).toEqual([true, true, readAt]);
  });

  it.each(['unavailable', 'not-enabled'] as const)(
    'is that there is none (%s), until there is one',
    async (kind) => {
      const list = scriptedList();
      list.accounts = bannedRange(3);
      list.answer = () => (kind === 'unavailable' ? { kind } : { kind, words: 'NOT ENABLED' });
      const { mirror, clock } = await started({ list });
      expect([mirror.isKnown, mirror.isStale, mirror.readAt]).toEqual([true, false, null]);
      list.answer = () => undefined;
      await pass(clock, INTERVAL_MS);
      expect([mirror.isKnown, mirror.size, mirror.readAt === null]).toEqual([true, 3, false]);
    },
  );

  it('is asked for within half a minute of other credentials', async () => {
    const list = scriptedList();
    list.answer = () => ({ kind: 'bad-credentials', words: 'INVALID API KEY' });
    const { clock, credentials, mirror } = await started({ list });
    await pass(clock, INTERVAL_MS - MINUTE_MS);
    expect(list.offsets).toEqual([0]);
    credentials.areOther = true;
    list.answer = () => undefined;
    await clock.advance(30_000);
    await seeThrough(clock);
    expect(mirror.isKnown).toBe(true);
  });
});

/** One thing that happens; numbers name accounts. */
type Step =
  | { readonly do: 'ban on the web' | 'lift on the web' | 'ban here' | 'lift here'; readonly number: number }
  | { readonly do: 'break' | 'mend' | 'restart' }
  | { readonly do: 'wait'; readonly ms: number };

const number = fc.nat({ max: 24 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('ban on the web', 'ban on the web', 'lift on the web', 'ban here', 'lift here'),
      number,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('break', 'mend', 'mend', 'restart') }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 2 * INTERVAL_MS }) }),
  },
);

describe('whatever happens in whatever order', () => {
  it('our own decisions count at once, and in the end the mirror is as the list is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const list = scriptedList();
        let running = await started({ list });
        const set = (which: number, isBanned: boolean) => {
          const others = list.accounts.filter(({ account }) => account !== accountOf(which));
          list.accounts = isBanned ? [...others, banned(which)] : others;
        };
        for (const one of steps) {
          switch (one.do) {
            case 'ban on the web':
              set(one.number, true);
              break;
            case 'lift on the web':
              set(one.number, false);
              break;
            case 'ban here':
              set(one.number, true);
              running.mirror.banned(
                {
                  account: one.number % 2 ? accountOf(one.number) : null,
                  listed: [],
                  own: [`license:k${one.number}`],
                },
                'now',
              );
              expect(has(running.mirror, one.number)).toBe(true);
              break;
            case 'lift here':
              set(one.number, false);
              running.mirror.lifted(accountOf(one.number), [`license:k${one.number}`], 'now');
              expect(has(running.mirror, one.number)).toBe(false);
              break;
            case 'break':
              list.answer = (offset) => (offset > 0 ? TRY_AGAIN : undefined);
              break;
            case 'mend':
              list.answer = () => undefined;
              break;
            case 'restart':
              running.mirror.stop();
              running = await started({ list, disk: running.disk, clock: running.clock });
              break;
            case 'wait':
              await pass(running.clock, one.ms);
              break;
          }
        }
        list.answer = () => undefined;
        // A broken read gives up after a quarter of an hour, and a list that shrank is read twice.
        for (let round = 0; round < 4; round++) await pass(running.clock, INTERVAL_MS);
        const inMirror = Array.from({ length: 25 }, (_, each) => each).filter((each) =>
          has(running.mirror, each),
        );
        const inList = list.accounts.map(({ account }) => Number.parseInt(account, 16));
        expect(inMirror).toEqual(inList.sort((a, b) => a - b));
        expect(running.mirror.size).toBe(inList.length);
        expect(running.bugs).toEqual([]);
        running.mirror.stop();
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
