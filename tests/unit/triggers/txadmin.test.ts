import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ActionKind } from '../../../server/moderation/action.ts';
import type { TemporaryBanRule } from '../../../server/settings/settings.ts';
import { registerTxAdmin } from '../../../server/triggers/txadmin.ts';
import { checkedSay } from '../checked-say.ts';
import { settle } from '../manual-clock.ts';
import { type RunningOptions, run } from '../moderation/running.ts';
import { DONE } from '../scripted-api.ts';

const ALL: readonly ActionKind[] = ['ban', 'kick', 'unban'];

interface Options extends RunningOptions {
  readonly actions?: readonly ActionKind[];
  readonly temporaryBans?: TemporaryBanRule;
}

function start({ actions = ALL, temporaryBans = 'lift', ...options }: Options = {}) {
  const running = run(options);
  running.cms.answerWith(() => DONE);
  running.cad.answerWith(() => DONE);
  const handlers = new Map<string, (table: unknown, invokingResource: string | undefined) => void>();
  const lines: string[] = [];
  const bugs: unknown[] = [];
  const keep = (line: string) => void lines.push(line);
  registerTxAdmin({
    on: (event, handler) => handlers.set(event, handler),
    moderation: running.moderation,
    players: running.players,
    knownCadApiId: async (id) => (id === 12 ? 'KNOWN' : undefined),
    actions: new Set(actions),
    newId: () => 'feed',
    temporaryBans,
    now: running.clock.now,
    log: { debug: keep, info: keep, warn: keep, error: keep, bug: (_, error) => bugs.push(error) },
    say: checkedSay,
  });
  running.players.join(12, 'Pat', 'license:abc', 'steam:110000112345678');
  /** txAdmin triggers an event, and drops the player one tick later; what it started is seen through. */
  async function send(event: string, table: unknown, resource: string | undefined = 'monitor') {
    handlers.get(`txAdmin:events:${event}`)?.(table, resource);
    running.players.leave(12);
    // Stored, marked as about to go out, and its end stored.
    for (let write = 0; write < 3; write++) await settle();
  }
  const history = () => running.moderation.history(100);
  return { ...running, send, history, lines, bugs, handlers };
}

const BANNED = {
  author: 'tabarra',
  reason: 'cheating',
  actionId: 'B8YE-ZQHY',
  expiration: false,
  durationInput: 'permanent',
  durationTranslated: null,
  targetNetId: 12,
  targetIds: ['license:abc', 'steam:110000112345678', 'ip:1.2.3.4', 'hwid:1'],
  targetHwids: ['2:abc'],
  targetName: 'Pat',
  kickMessage: 'You have been banned.',
};
const KICKED = { target: 12, author: 'tabarra', reason: 'idle', dropMessage: 'You have been kicked.' };
const REVOKED = {
  actionId: 'B8YE-ZQHY',
  actionType: 'ban',
  actionReason: 'cheating',
  actionAuthor: 'tabarra',
  playerName: 'Pat',
  playerIds: ['license:abc', 'ip:1.2.3.4'],
  playerHwids: [],
  revokedBy: 'someone',
};

describe('a ban in txAdmin', () => {
  it('becomes a ban, with all that is known of a player who is gone a tick later', async () => {
    const { send, history, cad } = start();
    await send('playerBanned', BANNED);
    expect(history()).toMatchObject([
      {
        action: 'ban',
        status: 'delivered',
        origin: 'txadmin',
        author: 'tabarra',
        reason: 'cheating',
        target: { name: 'Pat', identifiers: ['license:abc', 'steam:110000112345678'], account: null },
      },
    ]);
    expect(cad.calls[0]?.subject).toEqual({ by: 'apiId', value: 'KNOWN' });
  });

  it('of somebody who is not here goes by the identifiers', async () => {
    const { send, history } = start();
    const targetIds = ['ip:1.2.3.4', 'discord:5', 'license:zzz'];
    await send('playerBanned', { ...BANNED, targetNetId: null, targetIds, targetName: 'Sam ^1' });
    expect(history()[0]?.target).toEqual({
      name: 'Sam 1',
      identifiers: ['discord:5', 'license:zzz'],
      account: null,
    });
  });

  it('of mere identifiers has no name', async () => {
    const { send, history } = start();
    await send('playerBanned', {
      ...BANNED,
      targetNetId: null,
      targetIds: ['license:zzz'],
      targetName: 'identifiers',
    });
    expect(history()[0]?.target.name).toBeNull();
  });

  it('of mere identifiers of somebody who is here goes by all of theirs', async () => {
    const { send, history } = start();
    await send('playerBanned', { ...BANNED, targetNetId: null, targetIds: ['license:abc'] });
    expect(history()[0]?.target.identifiers).toEqual(['license:abc', 'steam:110000112345678']);
  });

  it('does not believe a server id that is somebody else by now', async () => {
    const { send, history } = start();
    await send('playerBanned', { ...BANNED, targetIds: ['license:zzz'] });
    expect(history()[0]?.target.identifiers).toEqual(['license:zzz']);
  });

  it.each<[string, object]>([
    ['before v5', { author: 'tabarra', reason: 'cheating', actionId: 'B8YE-ZQHY', target: 12 }],
    ['without an expiration', { ...BANNED, expiration: undefined }],
    ['with a null expiration', { ...BANNED, expiration: null }],
    ['without identifiers', { ...BANNED, targetIds: undefined }],
    ['without a name', { ...BANNED, targetName: undefined }],
    ['with what is no identifier among them', { ...BANNED, targetIds: ['license:abc', 5, null, {}, 'x'] }],
    ['with more than we know of', { ...BANNED, targetX: { a: [1] } }],
  ])('is understood %s', async (_, table) => {
    const { send, history } = start();
    await send('playerBanned', table);
    expect(history()).toMatchObject([{ action: 'ban', status: 'delivered' }]);
    expect(history()[0]?.target.identifiers).toContain('license:abc');
  });

  it('without an author or a reason is still one', async () => {
    const { send, history } = start();
    await send('playerBanned', { ...BANNED, author: null, reason: null });
    expect(history()).toMatchObject([{ author: 'txAdmin', reason: '' }]);
  });

  it.each<[string, object]>([
    ['an ip alone', { ...BANNED, targetNetId: null, targetIds: ['ip:1.2.3.4'] }],
    ['no identifiers', { ...BANNED, targetNetId: null, targetIds: [] }],
    ['a player who is not here', { ...BANNED, targetNetId: 99, targetIds: [] }],
  ])('of %s is ignored, and said', async (_, table) => {
    const { send, history, lines } = start();
    await send('playerBanned', table);
    expect(history()).toEqual([]);
    expect(lines).toHaveLength(1);
  });

  it('has one effect however often it is told', async () => {
    const { send, history, cad, told } = start();
    await send('playerBanned', BANNED);
    await send('playerBanned', BANNED);
    expect(history()).toHaveLength(1);
    expect(cad.calls).toHaveLength(1);
    expect(told.filter((line) => line.startsWith('settled'))).toHaveLength(1);
    await send('playerBanned', { ...BANNED, actionId: 'ANOTHER' });
    expect(history()).toHaveLength(2);
  });

  it('has one effect though the history is short', async () => {
    const { send, cad } = start({ historyLimit: 1 });
    await send('playerBanned', BANNED);
    await send('playerBanned', { ...BANNED, actionId: 'ANOTHER', targetIds: ['license:zzz'] });
    await send('playerBanned', BANNED);
    expect(cad.calls).toHaveLength(2);
  });
});

describe('a temporary ban in txAdmin', () => {
  const inAnHour = ({ now }: { now(): number }) => Math.floor(now() / 1000) + 3_600;

  it('with lift is left out, and reported, where it cannot be lifted', async () => {
    const { send, clock, history, ledger } = start();
    await send('playerBanned', { ...BANNED, expiration: inAnHour(clock) });
    const [outcome] = history();
    expect(outcome?.products).toMatchObject({ cms: { code: 'UNSUPPORTED' }, cad: { status: 'delivered' } });
    expect(ledger.byId(outcome?.id ?? '')?.expiresAt).toBe(inAnHour(clock) * 1000);
  });

  it('with permanent is one like any other', async () => {
    const { send, clock, history, ledger } = start({ temporaryBans: 'permanent' });
    await send('playerBanned', { ...BANNED, expiration: inAnHour(clock) });
    const [outcome] = history();
    expect(outcome?.products).toMatchObject({ cms: { status: 'delivered' }, cad: { status: 'delivered' } });
    expect(ledger.byId(outcome?.id ?? '')?.expiresAt).toBeNull();
  });

  it('with skip is left out altogether, and said', async () => {
    const { send, clock, history, lines } = start({ temporaryBans: 'skip' });
    await send('playerBanned', { ...BANNED, expiration: inAnHour(clock) });
    expect(history()).toEqual([]);
    expect(lines.join()).toContain('skip');
    await send('playerBanned', { ...BANNED, actionId: 'OTHER', targetIds: ['license:zzz'] });
    expect(history()).toHaveLength(1);
  });

  it('that is over already is left out', async () => {
    const { send, clock, history } = start();
    await send('playerBanned', { ...BANNED, expiration: inAnHour(clock) - 3_601 });
    await send('playerBanned', { ...BANNED, expiration: -1 });
    expect(history()).toEqual([]);
  });

  it('that ended with the epoch is not one for ever', async () => {
    const { send, history } = start();
    await send('playerBanned', { ...BANNED, expiration: 0 });
    expect(history()).toEqual([]);
  });
});

describe('a kick in txAdmin', () => {
  it('becomes a kick of the player who is here', async () => {
    const { send, history } = start();
    await send('playerKicked', KICKED);
    expect(history()).toMatchObject([
      {
        action: 'kick',
        origin: 'txadmin',
        author: 'tabarra',
        reason: 'idle',
        target: { name: 'Pat', identifiers: ['license:abc', 'steam:110000112345678'] },
      },
    ]);
  });

  it('is understood before v8', async () => {
    const { send, history } = start();
    await send('playerKicked', { target: 12, author: 'tabarra', reason: 'idle' });
    expect(history()).toHaveLength(1);
  });

  it('of everyone, or of nobody who is here, is none', async () => {
    const { send, history, lines } = start();
    await send('playerKicked', { ...KICKED, target: -1 });
    expect(lines).toEqual([]);
    await send('playerKicked', { ...KICKED, target: 99 });
    expect(lines).toHaveLength(1);
    expect(history()).toEqual([]);
  });

  it('is not heard of by default', () => {
    const { handlers } = start({ actions: ['ban', 'unban'] });
    expect([...handlers.keys()].sort()).toEqual([
      'txAdmin:events:actionRevoked',
      'txAdmin:events:playerBanned',
    ]);
    expect([...start({ actions: [] }).handlers.keys()]).toEqual([]);
  });
});

describe('a ban revoked in txAdmin', () => {
  it('becomes a lift', async () => {
    const { send, history, cad } = start();
    await send('actionRevoked', REVOKED);
    expect(history()).toMatchObject([
      {
        action: 'unban',
        status: 'delivered',
        author: 'someone',
        target: { name: 'Pat', identifiers: expect.arrayContaining(['license:abc']) },
      },
    ]);
    expect(cad.calls.at(-1)?.kind).toBe('unban');
  });

  it('has one effect however often it is told, and is another decision than the ban', async () => {
    const { send, history } = start();
    await send('playerBanned', BANNED);
    await send('actionRevoked', REVOKED);
    await send('actionRevoked', REVOKED);
    expect(
      history()
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['ban', 'unban']);
  });

  it.each<[string, object]>([
    ['of a warning', { ...REVOKED, actionType: 'warn' }],
    ['of nobody with an identifier', { ...REVOKED, playerIds: ['ip:1.2.3.4'] }],
  ])('is none when it is %s', async (_, table) => {
    const { send, history } = start();
    await send('actionRevoked', table);
    expect(history()).toEqual([]);
  });

  it('needs no name', async () => {
    const { send, history } = start();
    await send('actionRevoked', { ...REVOKED, playerName: false, playerIds: ['license:zzz'] });
    expect(history()).toMatchObject([{ action: 'unban', target: { name: null } }]);
  });
});

describe('what makes no sense', () => {
  it.each([
    ['playerBanned', BANNED],
    ['playerKicked', KICKED],
    ['actionRevoked', REVOKED],
  ])('such as %s from another resource is ignored, and said', async (event, table) => {
    const { send, history, lines, handlers } = start();
    await send(event, table, 'somebody');
    await send(event, table, 'Monitor');
    handlers.get(`txAdmin:events:${event}`)?.(table, undefined);
    await settle();
    expect(history()).toEqual([]);
    expect(lines).toHaveLength(3);
  });

  it.each<[string, unknown]>([
    ['playerBanned', undefined],
    ['playerBanned', null],
    ['playerBanned', 'text'],
    ['playerBanned', []],
    ['playerBanned', {}],
    ['playerBanned', { ...BANNED, targetNetId: 'twelve' }],
    ['playerBanned', { ...BANNED, targetNetId: 1.5 }],
    ['playerBanned', { ...BANNED, targetIds: 'license:abc' }],
    ['playerBanned', { ...BANNED, expiration: 'never' }],
    ['playerBanned', { ...BANNED, expiration: true }],
    ['playerBanned', { ...BANNED, expiration: Number.NaN }],
    ['playerBanned', { ...BANNED, expiration: Number.POSITIVE_INFINITY }],
    ['playerKicked', {}],
    ['playerKicked', { ...KICKED, target: '12' }],
    ['playerKicked', { ...KICKED, target: null }],
    ['actionRevoked', {}],
    ['actionRevoked', { ...REVOKED, actionType: 5 }],
    ['actionRevoked', { ...REVOKED, playerIds: 5 }],
  ])('such as %s with %o is ignored, and said on one line', async (event, table) => {
    const { send, history, lines } = start();
    await send(event, table);
    expect(history()).toEqual([]);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(event);
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
  });

  it('never throws, whatever is in the table', async () => {
    const odd = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.constantFrom(12, -1, 'ban'),
    );
    const mixed = (table: object) =>
      fc
        .tuple(fc.subarray(Object.keys(table)), fc.array(odd, { minLength: 12, maxLength: 12 }))
        .map(([keys, values]) => ({
          ...table,
          ...Object.fromEntries(keys.map((key, index) => [key, values[index]])),
        }));
    const events = fc.oneof(
      fc.tuple(fc.constant('playerBanned'), fc.oneof(mixed(BANNED), fc.anything())),
      fc.tuple(fc.constant('playerKicked'), fc.oneof(mixed(KICKED), fc.anything())),
      fc.tuple(fc.constant('actionRevoked'), fc.oneof(mixed(REVOKED), fc.anything())),
    );
    await fc.assert(
      fc.asyncProperty(events, async ([event, table]) => {
        const { send, history, lines, bugs } = start();
        await send(event, table);
        expect(bugs).toEqual([]);
        expect(history().length).toBeLessThanOrEqual(1);
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
        for (const outcome of history()) {
          expect(outcome.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
          for (const identifier of outcome.target.identifiers) expect(identifier).not.toMatch(/^ip:/);
        }
      }),
      { numRuns: 150 },
    );
  });
});
