import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newBan } from '../../../server/bans/ban-index.ts';
import type { BansHere } from '../../../server/bans/bans-here.ts';
import type { FoundBan, Mirror } from '../../../server/bans/mirror.ts';
import { type Arrival, createJoinGate, type Refusal } from '../../../server/door/join-gate.ts';
import { createNotices } from '../../../server/door/notice.ts';
import type { UnknownRule } from '../../../server/settings/settings.ts';
import { action } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';

const BAN: FoundBan = { ...newBan(null, null), listed: ['beef'], key: 'license:beef' };
const BANNED = ['license:beef', 'steam:1'];
const OTHERS = ['license:cafe'];
/** Somebody with a ban in force here. */
const HERE = ['license:f00d'];
const BAN_HERE = action({ id: 'here', inForce: true });

interface Options {
  readonly whenUnknown?: UnknownRule;
  readonly isKnown?: boolean;
  readonly isLoaded?: boolean;
  /** Replaces the look into the list. */
  readonly find?: Mirror['find'];
  /** Replaces the look at what was decided here. */
  readonly here?: BansHere['find'];
  readonly onRefused?: () => void;
  /** Who holds cmsban.gate.bypass. */
  readonly bypass?: readonly number[];
  readonly playerHas?: () => boolean;
}

function mirror(product: 'cms' | 'cad', changes: Partial<Mirror>): Mirror {
  return {
    product,
    isKnown: true,
    isStale: false,
    readAt: 1,
    size: 1,
    find: () => undefined,
    findAccount: () => undefined,
    load: async () => {},
    start() {},
    stop() {},
    banned() {},
    seen() {},
    unregistered: () => [],
    isUnregistered: () => false,
    registered() {},
    save() {},
    lifted() {},
    ...changes,
  };
}

function start(options: Options = {}) {
  const { whenUnknown = 'allow', isKnown = true, isLoaded = true, bypass = [] } = options;
  const clock = createManualClock();
  const lines: string[] = [];
  const bugs: unknown[] = [];
  const refused: Refusal[] = [];
  const loaded = Promise.withResolvers<void>();
  if (isLoaded) loaded.resolve();
  const keep = (line: string) => void lines.push(line);
  const mirrors = [
    mirror('cms', { isKnown }),
    mirror('cad', {
      isKnown,
      find: options.find ?? ((identifiers) => (identifiers.includes('license:beef') ? BAN : undefined)),
    }),
  ];
  const notices = createNotices({ appealText: 'Appeal here.', clock, say: checkedSay });
  const gate = createJoinGate({
    here: { find: options.here ?? ((names) => (names.includes('license:f00d') ? BAN_HERE : undefined)) },
    mirrors: () => mirrors,
    loaded: loaded.promise,
    whenUnknown,
    notices,
    access: {
      playerHas: options.playerHas ?? ((id) => bypass.includes(id)),
      identifierHas: () => false,
      resourceHas: () => false,
    },
    clock,
    log: { debug: keep, info: keep, warn: keep, error: keep, bug: (_, error) => bugs.push(error) },
    say: checkedSay,
    onRefused(refusal) {
      refused.push(refusal);
      options.onRefused?.();
    },
  });
  return { gate, clock, lines, bugs, refused, notices, load: loaded.resolve };
}

/** Somebody who connects, and what becomes of them. */
function arrival(identifiers: readonly string[], changes: Partial<Arrival> = {}) {
  const fate: { refusal?: string; deferrals: number; ends: (string | undefined)[] } = {
    deferrals: 0,
    ends: [],
  };
  const who: Arrival = {
    id: 65_536,
    name: 'Knut',
    identifiers,
    refuse(message) {
      fate.refusal = message;
    },
    defer() {
      fate.deferrals++;
      return (message) => fate.ends.push(message);
    },
    ...changes,
  };
  return { who, fate };
}

const UNKNOWN = checkedSay('gate.unknown');
const REFUSAL = checkedSay('gate.banned', { appeal: 'Appeal here.' });

describe('a gate whose lists are loaded', () => {
  it('decides at once and defers nobody', async () => {
    const { gate, refused, bugs } = start();
    await settle();
    const [banned, other] = [arrival(BANNED), arrival(OTHERS)];
    gate.arrived(banned.who);
    gate.arrived(other.who);
    expect(banned.fate).toEqual({ refusal: REFUSAL, deferrals: 0, ends: [] });
    expect(other.fate).toEqual({ deferrals: 0, ends: [] });
    expect(refused).toMatchObject([{ player: { name: 'Knut' }, ban: undefined, product: 'cad' }]);
    expect(bugs).toEqual([]);
  });

  it('lets those in who hold the bypass, and asks nobody about them again', async () => {
    const { gate, refused, lines } = start({ bypass: [65_536] });
    await settle();
    const { who, fate } = arrival(BANNED);
    gate.arrived(who);
    expect(fate).toEqual({ deferrals: 0, ends: [] });
    expect(refused).toEqual([]);
    expect(lines).toEqual([
      checkedSay('gate.log.bypass', { name: 'Knut', product: 'Sonoran CAD', by: 'by license:beef' }),
    ]);
  });
});

describe('a ban in force here', () => {
  it.each([
    ['with lists', {}],
    ['while no list is known', { isKnown: false }],
    [
      'with a list that fails',
      {
        find: () => {
          throw new Error('oops');
        },
      },
    ],
  ])('refuses, and says why, %s', async (_, options) => {
    const { gate, refused, notices, lines } = start(options);
    await settle();
    const { who, fate } = arrival(HERE);
    gate.arrived(who);
    expect(fate).toEqual({ refusal: notices.of(BAN_HERE), deferrals: 0, ends: [] });
    expect(lines).toContain(checkedSay('gate.log.here.refused', { name: 'Knut', author: 'Mo', id: 'here' }));
    if (!('find' in options))
      expect(refused).toEqual([{ words: expect.any(String), player: who, ban: BAN_HERE }]);
  });

  it('lets those in who hold the bypass', async () => {
    const { gate, refused, lines } = start({ bypass: [65_536] });
    await settle();
    const { who, fate } = arrival(HERE);
    gate.arrived(who);
    expect(fate).toEqual({ deferrals: 0, ends: [] });
    expect(refused).toEqual([]);
    expect(lines).toEqual([checkedSay('gate.log.here.bypass', { name: 'Knut', author: 'Mo', id: 'here' })]);
  });

  it('of an account says why to whoever a list refuses by that account', async () => {
    const account = '1b4e28ba-2fa1-11d2-883f-0016d3cca427';
    const { gate, refused, notices } = start({
      find: () => ({ ...BAN, account }),
      here: (names) => (names.includes(`account:${account}`) ? BAN_HERE : undefined),
    });
    await settle();
    const { who, fate } = arrival(BANNED);
    gate.arrived(who);
    expect(fate.refusal).toBe(notices.of(BAN_HERE));
    expect(refused).toEqual([{ words: expect.any(String), player: who, ban: BAN_HERE, product: 'cad' }]);
  });
});

describe('a gate that knows nothing', () => {
  it('lets in and warns once a minute, by the time that passes', async () => {
    const { gate, clock, lines } = start({ isKnown: false });
    await settle();
    for (let second = 0; second < 120; second++) {
      const { who, fate } = arrival(OTHERS);
      gate.arrived(who);
      expect(fate).toEqual({ deferrals: 0, ends: [] });
      clock.setWall(clock.now() - 3_600_000);
      await clock.advance(1_000);
    }
    const words = { name: 'Knut', products: 'Sonoran CMS and Sonoran CAD' };
    expect(lines).toEqual([
      checkedSay('gate.log.unknown.allow', words),
      checkedSay('gate.log.unknown.allow', words),
    ]);
  });

  it('refuses when it is to, but not those who hold the bypass', async () => {
    const { gate } = start({
      isKnown: false,
      whenUnknown: 'deny',
      bypass: [12],
    });
    await settle();
    const [other, privileged] = [arrival(['license:5afe']), arrival(OTHERS, { id: 12 })];
    gate.arrived(other.who);
    gate.arrived(privileged.who);
    expect(other.fate.refusal).toBe(UNKNOWN);
    expect(privileged.fate.refusal).toBeUndefined();
  });

  it('refuses whoever is known to be banned all the same', async () => {
    const { gate } = start({ isKnown: false });
    await settle();
    const { who, fate } = arrival(BANNED);
    gate.arrived(who);
    expect(fate.refusal).toBe(REFUSAL);
  });
});

describe('a gate whose lists are still being loaded', () => {
  it('lets everybody wait, and decides when they are', async () => {
    const { gate, load, clock } = start({ isLoaded: false });
    const [banned, other] = [arrival(BANNED), arrival(OTHERS)];
    gate.arrived(banned.who);
    gate.arrived(other.who);
    await clock.advance(9_999);
    expect([banned.fate, other.fate]).toEqual([
      { deferrals: 1, ends: [] },
      { deferrals: 1, ends: [] },
    ]);
    load();
    await settle();
    expect(banned.fate).toEqual({ deferrals: 1, ends: [REFUSAL] });
    expect(other.fate).toEqual({ deferrals: 1, ends: [undefined] });
    expect(clock.timers()).toBe(0);
  });

  it.each([
    ['allow', undefined],
    ['deny', UNKNOWN],
  ] as const)('lets nobody wait for longer than ten seconds (%s)', async (whenUnknown, end) => {
    // A list that is known is not all there is: what was decided here is not known yet.
    const { gate, clock, lines, load } = start({ isLoaded: false, whenUnknown });
    const [banned, other] = [arrival(BANNED), arrival(OTHERS)];
    gate.arrived(banned.who);
    gate.arrived(other.who);
    await clock.advance(10_000);
    // What has been read by then counts.
    expect(banned.fate.ends).toEqual([REFUSAL]);
    expect(other.fate.ends).toEqual([end]);
    expect(lines).toContain(checkedSay(`gate.log.unread.${whenUnknown}`, { name: 'Knut' }));
    load();
    await settle();
    expect(other.fate.ends).toHaveLength(1);
  });

  it('survives a deferral that fails, at its beginning and at its end', async () => {
    const { gate, load, bugs } = start({ isLoaded: false });
    const broken = () => {
      throw new Error('no such deferral');
    };
    expect(() => gate.arrived(arrival(OTHERS, { defer: broken }).who)).not.toThrow();
    expect(() => gate.arrived(arrival(OTHERS, { defer: () => broken }).who)).not.toThrow();
    const { who, fate } = arrival(OTHERS);
    gate.arrived(who);
    load();
    await settle();
    expect(bugs).toHaveLength(2);
    expect(fate.ends).toEqual([undefined]);
  });
});

describe('a fault inside the gate', () => {
  const broken = () => {
    throw new Error('oops');
  };

  it.each([
    ['allow', undefined],
    ['deny', UNKNOWN],
  ] as const)('counts as not knowing (%s)', async (whenUnknown, refusal) => {
    const { gate, bugs } = start({ find: broken, whenUnknown });
    await settle();
    const { who, fate } = arrival(OTHERS);
    expect(() => gate.arrived(who)).not.toThrow();
    expect(fate.refusal).toBe(refusal);
    expect(bugs).toHaveLength(1);
  });

  it('ends the deferral', async () => {
    const { gate, load } = start({ find: broken, isLoaded: false });
    const { who, fate } = arrival(OTHERS);
    gate.arrived(who);
    load();
    await settle();
    expect(fate.ends).toEqual([undefined]);
  });

  it('that comes after the decision does not let the banned in', async () => {
    const { gate, bugs } = start({ onRefused: broken });
    await settle();
    const { who, fate } = arrival(BANNED);
    gate.arrived(who);
    expect(fate.refusal).toBe(REFUSAL);
    expect(bugs).toHaveLength(1);
  });
});

it('whatever goes wrong, everybody is decided about once', async () => {
  const mostly = fc.constantFrom(false, false, false, true);
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        isKnown: fc.boolean(),
        isLoaded: fc.boolean(),
        whenUnknown: fc.constantFrom<UnknownRule>('allow', 'deny'),
        findFails: mostly,
        accessFails: mostly,
        loadAfter: fc.option(fc.nat({ max: 12_000 })),
        people: fc.array(fc.constantFrom(BANNED, HERE, OTHERS, []), { minLength: 1, maxLength: 5 }),
      }),
      async ({ findFails, accessFails, loadAfter, people, ...options }) => {
        const fail = () => {
          throw new Error('oops');
        };
        const { gate, clock, load } = start({
          ...options,
          ...(findFails ? { find: fail } : {}),
          ...(accessFails ? { playerHas: fail } : {}),
        });
        if (options.isLoaded) await settle();
        const arrivals = people.map((identifiers) => arrival(identifiers));
        for (const { who } of arrivals) gate.arrived(who);
        if (loadAfter !== null) {
          await clock.advance(loadAfter);
          load();
        }
        await clock.advance(10_000);
        for (const { fate } of arrivals) {
          expect(fate.deferrals).toBe(options.isLoaded ? 0 : 1);
          expect(fate.ends).toHaveLength(fate.deferrals);
          if (fate.deferrals > 0) expect(fate.refusal).toBeUndefined();
        }
        expect(clock.timers()).toBe(0);
      },
    ),
    { numRuns: 100 },
  );
});
