import { METHODS } from 'node:http';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import '../unit/fixed-seed.ts';
import { until } from '../../devserver/clock.ts';
import { settled } from './ban-lists.ts';
import { connectTo, EVENTS, push, type RawConnection } from './push-port.ts';
import { newSomebody } from './somebody.ts';
import { CAD_KEY, CMS_KEY, startWorld, type World } from './world.ts';

/** Whatever comes to the open port gets one answer, the right one, and the server goes on. */

const RUNS = 100;
/** Requests in each run. Each address sends its share over one connection, one after the other. */
const REQUESTS = 50;
const LIMIT = 64 * 1024;

/** A request that is HTTP, but may be anything else. */
interface Shot {
  readonly method: string;
  readonly path: string;
  readonly headers: ReadonlyArray<readonly [string, string]>;
  readonly body: Buffer;
  /** How the body is framed; `cut`: less than its length says ever comes. */
  readonly framing: 'length' | 'chunked' | 'none' | 'cut';
}

const TYPES = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED'];

const seldom = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 9 }, { arbitrary: odd, weight: 1 });
const digits = fc.bigInt({ min: 0n, max: 10n ** 19n }).map(String);
const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.string({ unit: 'binary', maxLength: 40 }));
const key = fc.oneof(
  { arbitrary: fc.constant<unknown>(CMS_KEY), weight: 3 },
  { arbitrary: fc.constantFrom<unknown>(CAD_KEY, '', CMS_KEY.slice(1), `${CMS_KEY} `, [CMS_KEY]), weight: 1 },
  { arbitrary: odd, weight: 1 },
);
const apiId = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{1,40}$/),
  fc.stringMatching(/^(steam|STEAM|license|discord|ip):[0-9a-f]{1,40}$/),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** An event as the vendor writes it, with something wrong here and there. */
const nearEvent = fc
  .record(
    {
      key,
      type: seldom(fc.constantFrom<unknown>(...TYPES), odd),
      data: seldom<unknown>(
        fc.record(
          {
            discordId: seldom<unknown>(digits, odd),
            accountId: seldom<unknown>(fc.uuid(), odd),
            accId: seldom<unknown>(fc.uuid(), odd),
            banned: seldom<unknown>(fc.boolean(), odd),
            activeApiIds: seldom<unknown>(fc.array(apiId, { maxLength: 5 }), odd),
          },
          { requiredKeys: [] },
        ),
        odd,
      ),
      __proto__: odd,
      more: odd,
    },
    { requiredKeys: ['key', 'type', 'data'] },
  )
  .map((event) => JSON.stringify(event));

const text = fc.oneof(
  { arbitrary: nearEvent, weight: 6 },
  { arbitrary: fc.json({ maxDepth: 4 }), weight: 1 },
  {
    arbitrary: fc
      .tuple(nearEvent, fc.nat(), fc.string({ unit: 'binary', maxLength: 3 }))
      .map(([event, at, other]) => {
        const place = at % (event.length + 1);
        return event.slice(0, place) + other + event.slice(place + 1);
      }),
    weight: 2,
  },
  { arbitrary: fc.constantFrom('', ' ', '\n', 'null', '[]', '{}', '\uFEFF{}', '{"key":'), weight: 1 },
);
/** Of great length, or of great depth. */
const great = fc
  .tuple(
    fc.constantFrom('[', '{"a":', '"":0,', 'x', ' ', 'é', '\\u0000'),
    fc.integer({ min: 100, max: LIMIT + 9 }),
  )
  .map(([unit, length]) => {
    const head = `{"key":${JSON.stringify(CMS_KEY)},"a":"`;
    return (head + unit.repeat(Math.ceil(length / unit.length))).slice(0, length);
  });
const body = fc.oneof(
  { arbitrary: text.map((json) => Buffer.from(json)), weight: 12 },
  { arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)), weight: 3 },
  { arbitrary: great.map((json) => Buffer.from(json)), weight: 1 },
);

const path = fc.oneof(
  { arbitrary: fc.constant(EVENTS), weight: 12 },
  { arbitrary: fc.stringMatching(/^[!-~]{0,30}$/).map((query) => `${EVENTS}?${query}`), weight: 3 },
  { arbitrary: fc.stringMatching(/^[!-~]{0,30}$/).map((rest) => `/cmsban/${rest}`), weight: 2 },
  {
    arbitrary: fc.constantFrom('/', '/cmsban', '/CMSBAN/events', `/${EVENTS}`, `${EVENTS}/`, '/x/y'),
    weight: 1,
  },
);
const methods = METHODS.filter((name) => name !== 'CONNECT');
/** Those by which the framing is told, or Node itself answers, are left to the framing. */
const header = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'Content-Type',
      'Authorization',
      'user-agent',
      'COOKIE',
      'Content-Encoding',
      'X-Forwarded-For',
      'X-Real-IP',
    ),
    fc.stringMatching(/^X-[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
  ),
  fc.stringMatching(/^[!-~]?[\t -~\u0080-\u00ff]{0,60}$/).map((value) => value.trim()),
);
const shot: fc.Arbitrary<Shot> = fc.record({
  method: seldom(fc.constant('POST'), fc.constantFrom(...methods)),
  path,
  headers: fc.array(header, { maxLength: 8 }),
  body,
  framing: fc.oneof(
    { arbitrary: fc.constant('length' as const), weight: 60 },
    { arbitrary: fc.constant('chunked' as const), weight: 10 },
    { arbitrary: fc.constant('none' as const), weight: 4 },
    { arbitrary: fc.constant('cut' as const), weight: 1 },
  ),
});

/** The request as it goes over the wire, in two pieces. */
function bytesOf({ method, path: to, headers, body: content, framing }: Shot): readonly [Buffer, Buffer] {
  const lines = [`${method} ${to} HTTP/1.1`, 'Host: game.example'];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (framing === 'length') lines.push(`Content-Length: ${content.length}`);
  if (framing === 'cut') lines.push(`Content-Length: ${content.length + 1}`);
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (framing === 'none') return [head, Buffer.alloc(0)];
  if (framing !== 'chunked') return [head, content];
  const half = content.length >> 1;
  const chunks = [content.subarray(0, half), content.subarray(half)].filter(({ length }) => length > 0);
  const framed = chunks.flatMap((chunk) => [`${chunk.length.toString(16)}\r\n`, chunk, '\r\n']);
  return [head, Buffer.concat([...framed, '0\r\n\r\n'].map((piece) => Buffer.from(piece)))];
}

/** The status that a request is to get, when it is not one too many. */
function statusOf({ method, path: to, body: content, framing }: Shot): number | readonly number[] {
  const [place] = to.split('?');
  if (place?.replace(/^\/cmsban\//i, '/cmsban/') !== EVENTS) return 404;
  if (method !== 'POST') return 405;
  if (framing === 'none' || framing === 'chunked') return 411;
  if (framing === 'length' && content.length === 0) return 400;
  if (content.length + (framing === 'cut' ? 1 : 0) > LIMIT) return 413;
  if (framing === 'cut') return 408;
  const words = content.toString();
  try {
    const json: unknown = JSON.parse(words);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return 400;
    return 'key' in json && json.key === CMS_KEY ? [200, 400] : 401;
  } catch {
    return 400;
  }
}

/** Sends each request over its address's connection once the one before has its answer. @returns the statuses. */
async function sendAll(world: World, shots: readonly Shot[], addresses: number): Promise<number[]> {
  const statuses: number[] = [];
  /** How many addresses wait for anything but the end of our patience. */
  let busy = addresses;
  let isOver = false;

  async function sendInTurn(lane: number): Promise<void> {
    let peer: RawConnection | undefined;
    let sent = 0;
    for (let index = lane; index < shots.length; index += addresses) {
      const one = shots[index];
      if (!one) break;
      peer ??= await connectTo(world, `127.0.2.${lane + 1}`);
      for (const piece of bytesOf(one)) peer.socket.write(piece);
      sent++;
      if (one.framing === 'cut') busy--;
      statuses[index] = (await peer.answers(sent))[sent - 1] ?? 0;
      if (one.framing === 'cut') busy++;
      // On a connection that waits for the rest of a body nothing more can be said.
      if (one.framing !== 'cut' && index + addresses < shots.length) continue;
      if (peer.statuses.length !== sent) throw new Error(`${peer.statuses} for ${sent} requests`);
      peer.socket.destroy();
      peer = undefined;
      sent = 0;
    }
    busy--;
  }

  const all = Promise.all(Array.from({ length: addresses }, (_, lane) => sendInTurn(lane)));
  const over = all.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  while (!isOver) {
    await settled(world);
    if (busy === 0 && !isOver) await world.clock.advance(10_000);
  }
  await over;
  return statuses;
}

/** A request as a failure shows it. */
function shown(one: Shot): string {
  return bytesOf(one)
    .map((piece) => JSON.stringify(piece.toString('latin1')).slice(0, 2_000))
    .join(' ');
}

/** Larger bodies may be too many for the resource; smaller ones only for FXServer, which does not count a proxy's. */
const SMALL = 16 * 1024;

it.each([
  { callers: 'callers from the internet', proxies: '192.0.2.0/24' },
  { callers: 'callers behind a proxy', proxies: '127.0.0.0/8' },
])(
  `answers ${RUNS * REQUESTS} requests of $callers as they deserve`,
  { timeout: 60_000 },
  async ({ proxies }) => {
    const isBehindProxy = proxies.startsWith('127.');
    const world = await startWorld({ use: { cad: false }, convars: { sv_proxyIPRanges: proxies } });
    /** How often each status was answered. */
    const tally = new Map<number, number>();
    // The one that is wrong is named: nothing is learnt from fewer of the others.
    const shots = fc.noShrink(fc.array(shot, { minLength: REQUESTS, maxLength: REQUESTS, size: 'max' }));
    // Of one address they are too many.
    const addresses = fc.constantFrom(1, 4, 10, 10);
    const pauses = fc.constantFrom(0, 1_000, 3_000);
    await fc.assert(
      fc.asyncProperty(shots, addresses, pauses, async (wanted, count, pause) => {
        await world.clock.advance(pause);
        const statuses = await sendAll(world, wanted, count);
        for (const [index, status] of statuses.entries()) {
          tally.set(status, (tally.get(status) ?? 0) + 1);
          const one = wanted[index];
          if (!one) continue;
          const tooMany = isBehindProxy && one.body.length < SMALL ? [] : [429];
          expect([...tooMany, statusOf(one)].flat(), shown(one)).toContain(status);
        }
      }),
      { numRuns: RUNS },
    );
    const usual = [200, 400, 401, 404, 405, 408, 411, 413];
    expect([...tally.keys()].filter((status) => status !== 429).sort()).toEqual(usual);
    const tooMany = tally.get(429) ?? 0;
    expect(tooMany).toBeLessThan((RUNS * REQUESTS) / 4);
    if (!isBehindProxy) expect(tooMany).toBeGreaterThan(0);
    expect(tally.get(200)).toBeGreaterThan((RUNS * REQUESTS) / 20);

    await world.clock.advance(60_000);
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const answer = await push(world, 'ACCOUNT_BANNED', { discordId: who.discord, accountId: who.accId });
    expect(answer).toMatchObject({ status: 200, text: 'ok' });
    await until(() => player.dropReason, 'the drop');
    expect(world.faults).toEqual([]);
    expect(world.output.filter(({ text: line }) => /SCRIPT ERROR|[Uu]nhandled/.test(line))).toEqual([]);
  },
);
