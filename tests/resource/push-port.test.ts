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
    // 65 536 characters, but more bytes.
    const wide = eventOf(LIMIT).replace('xx', 'éx');
    expect(await send(world, { body: wide })).toMatchObject({ status: 413 });
  });

  it.each([
    ['good event', good],
    ['large body', eventOf(5_000_000)],
    ['body without content', ''],
  ])('in chunks, without a length, is not read: a %s', async (_, body) => {
    const answer = await send(world, { body, headers: { 'transfer-encoding': 'chunked' } });
    expect(answer).toMatchObject({ status: 411, text: 'Content-Length is needed' });
  });

  it('with two lengths, or with both ways to tell where it ends, is not read', async () => {
    for (const lines of [
      `Content-Length: ${good.length}\r\ncontent-length: 5`,
      `Content-Length: ${good.length}\r\nTransfer-Encoding: chunked`,
    ]) {
      const peer = await connectTo(world);
      peer.socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\n${lines}\r\n\r\n${good}`);
      await until(() => peer.isClosed || peer.statuses.length > 0, 'the end');
      expect(peer.statuses).not.toContain(200);
      peer.socket.destroy();
    }
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
      expect([[], [400], [411], [413]]).toContainEqual(peer.statuses);
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
  it('is waited for ten seconds', async () => {
    const world = await startWorld({ use: { cad: false } });
    const peer = await connectTo(world);
    peer.socket.write(
      `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n${good}`,
    );
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
    const peers = await Promise.all(Array.from({ length: 20 }, () => connectTo(world)));
    for (const { socket } of peers) {
      socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`);
    }
    await settled(world);
    for (const { socket } of peers) socket.destroy();
    await settled(world);
    await world.clock.advance(10_000);
    expect(world.clock.untilNext()).toBeGreaterThan(60_000);
    expect(refusals(world)).toEqual([]);
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

  it('of many peers keep out nobody with an event, also who has never shown the key', async () => {
    const world = await startWorld({ use: { cad: false } });
    const flood = Array.from({ length: 50 }, (_, number) =>
      Array.from({ length: 10 }, () => send(world, { from: peer(number), body: withKey('x') })),
    ).flat();
    const answers = await Promise.all(flood);
    expect(answers.filter(({ status }) => status !== 401)).toEqual([]);
    expect(await send(world, { from: peer(201), body: good })).toMatchObject({ status: 200 });
    expect(world.faults).toEqual([]);
  });

  it('with large bodies, of many peers: the resource itself refuses, but not who has shown the key before', async () => {
    const world = await startWorld({ use: { cad: false } });
    const [large, wrong] = [eventOf(20_000), eventOf(20_000).replace(CMS_KEY, 'x')];
    const sonoran = peer(200);
    expect(await send(world, { from: sonoran, body: good })).toMatchObject({ status: 200 });
    const flood = Array.from({ length: 25 }, (_, number) =>
      Array.from({ length: 4 }, () => send(world, { from: peer(number), body: wrong })),
    ).flat();
    const refused = (await Promise.all(flood)).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(60);
    for (const answer of refused) {
      expect(answer).toMatchObject({ text: 'too many requests', headers: { 'retry-after': '1' } });
    }
    expect(await send(world, { from: peer(201), body: large })).toMatchObject({ status: 429 });
    expect(await send(world, { from: peer(201), body: good })).toMatchObject({ status: 200 });
    for (let count = 0; count < 20; count++) {
      expect(await send(world, { from: sonoran, body: large })).toMatchObject({ status: 200 });
    }
    await world.clock.advance(1_000);
    expect(await send(world, { from: peer(202), body: large })).toMatchObject({ status: 200 });
    expect(world.faults).toEqual([]);
  });

  it('that keep their bodies to themselves, of many peers, keep out nobody', async () => {
    const world = await startWorld({ use: { cad: false } });
    const waiting: Awaited<ReturnType<typeof connectTo>>[] = [];
    for (let number = 1; number <= 54; number++) {
      for (let count = 0; count < 20; count++) waiting.push(await connectTo(world, peer(number)));
      for (const { socket } of waiting.slice(-20)) {
        socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`);
      }
      await settled(world);
    }
    // Those that have waited longest have made room.
    expect(waiting.filter(({ statuses }) => statuses[0] === 408)).toHaveLength(54 * 20 - 1_024);
    expect(waiting[0]?.statuses).toEqual([408]);
    expect(await send(world, { from: peer(100), body: good })).toMatchObject({ status: 200 });
    await world.clock.advance(10_000);
    await until(() => waiting.every(({ statuses }) => statuses[0] === 408), 'the answers');
    for (const { socket } of waiting) socket.destroy();
    expect(world.faults).toEqual([]);
  });
});

describe('behind a proxy, whose address all callers share and which FXServer does not limit', () => {
  /** As FXServer has it when nothing is set, private networks; or as owners write it. */
  const RANGES = [undefined, '203.0.113.0/24 127.0.0.1/32', '127.0.0.0/8 ::1'];
  const proxied = (sv_proxyIPRanges: string | undefined) =>
    startWorld({ use: { cad: false }, convars: { sv_proxyIPRanges } });
  const SONORAN = '24.199.66.94';
  const request = (body: string, lines = '') =>
    `POST ${EVENTS} HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  it.each(RANGES)('thousands of requests do not keep Sonoran out: sv_proxyIPRanges %j', async (ranges) => {
    const world = await proxied(ranges);
    // An attacker with everything there is: wrong keys, large bodies, bodies that never end, Sonoran's address.
    const kinds = [
      request(withKey('x')),
      request(withKey('x'), `X-Real-IP: ${SONORAN}\r\n`),
      request(withKey('x'), `X-Forwarded-For: ${SONORAN}\r\n`),
      request(eventOf(20_000).replace(CMS_KEY, 'x'), `X-Real-IP: ${SONORAN}\r\n`),
      `GET ${EVENTS} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ];
    const rounds = 60;
    const attackers = await Promise.all(Array.from({ length: 10 }, () => connectTo(world)));
    const hanging = await Promise.all(Array.from({ length: 100 }, () => connectTo(world)));
    for (const { socket } of hanging) {
      socket.write(`POST ${EVENTS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{`);
    }
    for (const { socket } of attackers) socket.write(kinds.join('').repeat(rounds));
    const answers = [];
    for (let count = 0; count < 20; count++) {
      const who = newSomebody(world);
      const player = await world.join(who.name, who.identifiers);
      const sent = { discordId: who.discord, accountId: who.accId };
      answers.push(await push(world, 'ACCOUNT_BANNED', sent));
      await until(() => player.dropReason, 'the drop');
    }
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const attacker of attackers) await attacker.answers(kinds.length * rounds);
    const statuses = attackers.flatMap((attacker) => attacker.statuses);
    expect(statuses).toHaveLength(3_000);
    expect(statuses).not.toContain(200);
    for (const { socket } of [...attackers, ...hanging]) socket.destroy();
    expect(world.faults).toEqual([]);
  });

  it('who has shown the key may send large events too, as whom the proxy names', async () => {
    const world = await proxied(undefined);
    const large = { body: eventOf(20_000) };
    const wrong = { body: eventOf(20_000).replace(CMS_KEY, 'x') };
    const by = (name: string, value: string) => ({ headers: { [name]: value } });
    expect(await send(world, { body: good, ...by('X-Real-IP', SONORAN) })).toMatchObject({ status: 200 });
    expect(await send(world, { body: good, ...by('x-forwarded-for', `1.2.3.4, ${SONORAN}`) })).toMatchObject({
      status: 200,
    });
    for (let count = 0; count < 60; count++) await send(world, { ...wrong, ...by('X-Real-IP', '6.6.6.6') });
    expect(await send(world, { ...large, ...by('X-Real-IP', '6.6.6.6') })).toMatchObject({ status: 429 });
    expect(await send(world, { ...large, ...by('X-Real-IP', SONORAN) })).toMatchObject({ status: 200 });
    expect(await send(world, { ...large, ...by('X-Forwarded-For', SONORAN) })).toMatchObject({ status: 200 });
    expect(refusals(world)).toEqual([expect.stringContaining('refused a push event from 6.6.6.6: 401')]);
  });

  it('a peer that is none is not believed when it names somebody', async () => {
    const world = await startWorld({ use: { cad: false } });
    await send(world, { body: withKey('x'), headers: { 'X-Real-IP': '6.6.6.6' } });
    expect(refusals(world)).toEqual([expect.stringContaining('refused a push event from 127.0.0.1: 401')]);
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
