import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { asked, newSomebody, type Somebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** What is decided in txAdmin: from whom it is believed, how often it has an effect, and for whom. */

const BY_MIA = { author: 'Mia', reason: 'being rude' };

const DECISION = { author: 'Mia', reason: 'being rude', expiration: false } as const;

/** The table of a ban as txAdmin v8 sends it. */
function banOf(who: Somebody, more: Readonly<Record<string, unknown>> = {}) {
  return {
    ...DECISION,
    actionId: `B-${who.name}`,
    targetNetId: null,
    targetIds: who.identifiers,
    targetHwids: ['4:f00d'],
    targetName: who.name,
    ...more,
  };
}

const requestsOf = ({ sonoran }: World) => callsToBoth(sonoran);

/** Makes one ban that is certain to go out, and waits for its end: whatever came before has been heard by then. */
async function settleAll(world: World): Promise<void> {
  const before = world.events.length;
  const { name, identifiers } = newSomebody(world);
  await world.fx.console(`cmsban ${identifiers[0]} ${name}`);
  await until(() => world.events.slice(before).some(({ outcome }) => outcome['reason'] === name), 'the end');
}

describe('whom it believes', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_txadmin_actions: 'ban,kick,unban' } });
  });
  afterAll(() => world.close());

  const tables = (who: Somebody, id: number): ReadonlyArray<[event: string, table: object]> => [
    ['playerBanned', banOf(who, { targetNetId: id })],
    ['playerKicked', { ...BY_MIA, target: id, dropMessage: 'out' }],
    ['actionRevoked', { actionId: 'B-1', actionType: 'ban', playerIds: who.identifiers, revokedBy: 'Mia' }],
  ];

  const forgers: ReadonlyArray<[who: string, forge: (world: World, event: string, table: object) => void]> = [
    ['another resource', ({ fx }, event, table) => fx.emitFrom('evil', event, table)],
    ['a resource with a name like it', ({ fx }, event, table) => fx.emitFrom('Monitor', event, table)],
    ['no resource', ({ fx }, event, table) => fx.emit(event, table)],
  ];

  it('is monitor, also when the decision reaches that as a line on the console', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const json = JSON.stringify(banOf(who, { targetNetId: player.id })).replaceAll('"', '\uff02');
    const outcome = await world.outcomeOf(() => world.fx.console(`txaEvent "playerBanned" "${json}"`));
    expect(outcome).toMatchObject({
      status: 'delivered',
      origin: 'txadmin',
      target: { name: who.name },
    });
  });

  it.each(forgers)('is not %s', async (_, forge) => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const requests = requestsOf(world).length;
    const lines = world.log.length;
    for (const [event, table] of tables(who, player.id)) forge(world, `txAdmin:events:${event}`, table);
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(requests + 2);
    expect(player.connected).toBe(true);
    const warnings = world.log.slice(lines).filter((line) => line.includes('not from txAdmin'));
    expect(warnings).toHaveLength(3);
  });

  it('is not a client', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const requests = requestsOf(world).length;
    const lines = world.log.length;
    for (const [event, table] of tables(who, player.id)) player.trigger(`txAdmin:events:${event}`, table);
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(requests + 2);
    expect(player.connected).toBe(true);
    // The server's own refusal: the handler did not run at all.
    expect(world.log.slice(lines).filter((line) => line.includes('was not safe for net'))).toHaveLength(3);
    expect(world.log.slice(lines).join()).not.toContain('not from txAdmin');
  });
});

describe('one decision', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_txadmin_actions: 'ban,unban' } });
  });
  afterAll(() => world.close());

  const send = (event: string, table: object) =>
    world.fx.emitFrom('monitor', `txAdmin:events:${event}`, table);

  it('has one effect when it is told twice at once', async () => {
    const who = newSomebody(world);
    const before = { requests: requestsOf(world).length, events: world.events.length };
    send('playerBanned', banOf(who));
    send('playerBanned', banOf(who));
    await until(() => world.events[before.events], 'the outcome');
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(before.requests + 4);
    expect(world.events).toHaveLength(before.events + 2);
  });

  it('has one effect when it is told again later, also with other words', async () => {
    const who = newSomebody(world);
    const before = { requests: requestsOf(world).length, events: world.events.length };
    send('playerBanned', banOf(who));
    await until(() => world.events[before.events], 'the outcome');
    send('playerBanned', banOf(who, { reason: 'being very rude', targetIds: who.identifiers.slice(0, 1) }));
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(before.requests + 4);
    expect(world.events).toHaveLength(before.events + 2);
  });

  it('is told from its revocation by the same id', async () => {
    const who = newSomebody(world);
    const before = world.events.length;
    send('playerBanned', banOf(who));
    await until(() => world.events[before], 'the ban');
    for (const _ of [1, 2]) {
      send('actionRevoked', {
        actionId: `B-${who.name}`,
        actionType: 'ban',
        playerIds: who.identifiers,
        revokedBy: 'Mia',
      });
    }
    expect(await until(() => world.events[before + 1], 'the lift')).toMatchObject({
      name: 'delivered',
      outcome: {
        action: 'unban',
        author: 'Mia',
        products: { cms: { code: 'UNSUPPORTED' }, cad: { code: 'OK' } },
      },
    });
    await settleAll(world);
    expect(world.events).toHaveLength(before + 3);
    expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
  });

  it.each([undefined, null, ''])('without an id (%s) is a new one each time', async (actionId) => {
    const who = newSomebody(world);
    const before = world.events.length;
    send('playerBanned', banOf(who, { actionId }));
    send('playerBanned', banOf(who, { actionId }));
    await until(() => world.events[before + 1], 'both outcomes');
    expect(world.events).toHaveLength(before + 2);
  });
});

describe('cmsban_txadmin_actions', () => {
  it.each([
    [undefined, ['ban', 'unban']],
    ['none', []],
    ['ban', ['ban']],
    ['kick', ['kick']],
    ['unban', ['unban']],
    ['kick, ban', ['ban', 'kick']],
    ['ban,kick,unban', ['ban', 'kick', 'unban']],
  ])('%s', async (cmsban_txadmin_actions, expected) => {
    const world = await startWorld({ convars: { cmsban_txadmin_actions } });
    const [banned, kicked, revoked] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    const players = [
      await world.join(banned.name, banned.identifiers),
      await world.join(kicked.name, kicked.identifiers),
    ];
    await world.txAdmin.ban({ ...BY_MIA, target: players[0]?.id ?? 0 });
    await world.txAdmin.kick({ ...BY_MIA, target: players[1]?.id ?? 0 });
    await world.txAdmin.revoke({ ...BY_MIA, identifiers: revoked.identifiers, revokedBy: 'Mia' });
    await until(() => players.every(({ connected }) => !connected), "txAdmin's own drops");
    await settleAll(world);
    await until(() => world.events.length > expected.length, 'all outcomes');
    const actions = world.events.filter(({ outcome }) => outcome['origin'] === 'txadmin');
    expect(actions.map(({ outcome }) => outcome['action']).sort()).toEqual([...expected].sort());
    expect(world.log.join('\n')).not.toContain('ignored');
  });
});

describe('whom it is about', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_txadmin_actions: 'ban,kick,unban' } });
  });
  afterEach(() => {
    for (const player of world.everybody) player.leave();
  });
  afterAll(() => world.close());

  const send = (event: string, table: object) =>
    world.fx.emitFrom('monitor', `txAdmin:events:${event}`, table);

  /** The outcome of what is done, and what went to CAD for it. */
  async function outcomeOf(act: () => unknown) {
    const before = { events: world.events.length, cad: callsTo(world.sonoran.cad).length };
    await act();
    const outcome = await until(() => world.events[before.events]?.outcome, 'the outcome');
    return { outcome, cad: callsTo(world.sonoran.cad).slice(before.cad).map(asked) };
  }

  it('is never everyone', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const requests = requestsOf(world).length;
    await world.txAdmin.kick({ ...BY_MIA, target: -1 });
    await until(() => !player.connected, "txAdmin's own drop");
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(requests + 2);
  });

  it('is read before they are gone: a kick names nobody but a server id', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { outcome, cad } = await outcomeOf(() => world.txAdmin.kick({ ...BY_MIA, target: player.id }));
    expect(player.dropReason).toContain('[txAdmin]');
    expect(cad).toEqual([{ communityUserId: who.license, isKick: true }]);
    expect(outcome).toMatchObject({
      action: 'kick',
      status: 'delivered',
      target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
      author: 'Mia',
      reason: 'being rude',
    });
  });

  it('may be somebody who never was here, by identifiers of every kind', async () => {
    const who = newSomebody(world);
    const identifiers = [
      'ip:127.0.0.1',
      '2:hwid',
      'epic:77',
      'license2:zzzz',
      ...who.identifiers,
      'steam:xyz',
      '',
    ];
    const { outcome, cad } = await outcomeOf(() => world.txAdmin.ban({ ...BY_MIA, identifiers }));
    expect(outcome).toMatchObject({
      status: 'delivered',
      dropped: false,
      target: { name: null, identifiers: ['license2:zzzz', ...who.identifiers.slice(0, 3)] },
    });
    expect(cad).toEqual([{ communityUserId: who.license, isBan: true }]);
    expect(JSON.stringify(outcome)).not.toMatch(/127\.0\.0\.1|hwid/);
  });

  it('is nobody when only an address is left', async () => {
    const requests = requestsOf(world).length;
    await world.txAdmin.ban({ ...BY_MIA, identifiers: ['ip:127.0.0.1', '2:hwid'] });
    await world.txAdmin.revoke({ ...BY_MIA, identifiers: ['ip:127.0.0.1'], revokedBy: 'Mia' });
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(requests + 2);
    expect(world.log.filter((line) => line.includes('names nobody with an identifier'))).toHaveLength(2);
  });

  it('is also who shares an identifier, but not who shares an address', async () => {
    const who = newSomebody(world);
    const same = await world.join('Alt', [`steam:${who.steam}`, 'license:a17']);
    const flatmate = await world.join('Flatmate', ['license:f1a7', 'ip:127.0.0.1']);
    // txAdmin itself is not asked to drop anybody here.
    await outcomeOf(() => send('playerBanned', banOf(who)));
    expect([same.connected, flatmate.connected]).toEqual([false, true]);
  });

  it('is not whoever has the server id by now', async () => {
    const who = newSomebody(world);
    const other = newSomebody(world);
    const player = await world.join(other.name, other.identifiers);
    const { outcome, cad } = await outcomeOf(() =>
      send('playerBanned', banOf(who, { targetNetId: player.id })),
    );
    expect(cad).toEqual([{ communityUserId: who.license, isBan: true }]);
    expect(outcome).toMatchObject({ target: { name: who.name, identifiers: who.identifiers.slice(0, 3) } });
    expect(player.connected).toBe(true);
    expect(world.sonoran.cms.account(other.accId).banned).toBe(false);
  });

  it.each([4, 5, 7, 8])('is understood from txAdmin v%d', async (version) => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const ban = await outcomeOf(() => world.txAdmin.ban({ ...BY_MIA, target: player.id, version }));
    expect(ban.outcome).toMatchObject({
      status: 'delivered',
      target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
    });
    const other = newSomebody(world);
    const kicked = await world.join(other.name, other.identifiers);
    const kick = await outcomeOf(() => world.txAdmin.kick({ ...BY_MIA, target: kicked.id, version }));
    expect(kick.outcome).toMatchObject({ action: 'kick', status: 'delivered' });
  });

  it('is understood with nothing but what matters', async () => {
    const who = newSomebody(world);
    const { outcome } = await outcomeOf(() => send('playerBanned', { targetIds: who.identifiers }));
    expect(outcome).toMatchObject({ status: 'delivered', author: 'txAdmin', reason: '' });
    const other = newSomebody(world);
    const player = await world.join(other.name, other.identifiers);
    expect(await outcomeOf(() => send('playerKicked', { target: player.id }))).toMatchObject({
      outcome: { status: 'delivered', author: 'txAdmin', reason: '' },
    });
    const lift = await outcomeOf(() =>
      send('actionRevoked', { actionType: 'ban', playerIds: who.identifiers }),
    );
    // It does not say which ban is revoked, and there is one.
    expect(lift.outcome).toMatchObject({ action: 'unban', status: 'refused', author: 'txAdmin' });
  });

  it('is lifted by identifiers, also from somebody who is here', async () => {
    const who = newSomebody(world, { cad: ['discord'] });
    world.sonoran.cad.ban(who.uuid);
    const { outcome, cad } = await outcomeOf(() =>
      world.txAdmin.revoke({
        ...BY_MIA,
        identifiers: who.identifiers,
        playerName: who.name,
        revokedBy: 'Zoe',
      }),
    );
    expect(outcome).toMatchObject({
      action: 'unban',
      status: 'delivered',
      author: 'Zoe',
      target: { name: who.name },
      products: { cms: { code: 'UNSUPPORTED' }, cad: { apiId: who.discord } },
    });
    expect(cad.at(-1)).toEqual({ discord: who.discord, isBan: false });
  });

  it.each(['warn', 'kick', '', 'BAN'])('is left alone when a %s is revoked', async (actionType) => {
    const who = newSomebody(world);
    const requests = requestsOf(world).length;
    send('actionRevoked', { actionType, actionId: 'W-1', playerIds: who.identifiers, revokedBy: 'Mia' });
    await world.txAdmin.warn({ ...BY_MIA, identifiers: who.identifiers });
    await settleAll(world);
    expect(requestsOf(world)).toHaveLength(requests + 2);
  });
});

describe('nonsense', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_txadmin_actions: 'ban,kick,unban' } });
  });
  afterAll(() => world.close());

  const NONSENSE: fc.Arbitrary<unknown> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.string({ unit: 'binary' }),
    fc.constant('x'.repeat(10_000)),
    fc.constant(`${'\u001b[31m'}\n^1forged\u202e`),
    fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null), fc.constant('steam:')), { maxLength: 5 }),
    fc.constant(Array.from({ length: 1_000 }, (_, index) => `ip:${index}`)),
    fc.constant(
      Object.fromEntries(['1', 'length', 'then', 'toString', 'constructor'].map((key) => [key, 'b'])),
    ),
    fc.array(fc.array(fc.string(), { maxLength: 3 }), { maxLength: 3 }).map((nested) => ({ nested })),
    fc.constant(() => 'a function'),
  );
  const FIELDS = [
    'author',
    'reason',
    'actionId',
    'expiration',
    'targetNetId',
    'target',
    'targetIds',
    'targetName',
    'actionType',
    'playerIds',
    'playerName',
    'revokedBy',
    'x'.repeat(5_000),
  ];
  const TABLE = fc.oneof(
    NONSENSE,
    fc
      .uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), NONSENSE), { selector: ([field]) => field })
      .map((entries) => Object.fromEntries(entries)),
    fc.constant(undefined),
  );
  const EVENT = fc.constantFrom('playerBanned', 'playerKicked', 'actionRevoked');

  it('is logged in few words and ignored', async () => {
    const start = { requests: requestsOf(world).length, events: world.events.length, log: world.log.length };
    await fc.assert(
      fc.asyncProperty(EVENT, TABLE, async (event, table) => {
        const before = world.log.length;
        world.fx.emitFrom('monitor', `txAdmin:events:${event}`, table);
        const lines = world.log.slice(before);
        expect(lines.length).toBeLessThanOrEqual(1);
        expect(lines.every((line) => line.length < 300)).toBe(true);
      }),
      { seed: 20_261_121, numRuns: 500 },
    );
    await eventLoopTurn();
    await settleAll(world);
    expect(world.fx.swallowed).toEqual([]);
    expect(requestsOf(world)).toHaveLength(start.requests + 2);
    expect(world.events).toHaveLength(start.events + 1);
    const lines = world.log.slice(start.log).join('\n');
    expect(lines).toContain('makes no sense');
    for (const word of ['internal error', 'SCRIPT ERROR', '\u202e', '\u001b'])
      expect(lines).not.toContain(word);
  });

  it('does not keep the next one that makes sense from being heard', async () => {
    const who = newSomebody(world);
    const before = world.events.length;
    world.fx.emitFrom('monitor', 'txAdmin:events:playerBanned', banOf(who));
    expect(await until(() => world.events[before], 'the outcome')).toMatchObject({ name: 'delivered' });
  });

  it('in one field costs no more than that field', async () => {
    const who = newSomebody(world);
    const before = world.events.length;
    const table = banOf(who, {
      reason: `${'very '.repeat(1_000)}rude`,
      author: '^1Mia\n[cmsban] forged',
      targetIds: [...who.identifiers, 5, null, { a: 1 }],
    });
    world.fx.emitFrom('monitor', 'txAdmin:events:playerBanned', table);
    const { outcome } = await until(() => world.events[before], 'the outcome');
    expect(outcome).toMatchObject({ status: 'delivered', author: '1Mia [cmsban] forged' });
    expect(String(outcome['reason']).length).toBeLessThanOrEqual(256);
  });
});
