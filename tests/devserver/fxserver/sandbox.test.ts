import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

test('files are written inside the resource alone', async () => {
  const server = await world.start({
    one: `
      const fs = require('fs'), path = require('path')
      const folder = GetResourcePath('one')
      const attempt = (run) => { try { run(); return 'ok' } catch (error) { return error.code } }
      console.log(attempt(() => fs.writeFileSync(path.join(folder, 'a.txt'), 'a')))
      console.log(attempt(() => fs.writeFileSync(path.join(folder, '../a.txt'), 'a')))
      console.log(attempt(() => fs.renameSync(path.join(folder, 'a.txt'), '/tmp/a.txt')))
      console.log(attempt(() => fs.openSync('/tmp/a.txt', 'w')), attempt(() => fs.closeSync(fs.openSync('/etc/hosts', 'r'))))
      console.log(attempt(() => fs.createWriteStream('/tmp/a.txt')))
      require('fs/promises').writeFile('/tmp/a.txt', 'a').catch((error) => console.log(error.code))
      console.log(require('os').tmpdir() === path.join(folder, '.tmp'))
      console.log(SaveResourceFile('one', 'b.txt', 'bcd', -1), SaveResourceFile('one', '../b.txt', 'b', -1), LoadResourceFile('one', 'b.txt'), LoadResourceFile('one', 'c.txt'))`,
  });
  await world.clock.advance(0);
  expect(printed(server, 'one')).toEqual([
    'ok',
    'ERR_ACCESS_DENIED',
    'ERR_ACCESS_DENIED',
    'ERR_ACCESS_DENIED ok',
    'ERR_ACCESS_DENIED',
    'true',
    '1 false bcd null',
    'ERR_ACCESS_DENIED',
  ]);
  expect(readFileSync(join(world.folder, 'resources/one/a.txt'), 'utf8')).toBe('a');
});

test('processes, threads and packages are out of reach, and so is the end of the server', async () => {
  const server = await world.start({
    one: `
      const attempt = (run) => { try { return run() } catch (error) { return error.code || error.message } }
      console.log(attempt(() => require('child_process').spawn('true')))
      console.log(attempt(() => new (require('node:worker_threads').Worker)('x', { eval: true })))
      console.log(attempt(() => require('vitest')), attempt(() => require('./other.js')))
      console.log(attempt(() => process.exit(1)))
      console.log(typeof process.versions.node, process.env.PATH, typeof fetch)`,
  });
  expect(printed(server, 'one')).toEqual([
    'ERR_ACCESS_DENIED',
    'ERR_ACCESS_DENIED',
    'MODULE_NOT_FOUND MODULE_NOT_FOUND',
    'a resource tried to end the server',
    'string undefined undefined',
  ]);
});

test('what Node hands out is of the right classes', async () => {
  const server = await world.start({
    one: `
      const { EventEmitter, once } = require('events')
      class Mine extends Error {}
      console.log(require('fs').readdirSync('/') instanceof Array, once(new EventEmitter(), 'x').catch(() => {}) instanceof Promise)
      try { require('fs').readFileSync('/none') } catch (error) { console.log(error instanceof Error, error instanceof TypeError, error instanceof Mine) }
      try { Buffer.from(5) } catch (error) { console.log(error instanceof TypeError, error instanceof RangeError) }
      console.log(Buffer.from('a') instanceof Uint8Array, new Mine() instanceof Mine, new Mine() instanceof Error, [] instanceof Array, {} instanceof Object)
      console.log(new TextEncoder().encode('a') instanceof Uint8Array, new URL('http://x').host, new AbortController().signal instanceof AbortSignal)`,
  });
  expect(printed(server, 'one')).toEqual([
    'true true',
    'true false false',
    'true false',
    'true true true true true',
    'true x true',
  ]);
});

test('sockets end with their resource', async () => {
  const peer = createServer();
  let closed = 0;
  peer.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('close', () => closed++);
    socket.resume();
  });
  await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
  const { port } = peer.address() as { port: number };
  const server = await world.start({
    one: `
      const socket = require('net').connect(${port}, '127.0.0.1', () => console.log('open'))
      socket.on('close', () => console.log('closed'))
      require('http').get({ port: ${port}, host: '127.0.0.1' }).on('error', () => console.log('error'))`,
  });
  await until(() => printed(server, 'one').includes('open'), 'the connection');
  await server.console('stop one');
  await until(() => closed === 2, 'the end of both sockets');
  expect(printed(server, 'one')).toEqual(['open']);
  peer.close();
});
