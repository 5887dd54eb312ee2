import { describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What is kept as a disciplinary record in CMS: when, how often, and what becomes of it. */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function startWith(kinds: string, { convars, ...options }: WorldOptions = {}): Promise<World> {
  return startWorld({ convars: { cmsban_cms_records: kinds, ...convars }, ...options });
}

const recordsOf = ({ sonoran }: World, { accId }: Somebody) => sonoran.cms.account(accId).records;

/** As many turns of the event loop as an answer needs to come and be read: meanwhile no time passes. */
const TURNS_OF_A_CALL = 40;

async function answersCome(): Promise<void> {
  for (let turn = 0; turn < TURNS_OF_A_CALL; turn++) await eventLoopTurn();
}

/** Whatever is under way has ended, and whatever was to come has had its time. */
async function aDayPasses({ clock }: World): Promise<void> {
  await answersCome();
  await clock.advance(DAY_MS);
  await answersCome();
}

/** Lets time pass, a second after the other, until something is so: limits and waits come between the calls. */
async function inTime<T>(world: World, condition: () => T | undefined | false, what: string): Promise<T> {
  const limit = performance.now() + 10_000;
  for (;;) {
    await answersCome();
    const value = condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > limit) throw new Error(`waited in vain for ${what}`);
    await world.clock.advance(1_000);
  }
}

/** Waits until somebody has a record. */
const haveRecords = (world: World, who: Somebody) =>
  inTime(world, () => recordsOf(world, who).length > 0 && recordsOf(world, who), 'the record');

/** Waits until somebody's record is revoked. */
const isRevoked = (world: World, who: Somebody) =>
  inTime(world, () => recordsOf(world, who)[0]?.status === false, 'the revocation');

/** The calls about records that reached CMS, and its kicks and bans, in order. */
const callsOf = ({ sonoran }: World) =>
  sonoran.cms.requests
    .map(({ operation }) => operation)
    .filter((operation) => /RECORD|record|KICK|BAN_/.test(operation));

const ban = (world: World, who: Somebody, options: object = {}) =>
  world.call('banPlayer', `license:${who.license}`, 'ramming', { author: 'Mia', ...options });
const kick = (world: World, who: Somebody) =>
  world.call('kickPlayer', `license:${who.license}`, 'idling', { author: 'Mia' });
const unban = (world: World, who: Somebody) => world.call('unbanPlayer', `license:${who.license}`);

const BAD_KEY = {
  kind: 'status',
  status: 401,
  body: '{"title":"Unauthorized","status":401,"detail":"Missing or invalid API key."}',
  contentType: 'application/problem+json',
} as const;

describe('a ban', () => {
  it('is kept once, with its reason, author and id, and nothing of it is seen in the outcome', async () => {
    const world = await startWith('ban', { convars: { cmsban_cms_record_points: '5' } });
    const who = newSomebody(world);
    const outcome = await ban(world, who);
    const [record] = await haveRecords(world, who);
    expect(record).toMatchObject({
      points: 5,
      status: true,
      reason: `Banned by Mia: ramming (cmsban ${outcome['id']})`,
    });
    expect(outcome).toMatchObject({ status: 'delivered', code: 'OK' });
    await aDayPasses(world);
    expect(world.events.map(({ name }) => name)).toEqual(['delivered']);
    await world.restart('crash');
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
    expect(callsOf(world)).toEqual(['BAN_ACCOUNT', 'account-records']);
    expect(world.events).toEqual([]);
  });

  it('is not kept unless it is asked for', async () => {
    for (const kinds of ['', 'kick,warn']) {
      const world = await startWith(kinds);
      const who = newSomebody(world);
      await ban(world, who);
      await aDayPasses(world);
      expect(callsOf(world)).toEqual(['BAN_ACCOUNT']);
    }
  });

  it('that CAD alone can take is kept too, with its end', async () => {
    const world = await startWith('ban', { wall: Date.UTC(2026, 0, 1) });
    const who = newSomebody(world, { cms: ['steam'] });
    await world.txAdmin.ban({
      author: 'Mia',
      reason: 'ramming',
      identifiers: who.identifiers,
      expiration: Date.UTC(2026, 0, 3) / 1000,
    });
    const [record] = await haveRecords(world, who);
    expect(record?.reason).toMatch(/^Banned until 2026-01-03 00:00 UTC by Mia: ramming \(cmsban \w{10}\)$/);
    // It was served, and stays.
    await world.clock.advance(3 * DAY_MS);
    await until(() => world.events.some(({ outcome }) => outcome['action'] === 'unban'), 'its end');
    await world.clock.advance(MINUTE_MS);
    expect(recordsOf(world, who)).toMatchObject([{ status: true }]);
  });

  it('of somebody whom CMS does not know is not kept, which is said to who looks for it', async () => {
    const world = await startWith('ban', { convars: { cmsban_log_level: 'debug' } });
    const who = newSomebody(world, { cms: [] });
    expect(await ban(world, who)).toMatchObject({ status: 'delivered' });
    await world.logged('no record of the ban');
    await aDayPasses(world);
    expect(callsOf(world)).not.toContain('account-records');
  });

  it.each([
    ['reset after it was heard', { kind: 'reset', when: 'after' }],
    ['never answered, and heard', { kind: 'hang', when: 'before', effect: true }],
    ['a page, and heard', { kind: 'html', effect: true }],
  ] as const)('whose record call is %s is read before it is added again', async (_, fault) => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', fault, 1);
    expect(await ban(world, who)).toMatchObject({ status: 'delivered' });
    await haveRecords(world, who);
    await inTime(world, () => callsOf(world).includes('account-records-read'), 'the read');
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
    expect(callsOf(world)).toEqual(['BAN_ACCOUNT', 'account-records', 'account-records-read']);
  });

  it.each([
    ['a reset before it was heard', { kind: 'reset', when: 'before' }, true],
    ['an error', { kind: 'status', status: 500 }, true],
    ['nobody there', { kind: 'status', status: 503 }, false],
    ['a limit', { kind: 'rate-limit', retryAfter: 20 }, false],
  ] as const)('is kept in the end after %s', async (_, fault, isRead) => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', fault, 1);
    await ban(world, who);
    await until(() => callsOf(world).includes('account-records'), 'the call');
    await haveRecords(world, who);
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
    expect(callsOf(world).includes('account-records-read')).toBe(isRead);
  });

  it.each(['stop', 'crash'] as const)('is kept once across a %s in the middle', async (how) => {
    for (const effect of [true, false]) {
      const world = await startWith('ban');
      const who = newSomebody(world);
      world.sonoran.cms.fault('account-records', { kind: 'hang', when: 'before', effect }, 1);
      await ban(world, who);
      await until(() => callsOf(world).includes('account-records'), 'the call');
      await world.restart(how);
      await haveRecords(world, who);
      await aDayPasses(world);
      expect(recordsOf(world, who)).toHaveLength(1);
    }
  });

  it('is kept after a crash that came before its record', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('accounts-search', { kind: 'status', status: 503 });
    await ban(world, who);
    await world.restart('crash');
    world.sonoran.cms.clearFaults();
    expect(await haveRecords(world, who)).toHaveLength(1);
  });

  it('goes out at once however records fail, and they are given up in one line', async () => {
    const world = await startWith('ban', { convars: { cmsban_retry_hours: '1' } });
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', { kind: 'status', status: 503 });
    expect(await ban(world, who)).toMatchObject({ status: 'delivered' });
    await until(() => callsOf(world).includes('account-records'), 'the call');
    await world.clock.advance(2 * 60 * MINUTE_MS);
    await world.logged('There is no record of the ban');
    const calls = callsOf(world).length;
    await aDayPasses(world);
    expect(callsOf(world)).toHaveLength(calls);
    expect(world.log.filter((line) => line.includes('There is no record'))).toHaveLength(1);
    expect(world.events).toHaveLength(1);
  });

  it('waits for credentials that are accepted again', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', BAD_KEY);
    await ban(world, who);
    await world.logged('Records in Sonoran CMS wait');
    await world.clock.advance(30 * MINUTE_MS);
    expect(callsOf(world)).toEqual(['BAN_ACCOUNT', 'account-records']);
    world.sonoran.cms.clearFaults();
    await world.clock.advance(60 * MINUTE_MS);
    expect(await haveRecords(world, who)).toHaveLength(1);
    expect(world.log.filter((line) => line.includes('Records in Sonoran CMS wait'))).toHaveLength(1);
  });
});

describe('/cmsqueue retry', () => {
  it('also ends the hold of records, and says so', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    const moderator = await world.moderator();
    world.sonoran.cms.fault('account-records', BAD_KEY);
    await ban(world, who);
    expect(await world.logged('Records in Sonoran CMS wait')).toContain('/cmsqueue retry');
    const calls = callsOf(world).length;
    await moderator.chatInput('/cmsqueue retry');
    await until(() => moderator.chat.length === 2, 'the answer');
    expect(moderator.chat).toEqual([
      expect.stringContaining("Deliveries that are tried as soon as Sonoran's limits allow: 0"),
      expect.stringContaining("Records in Sonoran CMS that are tried as soon as Sonoran's limits allow: 1"),
    ]);
    // It is found to be so again, and said again.
    await until(
      () => world.log.filter((line) => line.includes('Records in Sonoran CMS wait')).length === 2,
      'the hold',
    );
    expect(callsOf(world)).toHaveLength(calls + 1);

    world.sonoran.cms.clearFaults();
    await world.clock.advance(1_000);
    await moderator.chatInput('/cmsqueue retry');
    expect(await haveRecords(world, who)).toHaveLength(1);
    const lines = moderator.chat.length;
    await moderator.chatInput('/cmsqueue retry');
    await until(() => moderator.chat.length > lines, 'the answer');
    await answersCome();
    expect(moderator.chat.slice(lines)).toEqual([expect.stringContaining('limits allow: 0')]);
  });

  it('of a kick that is held lets its record go first', async () => {
    const world = await startWith('kick', { use: { cad: false } });
    const who = newSomebody(world);
    world.sonoran.cms.fault('*', BAD_KEY);
    const { id } = await kick(world, who);
    await world.logged('Records in Sonoran CMS wait');
    world.sonoran.cms.clearFaults();
    await world.clock.advance(5_000);
    await world.fx.console(`cmsqueue retry ${id}`);
    await inTime(world, () => !world.sonoran.cms.account(who.accId).member, 'the kick');
    expect(recordsOf(world, who)).toMatchObject([{ status: true }]);
    expect(world.log.join('\n')).not.toContain('without a record');
  });
});

describe('a lift', () => {
  it('revokes the record, once', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    const other = newSomebody(world);
    await ban(world, who);
    await ban(world, other);
    await haveRecords(world, who);
    await haveRecords(world, other);
    await unban(world, who);
    await isRevoked(world, who);
    await unban(world, who);
    await aDayPasses(world);
    expect(callsOf(world).filter((call) => call === 'record-status')).toHaveLength(1);
    expect(recordsOf(world, other)).toMatchObject([{ status: true }]);
  });

  it.each(['crash', 'stop'] as const)('revokes it also across a %s', async (how) => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    await ban(world, who);
    await haveRecords(world, who);
    world.sonoran.cms.fault('record-status', { kind: 'status', status: 500 });
    await unban(world, who);
    await until(() => callsOf(world).includes('record-status'), 'the call');
    await world.restart(how);
    world.sonoran.cms.clearFaults();
    await isRevoked(world, who);
  });

  it('revokes a record of which nobody was told that it is there', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', { kind: 'hang', when: 'before', effect: true }, 1);
    await ban(world, who);
    await haveRecords(world, who);
    await unban(world, who);
    await isRevoked(world, who);
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
  });

  it('leaves no record of a ban whose record had not gone out', async () => {
    const world = await startWith('ban');
    const who = newSomebody(world);
    world.sonoran.cms.fault('accounts-search', { kind: 'status', status: 503 });
    await ban(world, who);
    await unban(world, who);
    world.sonoran.cms.clearFaults();
    await aDayPasses(world);
    expect(recordsOf(world, who)).toEqual([]);
  });
});

describe('a kick', () => {
  it('goes out after its record', async () => {
    const world = await startWith('kick');
    const who = newSomebody(world);
    const outcome = await kick(world, who);
    expect(outcome).toMatchObject({ status: 'delivered' });
    expect(recordsOf(world, who)).toMatchObject([
      { reason: `Removed by Mia: idling (cmsban ${outcome['id']})`, status: true },
    ]);
    await aDayPasses(world);
    expect(callsOf(world)).toEqual(['account-records', 'KICK_ACCOUNT']);
  });

  it.each([
    ['an error', { kind: 'status', status: 503 }, 'is made without a record'],
    ['no answer', { kind: 'hang', when: 'before' }, 'is not known'],
    ['a limit', { kind: 'rate-limit', retryAfter: 600 }, 'is made without a record'],
  ] as const)('goes without it after %s, and that is said', async (_, fault, words) => {
    const world = await startWith('kick');
    const who = newSomebody(world);
    const moderator = await world.moderator();
    world.sonoran.cms.fault('account-records', fault);
    await moderator.chatInput(`/cmskick license:${who.license} idling`);
    await moderator.chatInput('/cmskick confirm');
    await until(() => callsOf(world).includes('account-records'), 'the call');
    await world.clock.advance(30_000);
    await until(() => callsOf(world).includes('KICK_ACCOUNT'), 'the kick');
    await world.logged(words);
    expect(moderator.chat.join('\n')).toContain(words);
    world.sonoran.cms.clearFaults();
    await aDayPasses(world);
    expect(callsOf(world)).toEqual(['account-records', 'KICK_ACCOUNT']);
    expect(world.sonoran.cms.account(who.accId).member).toBe(false);
  });

  it('whose call has to be repeated has one record, also across a crash', async () => {
    const world = await startWith('kick');
    const who = newSomebody(world);
    world.sonoran.cms.fault('KICK_ACCOUNT', { kind: 'status', status: 503 });
    expect(await kick(world, who)).toMatchObject({ status: 'queued' });
    await world.restart('crash');
    world.sonoran.cms.clearFaults();
    await world.clock.advance(10 * MINUTE_MS);
    await until(() => !world.sonoran.cms.account(who.accId).member, 'the kick');
    expect(recordsOf(world, who)).toHaveLength(1);
  });

  it.each([true, false])('has one record across a crash in the middle of it (heard: %s)', async (effect) => {
    const world = await startWith('kick');
    const who = newSomebody(world);
    world.sonoran.cms.fault('account-records', { kind: 'hang', when: 'before', effect }, 1);
    world.startCall('kickPlayer', `license:${who.license}`, 'idling');
    await until(() => callsOf(world).includes('account-records'), 'the call');
    await world.restart('crash');
    await inTime(world, () => !world.sonoran.cms.account(who.accId).member, 'the kick');
    expect(recordsOf(world, who)).toMatchObject([{ status: true }]);
    expect(callsOf(world)).toContain('account-records-read');
  });

  it('that is cancelled has its record revoked', async () => {
    const world = await startWith('kick', { use: { cad: false } });
    const who = newSomebody(world);
    world.sonoran.cms.fault('KICK_ACCOUNT', { kind: 'rate-limit', retryAfter: 600 });
    const { id } = await kick(world, who);
    expect(recordsOf(world, who)).toMatchObject([{ status: true }]);
    await world.fx.console(`cmsqueue cancel ${id}`);
    await isRevoked(world, who);
  });

  it('of somebody whom CMS does not know is not held up', async () => {
    const world = await startWith('kick');
    const who = newSomebody(world, { cms: [] });
    expect(await kick(world, who)).toMatchObject({ status: 'delivered' });
    expect(callsOf(world)).not.toContain('account-records');
    expect(world.log.join('\n')).not.toContain('without a record');
  });
});

describe('a warning of txAdmin', () => {
  const warn = (world: World, who: Somebody) =>
    world.txAdmin.warn({
      author: 'Mia',
      reason: 'swearing',
      identifiers: who.identifiers,
      actionId: 'W1AB-CDEF',
    });
  const revoke = (world: World, who: Somebody) =>
    world.txAdmin.revoke({
      actionId: 'W1AB-CDEF',
      actionType: 'warn',
      author: 'Mia',
      reason: 'swearing',
      identifiers: who.identifiers,
      revokedBy: 'Max',
    });

  it('is kept once, however often it is told, and revoked', async () => {
    const world = await startWith('warn', { convars: { cmsban_txadmin_actions: 'none' } });
    const who = newSomebody(world);
    await warn(world, who);
    await warn(world, who);
    const [record] = await haveRecords(world, who);
    expect(record).toMatchObject({ reason: 'Warned by Mia: swearing (txAdmin W1AB-CDEF)', points: 0 });
    await world.restart();
    await warn(world, who);
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
    await revoke(world, who);
    await isRevoked(world, who);
    expect(callsOf(world)).toEqual(['account-records', 'record-status']);
    expect(world.events).toEqual([]);
  });

  it('is believed of txAdmin alone, and only where it is asked for', async () => {
    const world = await startWith('warn');
    const who = newSomebody(world);
    const table = { author: 'Mia', reason: 'x', actionId: 'W2', targetIds: who.identifiers };
    world.fx.emitFrom('evil', 'txAdmin:events:playerWarned', table);
    await world.logged('not from txAdmin');
    world.fx.emitFrom('monitor', 'txAdmin:events:playerWarned', { ...table, targetIds: 7 });
    await world.logged('makes no sense');
    await aDayPasses(world);
    expect(callsOf(world)).toEqual([]);
    const off = await startWith('ban,kick');
    await warn(off, newSomebody(off));
    await aDayPasses(off);
    expect(callsOf(off)).toEqual([]);
  });
});

describe('without CMS v2', () => {
  const v1 = { cms: { v2: 404 } } as const;

  it('a ban is kept through v1, once; its lift says that the record is to be revoked by hand', async () => {
    const world = await startWith('ban', v1);
    const who = newSomebody(world);
    const moderator = await world.moderator();
    world.sonoran.cms.fault('ADD_MEMBER_RECORD', { kind: 'reset', when: 'after' }, 1);
    await ban(world, who);
    await haveRecords(world, who);
    await inTime(world, () => callsOf(world).includes('GET_MEMBER_RECORDS'), 'the read');
    await aDayPasses(world);
    expect(recordsOf(world, who)).toHaveLength(1);
    await moderator.chatInput(`/cmsunban license:${who.license}`);
    await world.logged('still counts in Sonoran CMS');
    expect(moderator.chat.join('\n')).toContain('Revoke it in Sonoran CMS yourself');
  });

  it('a kick goes out after its record', async () => {
    const world = await startWith('kick', v1);
    const who = newSomebody(world);
    expect(await kick(world, who)).toMatchObject({ status: 'delivered' });
    expect(recordsOf(world, who)).toHaveLength(1);
    expect(callsOf(world).filter((call) => /[A-Z]/.test(call))).toEqual([
      'ADD_MEMBER_RECORD',
      'KICK_ACCOUNT',
    ]);
  });

  it('a plan that lacks the records of v2 alone has them through v1', async () => {
    const world = await startWith('ban', { cms: { lacks: ['account-records'] } });
    const who = newSomebody(world);
    await ban(world, who);
    expect(await haveRecords(world, who)).toHaveLength(1);
    await unban(world, who);
    await isRevoked(world, who);
  });
});

it('keeps within the limits of Sonoran, and out of the way of bans', async () => {
  const world = await startWith('ban', { cms: { limits: 'documented' } });
  const people = Array.from({ length: 30 }, () => newSomebody(world));
  for (const who of people)
    world.startCall('banPlayer', `license:${who.license}`, 'x', { products: ['cms'] });
  await world.clock.advance(2 * MINUTE_MS);
  await until(() => people.every((who) => world.sonoran.cms.account(who.accId).banned), 'the bans');
  await world.clock.advance(10 * MINUTE_MS);
  await until(() => people.every((who) => recordsOf(world, who).length === 1), 'the records');
  expect(world.sonoran.cms.requests.filter(({ response }) => response?.status === 429)).toEqual([]);
});

it('sets a stored task aside that it cannot read, and goes on', async () => {
  const world = await startWith('ban', { records: () => ({ 'record:0123456789': '{"version":7}' }) });
  await world.logged('cannot be read');
  const who = newSomebody(world);
  await ban(world, who);
  expect(await haveRecords(world, who)).toHaveLength(1);
});
