import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock, until } from '../../../devserver/clock.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe("a script's timers", () => {
  test('cannot be replaced', async () => {
    const server = await world.start({
      one: `
        'use strict'
        try { globalThis.setTimeout = 1 } catch (error) { console.log(error instanceof TypeError) }
        console.log(Object.getOwnPropertyDescriptor(globalThis, 'setImmediate').writable)
        console.log(Object.getOwnPropertyDescriptor(globalThis, 'clearInterval').configurable)`,
    });
    expect(printed(server, 'one')).toEqual(['true', 'false', 'false']);
  });

  test('run when they are due and not before', async () => {
    const server = await world.start({
      one: `
        setTimeout((a, b) => console.log('timeout', a, b), 1000, 1, 2)
        const interval = setInterval(() => { console.log('interval'); if (++count === 2) clearInterval(interval) }, 400)
        let count = 0
        clearTimeout(setTimeout(() => console.log('never'), 10))`,
    });
    await world.clock.advance(999);
    expect(printed(server, 'one')).toEqual(['interval', 'interval']);
    await world.clock.advance(1);
    expect(printed(server, 'one')).toEqual(['interval', 'interval', 'timeout 1 2']);
  });

  test('are objects that libraries can use, whose refresh does nothing inside the callback', async () => {
    const server = await world.start({
      one: `
        const timer = setTimeout(() => { console.log('once'); timer.refresh() }, 100)
        console.log(timer.ref() === timer, timer.unref() === timer, timer.hasRef(), typeof +timer)
        const outside = setTimeout(() => console.log('outside'), 100)
        setTimeout(() => outside.refresh(), 50)`,
    });
    await world.clock.advance(149);
    expect(printed(server, 'one')).toEqual(['true true true number', 'once']);
    await world.clock.advance(1_000);
    expect(printed(server, 'one')).toEqual(['true true true number', 'once', 'outside']);
  });

  test('node:timers are real ones on the same clock', async () => {
    const server = await world.start({
      one: `
        const timers = require('node:timers')
        let count = 0
        const timer = timers.setTimeout(() => { console.log('again'); if (++count < 3) timer.refresh() }, 100)
        require('timers/promises').setTimeout(250, 'value').then(console.log)
        const interval = timers.setInterval(() => { console.log('interval'); timers.clearInterval(interval) }, 120)`,
    });
    await world.clock.advance(1_000);
    expect(printed(server, 'one')).toEqual(['again', 'interval', 'again', 'value', 'again']);
  });

  test('what is due now happens without anybody advancing the clock', async () => {
    const server = await world.start({
      one: `setImmediate(() => setTimeout(() => Promise.resolve().then(() => setImmediate(() => console.log('done'))), 0))`,
    });
    await until(() => printed(server, 'one').includes('done'), 'the immediates');
    expect(world.clock.elapsed()).toBe(0);
  });

  test('a chain of immediates is over before time goes on', async () => {
    const server = await world.start({
      one: `
        (async () => {
          for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
          console.log(performance.now())
          setTimeout(() => console.log(performance.now()), 500)
        })()`,
    });
    await world.clock.advance(1_000);
    expect(printed(server, 'one')).toEqual(['0', '500']);
  });

  test('Date and performance follow the clock', async () => {
    const server = await world.start({
      one: `
        const log = () => console.log(Date.now() === +new Date(), new Date().toISOString(), performance.now(), new Date(0).getTime())
        log()
        console.log(new Date() instanceof Date, Date.UTC(2020, 0, 1) > 0, new Date().constructor === Date, require('perf_hooks').performance === performance)
        setTimeout(log, 86_400_000)`,
    });
    await world.clock.advance(86_400_000);
    expect(printed(server, 'one')).toEqual([
      'true 2026-01-01T00:00:00.000Z 0 0',
      'true true true true',
      'true 2026-01-02T00:00:00.000Z 86400000 0',
    ]);
  });

  test('nothing is entered on a tick while nothing is due', async () => {
    const server = await world.start({
      idle: `on('x', () => {}); setTimeout(() => {}, 5_000)`,
      busy: `setTick(() => {})`,
    });
    await world.clock.advance(1_000);
    expect(server.runtime('idle').ticksEntered).toBe(0);
    expect(server.runtime('busy').ticksEntered).toBe(50);
    await world.clock.advance(60_000);
    expect(server.runtime('idle').ticksEntered).toBe(1);
  });

  test('AbortSignal.timeout follows the clock', async () => {
    const server = await world.start({
      one: `
        const signal = AbortSignal.timeout(3_000)
        console.log(signal instanceof AbortSignal, signal.aborted)
        signal.addEventListener('abort', () => console.log(performance.now(), signal.reason.name))`,
    });
    await world.clock.advance(10_000);
    expect(printed(server, 'one')).toEqual(['true false', '3000 TimeoutError']);
  });

  test('on the system clock ticks come at the pace of a server', async () => {
    const server = await world.start(
      {
        one: `const start = performance.now(); setTimeout(() => setImmediate(() => console.log('done')), 30)`,
      },
      '',
      { clock: systemClock },
    );
    await until(() => printed(server, 'one').includes('done'), 'the timers');
    expect(server.runtime('one').ticksEntered).toBe(2);
  });
});

describe('undici in a bundle', () => {
  let http: Server;
  let url: string;
  beforeEach(async () => {
    http = createServer((request, response) => {
      if (request.url === '/json') response.end('{"ok":true}');
      // Everything else is never answered.
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    http.closeAllConnections();
    http.close();
  });

  async function bundle(inject: boolean): Promise<string> {
    const shim = world.write(
      'shim.js',
      `export const { setTimeout, clearTimeout, setInterval, clearInterval } = require('node:timers')`,
    );
    const entry = `
      import { Pool } from 'undici'
      const pool = new Pool(GetConvar('url', ''), { headersTimeout: 2_000, bodyTimeout: 2_000 })
      on('get', async (path) => {
        try {
          const { statusCode, body } = await pool.request({ path, method: 'GET' })
          console.log(statusCode, JSON.stringify(await body.json()))
        } catch (error) {
          console.log(error instanceof Error, error.code, performance.now() >= 2_000)
        }
      })`;
    const result = await build({
      stdin: { contents: entry, resolveDir: import.meta.dirname },
      bundle: true,
      format: 'iife',
      platform: 'node',
      target: 'node22',
      write: false,
      ...(inject ? { inject: [shim] } : {}),
    });
    return result.outputFiles[0]?.text ?? '';
  }

  test('talks to a real server', async () => {
    const server = await world.start({ one: await bundle(false) }, `set url "${url}"`);
    server.emit('get', '/json');
    await until(() => printed(server, 'one').length > 0, 'the answer');
    expect(printed(server, 'one')).toEqual(['200 {"ok":true}']);
  });

  test('reports a refused connection as an error of its own world', async () => {
    const server = await world.start({ one: await bundle(false) }, `set url "http://127.0.0.1:1"`);
    server.emit('get', '/json');
    await until(() => printed(server, 'one').length > 0, 'the error');
    expect(printed(server, 'one')).toEqual(['true ECONNREFUSED false']);
  });

  test.each([
    ['never fire on the global timers', false, []],
    ['fire on the timers of node:timers', true, ['true UND_ERR_HEADERS_TIMEOUT true']],
  ])('its timeouts %s', async (_what, inject, lines) => {
    const server = await world.start({ one: await bundle(inject) }, `set url "${url}"`);
    let requests = 0;
    http.on('request', () => requests++);
    server.emit('get', '/hang');
    await until(() => requests === 1, 'the request');
    await world.clock.advance(60_000);
    expect(printed(server, 'one')).toEqual(lines);
  });
});
