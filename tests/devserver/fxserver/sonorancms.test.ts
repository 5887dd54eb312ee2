import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { Sonoran } from '../../../devserver/sonoran/server.ts';
import { printed, World } from './world.ts';

const KEY = 'Stand-In-Key';
const core = join(import.meta.dirname, '..', '..', '..', 'devserver', 'resources', 'sonorancms');

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

/**
 * Subscribes to what it is told, and prints what comes; some handlers do as they are called. When the core
 * starts anew, it subscribes at once to the type that the core itself is about to take.
 */
const subscriber = `
  on('subscribe', (type, how) => emit('sonorancms::RegisterPushEvent', type, (body) => {
    console.log(how, GetInvokingResource(), JSON.stringify(source), JSON.stringify(body))
    if (how === 'fail') throw new Error('oops')
    if (how === 'slow') return new Promise((resolve) => setTimeout(resolve, 1_000))
    if (how === 'reject') return Promise.reject(new Error('no'))
    return undefined
  }))
  on('onResourceStart', (name) => { if (name === 'sonorancms') emit('subscribe', 'ACCOUNT_UPDATED', 'hasty') })
  on('sonoran_permissions::rankupdate', (body) => console.log('permissions', GetInvokingResource(), body.data.accId))
  on('sonoran_jobsync::rankupdate', (body) => console.log('jobsync', GetInvokingResource(), body.data.accId))`;

/** A server with the core, and resources that subscribe. */
async function start(...subscribers: string[]): Promise<FxServer> {
  const folders = world.resources(Object.fromEntries(subscribers.map((name) => [name, subscriber])));
  const names = ['sonorancms', ...subscribers];
  const server = await world.start(
    {},
    [`set sonorancms_key "${KEY}"`, ...names.map((name) => `ensure ${name}`)].join('\n'),
    {
      resources: { ...folders, sonorancms: core },
    },
  );
  await world.clock.advance(0);
  return server;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(server: FxServer, path: string, init: RequestInit): Promise<Answer> {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { status: answer.status, text: await answer.text() };
}

function push(server: FxServer, body: unknown): Promise<Answer> {
  return ask(server, '/sonorancms/events', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** A push whose handler fails: nothing comes back for as long as the server lives. */
async function unanswered(server: FxServer, body: unknown): Promise<void> {
  const before = server.swallowed.length;
  let settled = false;
  const answer = push(server, body).then(
    () => {
      settled = true;
    },
    () => 'closed',
  );
  await until(() => server.swallowed.length > before, 'the error');
  await world.clock.advance(600_000);
  expect(settled).toBe(false);
  server.crash();
  expect(await answer).toBe('closed');
}

const banned = { key: KEY, type: 'ACCOUNT_BANNED', data: { discordId: '1', accountId: 'x' } };

describe('a push event', () => {
  test('goes to the handler of its type, with the whole body', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'banned');
    expect(await push(server, banned)).toEqual({ status: 200, text: 'ok' });
    const body = {
      key: KEY.toUpperCase(),
      type: 'ACCOUNT_BANNED',
      data: { activeApiIds: [], list: ['a', 1.5], none: null },
    };
    expect(await push(server, body)).toEqual({ status: 200, text: 'ok' });
    const lines = printed(server, 'one').map((line) => line.split(' '));
    expect(lines.map(([how, invoking, source]) => [how, invoking, source])).toEqual([
      ['banned', 'sonorancms', 'null'],
      ['banned', 'sonorancms', 'null'],
    ]);
    // Null does not survive Lua: the field is not there any more.
    expect(lines.map((line) => JSON.parse(line[3] ?? ''))).toEqual([
      banned,
      { ...body, data: { activeApiIds: [], list: ['a', 1.5] } },
    ]);
  });

  test('is answered once the handler is done', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'slow');
    const answer = push(server, banned);
    await until(() => printed(server, 'one').length === 1);
    await world.clock.advance(1_000);
    expect(await answer).toEqual({ status: 200, text: 'ok' });
  });

  test('has one handler: a later one takes its place', async () => {
    const server = await start('one', 'two');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'first');
    expect(await push(server, banned)).toMatchObject({ text: 'ok' });
    // Both resources heard the event; the one that started later came last.
    expect([printed(server, 'one').length, printed(server, 'two').length]).toEqual([0, 1]);
  });

  test('of an unknown type is not registered', async () => {
    const server = await start('one');
    expect(await push(server, banned)).toEqual({ status: 200, text: 'Event not registered' });
    expect(await push(server, { key: KEY })).toEqual({ status: 200, text: 'Event not registered' });
  });

  test.each([
    { body: { ...banned, key: `${KEY}x` } },
    { body: { type: 'ACCOUNT_BANNED' } },
    { body: { key: '', type: 'ACCOUNT_BANNED' } },
    { body: [] },
  ])('needs the key: $body', async ({ body }) => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'banned');
    expect(await push(server, body)).toEqual({ status: 200, text: 'Bad API Key' });
    expect(printed(server, 'one')).toEqual([]);
  });

  test.each(['no JSON', 'null', '7'])('must be a body with fields: %s', async (body) => {
    const server = await start('one');
    expect(await push(server, body)).toEqual({ status: 200, text: '{"error":"Bad Request"}' });
  });

  test('comes by POST to its path', async () => {
    const server = await start('one');
    const error = { status: 200, text: '{"error":"Route not found"}' };
    const body = JSON.stringify(banned);
    expect(await ask(server, '/sonorancms/events', { method: 'GET' })).toEqual(error);
    expect(await ask(server, '/sonorancms/events?x', { method: 'POST', body })).toEqual(error);
    expect(await ask(server, '/sonorancms/other', { method: 'PUT', body })).toEqual(error);
  });
});

describe('a push event is never answered', () => {
  test.each(['fail', 'reject'])('when the handler does: %s', async (how) => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', how);
    await unanswered(server, banned);
  });

  test('when the resource of the handler has stopped', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'gone');
    await server.console('stop one');
    await unanswered(server, banned);
    expect(server.swallowed.at(-1)).toMatchObject({ resource: 'sonorancms' });
  });

  test('when the resource has restarted, until it registers again', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'before');
    await server.console('restart one');
    const lost = push(server, banned).catch(() => 'closed');
    await until(() => server.swallowed.length === 1, 'the error');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'after');
    expect(await push(server, banned)).toMatchObject({ text: 'ok' });
    expect(printed(server, 'one').at(-1)).toMatch(/^after /);
    server.crash();
    expect(await lost).toBe('closed');
  });

  test('when a client has put something else in the place of the handler', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_BANNED', 'banned');
    const joined = await server.connect({ name: 'Eve', identifiers: [] });
    if (joined.admitted) joined.player.trigger('sonorancms::RegisterPushEvent', 'ACCOUNT_BANNED', 'nonsense');
    await unanswered(server, banned);
  });
});

describe('account updates', () => {
  const update = { key: KEY, type: 'ACCOUNT_UPDATED', data: { accId: 'x' } };

  test('go to the core itself, which tells two others', async () => {
    const server = await start('one');
    expect(await push(server, update)).toEqual({ status: 200, text: 'ok' });
    expect(printed(server, 'one')).toEqual(['permissions sonorancms x', 'jobsync sonorancms x']);
  });

  test('go to whoever registers after the core, which then tells nobody', async () => {
    const server = await start('one');
    server.emit('subscribe', 'ACCOUNT_UPDATED', 'mine');
    expect(await push(server, update)).toEqual({ status: 200, text: 'ok' });
    expect(printed(server, 'one').map((line) => line.split(' ')[0])).toEqual(['mine']);
  });

  test('are taken back by the core one tick after it was started', async () => {
    const server = await start('one');
    await server.console('restart sonorancms');
    await world.clock.advance(0);
    expect(await push(server, update)).toEqual({ status: 200, text: 'ok' });
    expect(printed(server, 'one')).toEqual(['permissions sonorancms x', 'jobsync sonorancms x']);
  });
});

describe('the ACE module', () => {
  const allowed = (server: FxServer, discord: string) => async () => {
    const before = server.output.length;
    await server.console(`test_ace identifier.discord:${discord} thing`);
    return server.output[before]?.text.endsWith('ALLOWED');
  };
  const data = (ranks: string[]) => ({ accId: 'x', discordId: '5', activeApiIds: ['6'], ranks });

  test('gives and takes what goes with a rank, for every identifier, when the key is in the event', async () => {
    const server = await start('one');
    await server.console(
      'add_ace resource.sonorancms command allow\nadd_ace group.boss thing allow\nadd_principal identifier.discord:7 group.boss',
    );
    const [five, six, seven] = ['5', '6', '7'].map((discord) => allowed(server, discord));
    await push(server, { key: KEY, type: 'ACCOUNT_UPDATED', data: data(['boss', 'clerk']) });
    expect([await five?.(), await six?.()]).toEqual([true, true]);
    // The way of a push event lets a key of another case through, the module does not.
    await push(server, { key: KEY.toUpperCase(), type: 'ACCOUNT_UPDATED', data: data([]) });
    const joined = await server.connect({ name: 'Eve', identifiers: [] });
    if (joined.admitted) joined.player.trigger('sonoran_permissions::rankupdate', { data: data([]) });
    server.emit('sonoran_permissions::rankupdate', { data: data([]) });
    expect([await five?.(), await six?.()]).toEqual([true, true]);
    await push(server, { key: KEY, type: 'ACCOUNT_UPDATED', data: data(['clerk']) });
    expect([await five?.(), await six?.(), await seven?.()]).toEqual([false, false, true]);
  });
});

test('a field that no object can have is lost on the way', async () => {
  const server = await start('one');
  server.emit('subscribe', 'ACCOUNT_BANNED', 'odd');
  const body = `{"key":"${KEY}","type":"ACCOUNT_BANNED","__proto__":{"a":1},"data":{"__proto__":7,"b":2}}`;
  expect(await push(server, body)).toMatchObject({ text: 'ok' });
  expect(printed(server, 'one')[0]).toContain('"data":{"b":2}');
});

test('a ban in the stand-in for CMS reaches a subscriber', async () => {
  const server = await start('one');
  server.emit('subscribe', 'ACCOUNT_BANNED', 'banned');
  const sonoran = await Sonoran.start({ clock: world.clock, cms: { apiKey: KEY } });
  try {
    const { cms } = sonoran;
    cms.pushEventsTo(`http://127.0.0.1:${server.port}/sonorancms/events`);
    const { accId } = cms.addAccount({ discordId: '5' });
    cms.ban(accId);
    cms.unban(accId);
    await until(() => cms.pushes.every(({ status }) => status === 200));
    expect(cms.pushes.map(({ answer }) => answer)).toEqual(['ok', 'ok']);
    expect(printed(server, 'one')[0]).toContain(`"accountId":"${accId}"`);
  } finally {
    await sonoran.stop();
  }
});
