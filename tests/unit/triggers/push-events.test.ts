import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../fixed-seed.ts';
import type { BackgroundLookUps } from '../../../server/bans/background-look-ups.ts';
import { createMirror } from '../../../server/bans/mirror.ts';
import type { Evict } from '../../../server/door/eviction.ts';
import { createWebKicks } from '../../../server/door/web-kicks.ts';
import type { Subject } from '../../../server/identity/subject.ts';
import type { OwnEffects } from '../../../server/moderation/own-effects.ts';
import type { Account } from '../../../server/moderation/product-api.ts';
import { createLog } from '../../../server/notify/log.ts';
import { type PushVerdict, readPushEvent } from '../../../server/triggers/account-event.ts';
import { createPushEvents } from '../../../server/triggers/push-events.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { fakePlayers } from '../players.ts';
import { NO_LIST } from '../scripted-api.ts';
import { kvpOn } from '../storage/kvp-on.ts';

const ACCOUNT = '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001';
const DISCORD = '235947056630333440';

function start({
  isOwn = false,
  ready = Promise.resolve(),
}: {
  isOwn?: boolean;
  ready?: Promise<void>;
} = {}) {
  const clock = createManualClock();
  const players = fakePlayers();
  const lines: string[] = [];
  const asked: Array<{ subject: Subject; answer: (account: Partial<Account>) => void }> = [];
  const evicted: string[] = [];
  const told: unknown[] = [];
  const learned: unknown[] = [];
  const log = createLog(
    'debug',
    (line) => lines.push(line),
    (text) => text,
    checkedSay,
  );
  const mirror = createMirror({
    product: 'cms',
    community: () => 'c',
    list: NO_LIST,
    types: ['discord', 'steam', 'license'],
    storage: kvpOn(clock).storage,
    clock,
    random: () => 0.5,
    intervalMs: 900_000,
    renewCredentials: () => false,
    onGone() {},
    isStillBanned: async () => false,
    tied: (names) => names,
    onProof() {},
    onNewAccount() {},
    onNewBan() {},
    onRead() {},
    say: checkedSay,
    onBug: (error) => log.bug('mirror', error),
  });
  const lookUps: BackgroundLookUps = {
    ask: (subject, answered) =>
      asked.push({
        subject,
        answer: (account) =>
          answered({ id: ACCOUNT, name: null, banned: null, keys: [], proven: [], ...account }),
      }),
    stop() {},
  };
  const own: OwnEffects = { confirmed() {}, undone: () => isOwn, isOwn: () => isOwn };
  const evict: Evict = (player, why) => {
    evicted.push(`${player.name} ${why}`);
    return players.drop(player.id, why);
  };
  const undone: unknown[] = [];
  let kicks = 0;
  const events = createPushEvents({
    list: () => ({ mirror, lookUps }),
    types: () => ['discord', 'steam', 'license'],
    say: checkedSay,
    ready,
    players,
    own,
    evict,
    kicked: createWebKicks({ players, own, evict, log, say: checkedSay }),
    undone: (product, identifiers) => undone.push([product, identifiers]),
    newId: () => String(++kicks),
    told: (product, keys) => told.push([product, keys]),
    learn: (account, identifiers) => void learned.push([account, identifiers]),
    clock,
    log,
  });
  function receive(body: unknown, ageMs = 0): PushVerdict {
    const event = readPushEvent(body);
    if (typeof event === 'string') return event;
    events.happened(event, ageMs);
    return 'taken';
  }
  return {
    clock,
    undone,
    players,
    mirror,
    lines,
    asked,
    evicted,
    told,
    learned,
    receive,
    async take(type: string, data: unknown, ageMs = 0) {
      expect(receive({ type, data }, ageMs)).toBe('taken');
      await settle();
    },
  };
}

describe('an event', () => {
  it('is acted on once what is stored has been read, in the order in which they came', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { take, mirror } = start({ ready: promise });
    await take('ACCOUNT_BANNED', { discordId: DISCORD, accountId: ACCOUNT });
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, banned: false });
    await take('ACCOUNT_BANNED', { discordId: '5' });
    expect(mirror.size).toBe(0);
    resolve();
    await settle();
    expect(mirror.find([`discord:${DISCORD}`])).toBeUndefined();
    expect(mirror.find(['discord:5'])).toBeDefined();
  });

  it('tells by which keys the account goes, unless it was removed', async () => {
    const { take, told } = start();
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, discordId: DISCORD, activeApiIds: ['BEEF', 'steam:11'] });
    await take('ACCOUNT_KICKED', { accountId: ACCOUNT, discordId: DISCORD });
    expect(told).toEqual([['cms', [`discord:${DISCORD}`, 'beef', 'steam:11']]]);
  });

  it('tells what Discord proves of an account, and nothing that somebody typed', async () => {
    const { take, learned } = start();
    await take('ACCOUNT_UPDATED', {
      accId: ACCOUNT,
      discordId: DISCORD,
      activeApiIds: ['discord:7', 'beef'],
    });
    expect(learned).toEqual([[ACCOUNT, [`discord:${DISCORD}`]]]);
  });

  it('whose handling fails is told, and the next one is handled', async () => {
    const { take, players, evicted, lines } = start();
    const { sharing } = players;
    players.sharing = () => {
      throw new Error('broken');
    };
    await take('ACCOUNT_KICKED', { discordId: '5' });
    expect(lines.some((line) => line.includes('internal error in push-events: Error: broken'))).toBe(true);
    players.sharing = sharing;
    players.join(1, 'Pat', 'discord:6');
    await take('ACCOUNT_KICKED', { discordId: '6' });
    expect(evicted).toEqual(['Pat kicked']);
  });

  it('is whatever JSON may be: never more than a verdict', () => {
    const { receive } = start();
    const near = fc.record(
      {
        type: fc.constantFrom<unknown>('ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED', 'OTHER', 1),
        data: fc.oneof(
          fc.jsonValue(),
          fc.record(
            {
              discordId: fc.jsonValue(),
              accountId: fc.jsonValue(),
              accId: fc.jsonValue(),
              banned: fc.jsonValue(),
              activeApiIds: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        ),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), (body) => {
        expect(['taken', 'unknown-type', 'malformed']).toContain(receive(body));
      }),
    );
  });
});

describe('told again', () => {
  const ban = { discordId: DISCORD, accountId: ACCOUNT };

  it('within ten seconds is the same event', async () => {
    const { clock, take, players, evicted } = start();
    players.join(1, 'Pat', `discord:${DISCORD}`);
    await take('ACCOUNT_BANNED', ban);
    players.join(1, 'Pat', `discord:${DISCORD}`);
    await clock.advance(9_999);
    await take('ACCOUNT_BANNED', ban);
    expect(evicted).toEqual(['Pat banned']);
    await clock.advance(10_000);
    await take('ACCOUNT_BANNED', ban);
    expect(evicted).toEqual(['Pat banned', 'Pat banned']);
  });

  it('after another one about the account it is news', async () => {
    const { take, mirror } = start();
    await take('ACCOUNT_BANNED', ban);
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, banned: false });
    await take('ACCOUNT_BANNED', ban);
    expect(mirror.findAccount(ACCOUNT)).toBeDefined();
  });

  it('with more API IDs it is news', async () => {
    const { take, mirror } = start();
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, banned: true, activeApiIds: ['aa'] });
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, banned: true, activeApiIds: ['aa', 'bb'] });
    // What the account has got since is a claim.
    expect(mirror.findAccount(ACCOUNT)).toMatchObject({ listed: ['aa'], claims: ['bb'] });
    expect(mirror.find(['license:bb'])).toBeUndefined();
  });

  it('of a thousand accounts is known again', async () => {
    const { take, players, evicted } = start();
    const kick = async (number: number) => {
      players.join(number, `P${number}`, `discord:${number}`);
      await take('ACCOUNT_KICKED', { discordId: String(number) });
    };
    for (let number = 1; number <= 1_000; number++) await kick(number);
    expect(evicted).toHaveLength(1_000);
    await kick(1);
    expect(evicted).toHaveLength(1_000);
    await kick(1_001);
    await kick(2);
    expect(evicted).toHaveLength(1_002);
  });
});

describe('a ban', () => {
  it('is asked about by the account, or by the Discord id where there is none', async () => {
    const { take, asked } = start();
    await take('ACCOUNT_BANNED', { discordId: DISCORD, accountId: ACCOUNT.toUpperCase() });
    await take('ACCOUNT_BANNED', { discordId: '5' });
    await take('ACCOUNT_BANNED', { discordId: '6', accountId: 'not-an-account' });
    expect(asked.map(({ subject }) => subject)).toEqual([
      { by: 'account', value: ACCOUNT },
      { by: 'discord', value: '5' },
      { by: 'discord', value: '6' },
    ]);
  });

  it('with all API IDs is not asked about', async () => {
    const { take, asked, mirror } = start();
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, banned: true, activeApiIds: ['AA'] });
    expect(asked).toEqual([]);
    expect(mirror.find(['license:aa'])?.account).toBe(ACCOUNT);
  });

  it('drops who turns out to be meant', async () => {
    const { take, asked, players, evicted, mirror } = start();
    players.join(1, 'Pat', 'steam:aa');
    players.join(2, 'Sam', 'steam:bb');
    await take('ACCOUNT_BANNED', { accountId: ACCOUNT });
    expect(evicted).toEqual([]);
    asked[0]?.answer({ keys: ['aa'] });
    expect(evicted).toEqual(['Pat banned']);
    expect(mirror.find(['steam:aa'])?.account).toBe(ACCOUNT);
  });

  it('of our own is taken into the list, and drops nobody', async () => {
    const { take, players, evicted, mirror } = start({ isOwn: true });
    players.join(1, 'Pat', `discord:${DISCORD}`);
    await take('ACCOUNT_BANNED', { discordId: DISCORD, accountId: ACCOUNT });
    expect(evicted).toEqual([]);
    expect(mirror.findAccount(ACCOUNT)).toBeDefined();
  });
});

describe('the end of a ban', () => {
  const lift = { accId: ACCOUNT, discordId: DISCORD, banned: false, activeApiIds: ['aa'] };

  it('counts at once', async () => {
    const { take, mirror, asked } = start();
    mirror.banned({ account: ACCOUNT, listed: ['aa'], own: [] }, 'now');
    mirror.banned({ account: null, listed: [], own: ['license:aa'] }, 'now');
    await take('ACCOUNT_UPDATED', lift);
    expect(mirror.size).toBe(0);
    expect(asked).toEqual([]);
  });

  it.each([
    [false, 0],
    [true, 1],
    [null, 1],
  ])('of our own is asked about: Sonoran says banned %j', async (banned, left) => {
    const { take, mirror, asked } = start({ isOwn: true });
    mirror.banned({ account: ACCOUNT, listed: ['aa'], own: [] }, 'now');
    await take('ACCOUNT_UPDATED', lift);
    expect(mirror.size).toBe(1);
    asked[0]?.answer({ banned });
    expect(mirror.size).toBe(left);
  });
});

describe('a kick', () => {
  it('drops by what the list knows of the account, and keeps nobody out', async () => {
    const { take, mirror, players, evicted } = start();
    mirror.banned({ account: ACCOUNT, listed: ['aa'], own: ['license2:bb'] }, 'now');
    players.join(1, 'Pat', 'steam:aa');
    players.join(2, 'Alt', 'license2:bb');
    players.join(3, 'Sam', 'license:cc');
    await take('ACCOUNT_KICKED', { accountId: ACCOUNT });
    expect(evicted.sort()).toEqual(['Alt kicked', 'Pat kicked']);
    expect(mirror.size).toBe(1);
    await take('ACCOUNT_KICKED', { discordId: '5' });
    expect(mirror.find(['discord:5'])).toBeUndefined();
  });

  it('of our own drops nobody', async () => {
    const { take, players, evicted } = start({ isOwn: true });
    players.join(1, 'Pat', `discord:${DISCORD}`);
    await take('ACCOUNT_KICKED', { discordId: DISCORD });
    expect(evicted).toEqual([]);
  });
});

describe('an event that comes late, from a server that could not hand it on', () => {
  const LATE_MS = 2 * 60_000;

  it.each([
    [true, 1],
    [false, 0],
  ])('is believed as far as CMS still says so: banned %s', async (banned, left) => {
    const { take, mirror, asked } = start();
    await take('ACCOUNT_BANNED', { discordId: DISCORD, accountId: ACCOUNT }, LATE_MS);
    expect(mirror.size).toBe(0);
    asked[0]?.answer({ banned, keys: ['aa'] });
    expect(mirror.size).toBe(left);
  });

  it('lifts what is lifted by then, and tells that it was', async () => {
    const { take, mirror, asked, undone } = start({ isOwn: true });
    mirror.banned({ account: ACCOUNT, listed: [`discord:${DISCORD}`], own: [] }, 'now');
    await take('ACCOUNT_UPDATED', { accId: ACCOUNT, discordId: DISCORD, banned: false }, LATE_MS);
    expect(mirror.size).toBe(1);
    asked[0]?.answer({ banned: false });
    expect(mirror.size).toBe(0);
    expect(undone).toEqual([['cms', [`discord:${DISCORD}`, `account:${ACCOUNT}`]]]);
  });

  it('drops nobody for a kick: whoever is here may have come back', async () => {
    const { take, players, evicted, asked } = start();
    players.join(1, 'Pat', `discord:${DISCORD}`);
    await take('ACCOUNT_KICKED', { discordId: DISCORD, accountId: ACCOUNT }, LATE_MS);
    expect(evicted).toEqual([]);
    expect(asked).toEqual([]);
  });
});
