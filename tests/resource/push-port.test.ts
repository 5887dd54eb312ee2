import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { settled } from './ban-lists.ts';
import { connectTo, EVENTS, push, send } from './push-port.ts';
import { newSomebody } from './somebody.ts';
import { CAD_KEY, CMS_KEY, openWorld, startWorld, type World } from './world.ts';

/** The port that is open to the internet: what each odd request is answered, and what is written about it. */

/** Largest body, in bytes. */
const LIMIT = 64 * 1024;
const SECRET_TEXT = 'the-text-of-a-body';

const data = { discordId: '235947056630333440', accountId: '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001' };
const good = JSON.stringify({ key: CMS_KEY, type: 'ACCOUNT_BANNED', data });
const withKey = (key: unknown) => JSON.stringify({ key, type: 'ACCOUNT_BANNED', data });

/** A good event of just so many bytes. */
function eventOf(bytes: number): string {
  const rest = JSON.stringify({ key: CMS_KEY, type: 'ACCOUNT_UPDATED', data, more: '' });
  return JSON.stringify({
    key: CMS_KEY,
    type: 'ACCOUNT_UPDATED',
    data,
    more: 'x'.repeat(bytes - Buffer.byteLength(rest)),
  });
}

/** The lines about requests that were refused. */
const refusals = (world: World) => world.log.filter((line) => line.includes('refused a push event'));

describe('a request', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ use: { cad: false } });
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    expect(world.log.filter((line) => line.includes(SECRET_TEXT))).toEqual([]);
    await world.close();
  });

  it.each([
    ['another key', 'something else'],
    ['the key of CAD', CAD_KEY],
    ['the beginning of the key', CMS_KEY.slice(0, -1)],
    ['the key and one more character', `${CMS_KEY}x`],
    ['the key in upper case', CMS_KEY.toUpperCase()],
    ['the key and a space', `${CMS_KEY} `],
    ['an empty key', ''],
    ['no key', undefined],
    ['null', null],
    ['a number', 5],
    ['true', true],
    ['the key in a list', [CMS_KEY]],
    ['the key in an object', { key: CMS_KEY }],
    ['a very long key', 'k'.repeat(60_000)],
  ])('with %s is answered like any other wrong key', async (_, key) => {
    const answer = await send(world, { body: withKey(key) });
    expect({ ...answer, headers: { ...answer.headers, date: '' } }).toMatchObject({
      status: 401,
      text: 'wrong key',
      headers: { 'content-type': 'text/plain; charset=utf-8' },
    });
    const plain = await send(world, { body: withKey('x') });
    expect(Object.keys(answer.headers)).toEqual(Object.keys(plain.headers));
  });

  it('with a wrong key is not told what else is wrong', async () => {
    for (const body of [
      { key: 'x', type: 'ACCOUNT_BANNED', data },
      { key: 'x', type: 'NOTHING', data },
      { key: 'x', type: 'ACCOUNT_BANNED' },
      {},
    ]) {
      expect(await send(world, { body: JSON.stringify(body) })).toMatchObject({
        status: 401,
        text: 'wrong key',
      });
    }
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'])(
    'with the method %s is told which one to use',
    async (method) => {
      const answer = await send(world, { method, body: method === 'PUT' ? good : undefined });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'POST' } });
      expect(answer.text).toBe(method === 'HEAD' ? '' : 'POST only');
    },
  );

  it.each([
    '/cmsban/',
    '/cmsban/event',
    '/cmsban/eventss',
    '/cmsban/events/',
    '/cmsban/EVENTS',
    '/cmsban//events',
    '/cmsban/./events',
    '/cmsban/x/../events',
    '/cmsban/%65vents',
    '/cmsban/events%3Fx',
    '/cmsban/events;x',
    '/cmsban/events%00',
    '/cmsban/?/events',
  ])('to %s finds nothing, with any method', async (path) => {
    expect(await send(world, { path, body: good })).toMatchObject({ status: 404, text: 'not found' });
    expect(await send(world, { path, method: 'GET' })).toMatchObject({ status: 404, text: 'not found' });
  });

  it.each([`${EVENTS}?`, `${EVENTS}?x=1`, `${EVENTS}?x=1?y=/..`, '/CmsBan/events'])(
    'to %s is taken',
    async (path) => {
      expect(await send(world, { path, body: good })).toMatchObject({ status: 200, text: 'ok' });
    },
  );

  it.each([
    ['no body', { body: undefined }],
    ['a body of no length', { body: '' }],
    ['a length of 00', { body: undefined, headers: { 'content-length': '00' } }],
    ['a space', { body: ' ' }],
    ['white space', { body: ' \r\n\t '.repeat(1_000) }],
    ['chunks without content', { body: '', headers: { 'transfer-encoding': 'chunked' } }],
  ])('with %s has no body', async (_, knock) => {
    expect(await send(world, knock)).toMatchObject({ status: 400, text: 'no body' });
  });

  it.each([
    ['text', 'hello'],
    ['half an object', good.slice(0, -1)],
    ['two objects', good + good],
    ['a list', `[${good}]`],
    ['an empty list', '[]'],
    ['a number', '42'],
    ['a string', JSON.stringify(good)],
    ['null', 'null'],
    ['true', 'true'],
    ['a form', `key=${encodeURIComponent(CMS_KEY)}&type=ACCOUNT_BANNED`],
    ['a byte order mark', `\uFEFF${good}`],
    ['deep nesting', `{"key":"x","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ['deep objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['sixty thousand elements', `{"key":"x","data":[${'1,'.repeat(30_000)}1]}`],
    ['as many keys as there is room for', `{${'"":0,'.repeat(10_000)}"key":"x"}`],
    ['nothing but brackets', '['.repeat(LIMIT)],
    ['null bytes', '\0'.repeat(100)],
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x80, 0xc0, 0xaf])],
    ['UTF-16', Buffer.from(good, 'utf16le')],
  ])('with %s is no JSON object', async (_, body) => {
    expect(await send(world, { body })).toMatchObject({ status: 400, text: 'not a JSON object' });
  });

  it('with invalid UTF-8 in a text is read as far as it goes', async () => {
    const [head = '', tail = ''] = good.split('ACCOUNT_BANNED');
    const body = Buffer.concat([Buffer.from(head), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(tail)]);
    expect(await send(world, { body })).toMatchObject({ status: 400, text: 'unknown type' });
  });

  it('of 64 KiB is read, and one byte more is too large', async () => {
    expect(await send(world, { body: eventOf(LIMIT) })).toMatchObject({ status: 200 });
    expect(await send(world, { body: eventOf(LIMIT + 1) })).toMatchObject({ status: 413, text: 'too large' });
    const chunked = { headers: { 'transfer-encoding': 'chunked' } };
    expect(await send(world, { body: eventOf(LIMIT), ...chunked })).toMatchObject({ status: 200 });
    expect(await send(world, { body: eventOf(LIMIT + 1), ...chunked })).toMatchObject({ status: 413 });
    // 65 536 characters, but more bytes.
    const wide = eventOf(LIMIT).replace('xx', 'éx');
    expect(await send(world, { body: wide, ...chunked })).toMatchObject({ status: 413 });
  });

  it('in chunks, without a length, is taken', async () => {
    const answer = await send(world, { body: good, headers: { 'transfer-encoding': 'chunked' } });
    expect(answer).toMatchObject({ status: 200, text: 'ok' });
  });

  it('with a length of 10 MB is refused before its body comes', async () => {
    const peer = await connectTo(world);
    peer.socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n`);
    expect(await peer.answers(1)).toEqual([413]);
    peer.socket.destroy();
  });

  it.each(['9', '1e9', '0x10', '5, 5', '-5', 'abc', '99999999999999999999'])(
    'with the length %s does no harm',
    async (length) => {
      const peer = await connectTo(world);
      peer.socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${good}`);
      await until(() => peer.isClosed || peer.statuses.length > 0, 'the end');
      expect([[], [400], [413]]).toContainEqual(peer.statuses);
      peer.socket.destroy();
      expect(await send(world, { body: good })).toMatchObject({ status: 200 });
    },
  );

  it('that waits to be told to go on is answered once its body comes', async () => {
    const answer = await send(world, { body: good, headers: { expect: '100-continue' } });
    expect(answer).toMatchObject({ status: 200 });
  });

  it('after another on the same connection, and behind one that has not been answered, has its own answer', async () => {
    const peer = await connectTo(world);
    const head = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: `;
    peer.socket.write(`${head}${good.length}\r\n\r\n${good}`);
    await peer.answers(1);
    const wrong = withKey('x');
    peer.socket.write(`${head}${good.length}\r\n\r\n${good}${head}${wrong.length}\r\n\r\n${wrong}`);
    expect(await peer.answers(3)).toEqual([200, 200, 401]);
    peer.socket.destroy();
  });

  it('a byte at a time is read', async () => {
    const peer = await connectTo(world);
    const text = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${good.length}\r\n\r\n${good}`;
    for (const byte of text) peer.socket.write(byte);
    expect(await peer.answers(1)).toEqual([200]);
    peer.socket.destroy();
  });
});

describe('a body that never ends', () => {
  it.each([
    ['with a length', 'Content-Length: 1000'],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ])('%s is waited for ten seconds', async (_, line) => {
    const world = await startWorld({ use: { cad: false } });
    const peer = await connectTo(world);
    peer.socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${line}\r\n\r\n`);
    peer.socket.write(line.startsWith('Content') ? good : '5\r\n{"key\r\n');
    await settled(world);
    await world.clock.advance(9_999);
    expect(peer.statuses).toEqual([]);
    await world.clock.advance(1);
    expect(await peer.answers(1)).toEqual([408]);
    await until(() => peer.isClosed, 'the connection to close');
    expect(peer.received).toContain('the body did not come');
  });

  it('is answered once, also when it comes in the end', async () => {
    const world = await startWorld({ use: { cad: false } });
    const peer = await connectTo(world);
    const head = `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${good.length}\r\n\r\n`;
    peer.socket.write(head + good.slice(0, -1));
    await settled(world);
    await world.clock.advance(10_000);
    expect(await peer.answers(1)).toEqual([408]);
    peer.socket.write(good.slice(-1));
    await settled(world);
    expect(peer.statuses).toEqual([408]);
    peer.socket.destroy();
    expect(world.log.some((line) => line.includes('push event: '))).toBe(false);
    expect(await send(world, { body: good })).toMatchObject({ status: 200 });
    expect(world.faults).toEqual([]);
  });

  it('of a peer who has gone away is forgotten', async () => {
    const world = await startWorld({ use: { cad: false } });
    for (let round = 0; round < 3; round++) {
      // As many as one peer may keep waiting.
      const peers = await Promise.all(Array.from({ length: 16 }, () => connectTo(world)));
      for (const { socket } of peers) {
        socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`);
      }
      await settled(world);
      const more = await send(world, { body: good });
      expect(more).toMatchObject({ status: 429, text: 'too many requests' });
      for (const { socket } of peers) socket.destroy();
      await settled(world);
      await world.clock.advance(5_000);
      expect(await send(world, { body: good })).toMatchObject({ status: 200 });
    }
    await world.clock.advance(10_000);
    expect(world.clock.untilNext()).toBeGreaterThan(60_000);
    expect(refusals(world)).toHaveLength(1);
    expect(world.faults).toEqual([]);
  });
});

describe('too many requests', () => {
  /** A peer's address. */
  const peer = (number: number) => `127.0.1.${number}`;

  it('a thousand at once, of one peer: they are refused, and the server goes on', async () => {
    const world = await startWorld({ use: { cad: false } });
    const flood = Array.from({ length: 1_000 }, () => send(world, { from: peer(1), body: withKey('x') }));
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(25);
    expect(statuses.filter((status) => status === 429)).toHaveLength(975);
    expect(await send(world, { from: peer(2), body: good })).toMatchObject({ status: 200 });
    expect(refusals(world)).toEqual([
      expect.stringContaining('refused a push event from 127.0.1.1: 401 wrong key'),
    ]);
    await world.clock.advance(10_000);
    expect(await send(world, { from: peer(1), body: good })).toMatchObject({ status: 200 });
    expect(world.faults).toEqual([]);
  });

  it('of many peers: the resource itself refuses, but not who has shown the key before', async () => {
    const world = await startWorld({ use: { cad: false } });
    const sonoran = peer(200);
    expect(await send(world, { from: sonoran, body: good })).toMatchObject({ status: 200 });
    await world.clock.advance(2_000);
    const flood = Array.from({ length: 50 }, (_, number) =>
      Array.from({ length: 10 }, () => send(world, { from: peer(number), body: withKey('x') })),
    ).flat();
    const answers = await Promise.all(flood);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(300);
    for (const answer of refused) {
      expect(answer).toMatchObject({ text: 'too many requests', headers: { 'retry-after': '1' } });
    }
    expect(await send(world, { from: peer(201), body: good })).toMatchObject({ status: 429 });
    for (let count = 0; count < 20; count++) {
      expect(await send(world, { from: sonoran, body: good })).toMatchObject({ status: 200 });
    }
    await world.clock.advance(1_000);
    expect(await send(world, { from: peer(201), body: good })).toMatchObject({ status: 200 });
    expect(world.faults).toEqual([]);
  });

  it('that keep their bodies to themselves, of many peers, keep out nobody who has shown the key', async () => {
    const world = await startWorld({ use: { cad: false } });
    const sonoran = peer(200);
    expect(await send(world, { from: sonoran, body: good })).toMatchObject({ status: 200 });
    const waiting: Awaited<ReturnType<typeof connectTo>>[] = [];
    for (let number = 1; number <= 18; number++) {
      // Within the rate that all together may have.
      await world.clock.advance(400);
      for (let count = 0; count < 16; count++) waiting.push(await connectTo(world, peer(number)));
      for (const { socket } of waiting.slice(-16)) {
        socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`);
      }
      await settled(world);
    }
    expect(waiting.filter(({ statuses }) => statuses[0] === 429)).toHaveLength(18 * 16 - 256);
    expect(await send(world, { from: peer(100), body: good })).toMatchObject({ status: 429 });
    expect(await send(world, { from: sonoran, body: good })).toMatchObject({ status: 200 });
    await world.clock.advance(10_000);
    expect(await send(world, { from: peer(100), body: good })).toMatchObject({ status: 200 });
    for (const { socket } of waiting) socket.destroy();
    expect(world.faults).toEqual([]);
  });
});

describe('what is written about them', () => {
  it('is a line a minute for each peer, and the next one tells how many there were', async () => {
    const world = await startWorld({ use: { cad: false } });
    const body = JSON.stringify({ key: `${CMS_KEY}x`, type: SECRET_TEXT, data: SECRET_TEXT });
    for (let count = 0; count < 5; count++) await send(world, { body });
    await send(world, { from: '127.0.1.1', method: 'GET', path: `/cmsban/${SECRET_TEXT}` });
    expect(refusals(world)).toEqual([
      expect.stringMatching(/refused a push event from 127\.0\.0\.1: 401 wrong key$/),
      expect.stringMatching(/refused a push event from 127\.0\.1\.1: 404 not found$/),
    ]);
    await world.clock.advance(59_000);
    await send(world, { body });
    expect(refusals(world)).toHaveLength(2);
    await world.clock.advance(1_000);
    await send(world, { body: SECRET_TEXT });
    expect(refusals(world).slice(2)).toEqual([
      expect.stringMatching(
        /refused a push event from 127\.0\.0\.1: 400 not a JSON object, and 5 more before$/,
      ),
    ]);
    expect(world.log.filter((line) => line.includes(SECRET_TEXT))).toEqual([]);
  });

  it('is twenty lines a minute, however many peers there are', async () => {
    const world = await startWorld({ use: { cad: false } });
    for (let number = 1; number <= 60; number++) {
      for (let count = 0; count < 3; count++) await send(world, { from: `127.0.1.${number}`, body: 'x' });
      await world.clock.advance(100);
    }
    expect(refusals(world)).toHaveLength(20);
    await world.clock.advance(60_000);
    await send(world, { from: '127.0.1.60', body: 'x' });
    expect(refusals(world).at(-1)).toMatch(/from 127\.0\.1\.60: 400 not a JSON object, and 3 more before$/);
    expect(refusals(world)).toHaveLength(21);
  });

  it('is nothing for an event that is taken', async () => {
    const world = await startWorld({ use: { cad: false } });
    const before = world.log.length;
    const who = newSomebody(world);
    await push(world, 'ACCOUNT_BANNED', { discordId: who.discord, accountId: who.accId });
    await settled(world);
    expect(world.log).toHaveLength(before);
  });
});
