import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import type { Player } from '../../../devserver/fxserver/players.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const page = {
  'fxmanifest.lua': `fx_version 'cerulean'
client_script 'client.js'
ui_page 'web/index.html'
files { 'web/index.html', 'web/*.js' }
`,
  'web/index.html': '<!doctype html><html><head lang="en"><title>page</title></head></html>',
  'web/page.js': 'ready()',
  'web/secret.txt': 'secret',
  'client.js': `
    RegisterNuiCallback('double', ({ number }, answer) => answer({ double: number * 2 }))
    RegisterNuiCallbackType('old')
    on('__cfx_nui:old', (body, answer) => answer(body === null ? 'nothing' : body))
    RegisterNuiCallback('focus', (_, answer) => { SetNuiFocus(true, false); answer(0) })
    console.log(SendNuiMessage('{"begin": "\\u2028"}'), SendNuiMessage('no JSON'))
    RegisterNuiCallback('say', (text, answer) => { SendNuiMessage(JSON.stringify({ text })); answer(1) })`,
};

async function join(server: FxServer): Promise<Player> {
  const result = await server.connect({ name: 'Ann', identifiers: ['license:a'], client: true });
  if (!result.admitted) throw new Error(result.message);
  return result.player;
}

async function start() {
  const server = await world.start({ one: page });
  const player = await join(server);
  const { address } = await server.servePage(player, 'one');
  const get = (path: string) => fetch(new URL(path, address));
  const call = (name: string, body?: unknown) =>
    fetch(new URL(`nui-callback/${name}`, address), {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return { server, player, address, get, call };
}

/** What comes to the page, until it is closed. */
async function follow(address: string) {
  const lines: string[] = [];
  const response = await fetch(new URL('nui-messages', address));
  const reading = (async () => {
    for await (const piece of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      lines.push(...piece.split('\n').filter((line) => /^(data: |event)/.test(line)));
    }
  })().catch(() => undefined);
  return { lines, reading };
}

it('gives a page what the game gives it, and its listed files alone', async () => {
  const { get, address } = await start();
  const answer = await get('/');
  expect(answer.url).toBe(`${address}web/index.html`);
  expect(await answer.text()).toMatch(
    /^<!doctype html><html><head lang="en"><script>.*\("one"\)<\/script><title>/s,
  );
  expect(await (await get('web/page.js')).text()).toBe('ready()');
  for (const path of ['web/secret.txt', 'client.js', 'fxmanifest.lua', '..%2Fserver.cfg']) {
    expect((await get(path)).status, path).toBe(404);
  }
});

it('answers what the page calls, registered in either way', async () => {
  const { call } = await start();
  const double = await call('double', { number: 4 });
  expect(double.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await double.json()).toEqual({ double: 8 });
  expect(await (await call('old')).json()).toBe('nothing');
  expect(await (await call('old', { a: [1] })).json()).toEqual({ a: [1] });
  expect((await call('nowhere', {})).status).toBe(404);
});

it('brings messages, also those from before the page was there, and tells it to begin anew', async () => {
  const { server, address, call } = await start();
  expect(server.output.map(({ text }) => text)).toContain('1 false');
  const { lines, reading } = await follow(address);
  await call('say', 'a\nb');
  await until(() => lines.length === 2, 'the messages');
  expect(lines).toEqual(['data: {"begin":"\u2028"}', 'data: {"text":"a\\nb"}']);
  await server.console('restart one');
  await until(() => lines.length >= 3, 'the word to begin anew');
  expect(lines[2]).toBe('event: reload');
  await server.stop();
  await reading;
});

it('says which focus a page has, and takes it away with the resource', async () => {
  const { server, player, call, get } = await start();
  expect(server.focusOf(player, 'one')).toEqual({ keyboard: false, mouse: false });
  await call('focus', {});
  expect(server.focusOf(player, 'one')).toEqual({ keyboard: true, mouse: false });
  await server.console('stop one');
  expect(server.focusOf(player, 'one')).toEqual({ keyboard: false, mouse: false });
  expect((await get('/')).status).toBe(503);
  expect((await call('double', { number: 1 })).status).toBe(404);
});

it('ends when the player leaves', async () => {
  const { player, get } = await start();
  player.leave();
  await expect(get('/')).rejects.toThrow();
});
