import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FxServer } from '../../../devserver/fxserver/server.ts';
import { TxAdmin } from '../../../devserver/fxserver/txadmin.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const names = ['playerBanned', 'playerKicked', 'playerWarned', 'actionRevoked', 'serverShuttingDown'];
const spy = names
  .map(
    (name) =>
      `on('txAdmin:events:${name}', (data) => console.log('${name}', GetInvokingResource(), source === '', getPlayers().length, JSON.stringify(data)))`,
  )
  .join('\n');

async function open(): Promise<{ server: FxServer; txAdmin: TxAdmin }> {
  const server = await FxServer.start({
    config: world.write('server.cfg', 'ensure spy\nensure monitor'),
    resources: {
      ...world.resources({ spy }),
      monitor: join(import.meta.dirname, '../../../devserver/resources/monitor'),
    },
    data: join(world.folder, 'data'),
    clock: world.clock,
  });
  await server.connect({ name: 'Ann', identifiers: ['license:a', 'ip:1.1.1.1'] });
  await server.connect({ name: 'Bob', identifiers: ['license:b', 'ip:1.1.1.1'] });
  return { server, txAdmin: new TxAdmin(server) };
}

test('a ban is announced by monitor, and one tick later the player is gone', async () => {
  const { server, txAdmin } = await open();
  const sent = await txAdmin.ban({ author: 'tx', reason: 'bad', target: 1, duration: '2 hours' });
  expect(sent).toEqual({
    author: 'tx',
    reason: 'bad',
    actionId: expect.stringMatching(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/),
    expiration: Date.UTC(2026, 0, 1, 2) / 1000,
    durationInput: '2 hours',
    durationTranslated: '2 hours',
    targetNetId: 1,
    targetIds: ['license:a', 'ip:1.1.1.1'],
    targetHwids: [],
    targetName: 'Ann',
    kickMessage: expect.stringContaining('bad'),
  });
  const [line] = printed(server, 'spy');
  expect(line).toBe(`playerBanned monitor true 2 ${JSON.stringify(sent)}`);
  await world.clock.advance(0);
  expect([...server.players.keys()]).toEqual([2]);
  await server.stop();
});

test('a ban of identifiers drops who has one of them, whatever their address', async () => {
  const { server, txAdmin } = await open();
  const sent = await txAdmin.ban({ author: 'tx', reason: 'bad', identifiers: ['license:b', 'ip:1.1.1.1'] });
  expect(sent).toMatchObject({
    targetNetId: null,
    targetName: 'identifiers',
    expiration: false,
    durationTranslated: null,
  });
  await world.clock.advance(0);
  expect([...server.players.keys()]).toEqual([1]);
  await server.stop();
});

test('older versions send what they sent', async () => {
  const { server, txAdmin } = await open();
  const old = await txAdmin.ban({ author: 'tx', reason: 'bad', target: 1, version: 4 });
  expect(Object.keys(old).sort()).toEqual([
    'actionId',
    'author',
    'expiration',
    'reason',
    'target',
    'targetName',
  ]);
  const seven = await txAdmin.kick({ author: 'tx', reason: 'idle', target: 2, version: 7 });
  expect(seven).toEqual({ author: 'tx', reason: 'idle', target: 2 });
  await server.stop();
});

test('kicks, warnings, revocations and the end', async () => {
  const { server, txAdmin } = await open();
  await txAdmin.warn({ author: 'tx', reason: 'careful', target: 1 });
  await txAdmin.revoke({
    author: 'tx',
    reason: 'bad',
    identifiers: ['license:z'],
    revokedBy: 'boss',
    actionId: 'BAAA-AAAA',
  });
  await txAdmin.kick({ author: 'tx', reason: 'all out', target: -1 });
  await txAdmin.shutdown();
  const lines = printed(server, 'spy');
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'playerWarned',
    'actionRevoked',
    'playerKicked',
    'serverShuttingDown',
  ]);
  expect(JSON.parse(lines[1]?.split(' ').slice(4).join(' ') ?? '')).toEqual({
    actionId: 'BAAA-AAAA',
    actionType: 'ban',
    actionReason: 'bad',
    actionAuthor: 'tx',
    playerName: false,
    playerIds: ['license:z'],
    playerHwids: [],
    revokedBy: 'boss',
  });
  expect(lines[2]).toContain('"target":-1');
  await world.clock.advance(0);
  expect(server.players.size).toBe(0);
  await server.stop();
});

test('what the panel has decided reaches monitor as a line on the console', async () => {
  const { server } = await open();
  const data = { target: 2, author: 'tx', reason: 'rule #4; "idle"', dropMessage: 'out' };
  const json = JSON.stringify(data).replaceAll('"', '\uff02');
  await server.console(`txaEvent "playerKicked" "${json}"`);
  expect(printed(server, 'spy')).toEqual([`playerKicked monitor true 2 ${JSON.stringify(data)}`]);
  await world.clock.advance(0);
  expect([...server.players.keys()]).toEqual([1]);
  await server.stop();
});
