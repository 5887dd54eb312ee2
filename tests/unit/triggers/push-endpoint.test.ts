import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/notify/log.ts';
import { Secret } from '../../../server/text/secret.ts';
import type { PushVerdict } from '../../../server/triggers/account-event.ts';
import { createPushEndpoint, type PortRequest } from '../../../server/triggers/push-endpoint.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock } from '../manual-clock.ts';

const KEY = 'a-key-of-32-characters-or-so-++==';

function start(receive: (body: unknown) => PushVerdict = () => 'taken') {
  const clock = createManualClock();
  const lines: string[] = [];
  const received: unknown[] = [];
  let key = new Secret(KEY);
  const handle = createPushEndpoint({
    key: () => key,
    receive(body) {
      received.push(body);
      return receive(body);
    },
    callerOf: ({ address }) => address.replace(/:.*$/, ''),
    clock,
    log: createLog(
      'debug',
      (line) => lines.push(line),
      (text) => text,
      checkedSay,
    ),
    say: checkedSay,
  });

  /** A request whose body comes, and whose caller goes, when the test says so. */
  function request(changes: Partial<Pick<PortRequest, 'method' | 'path' | 'address' | 'headers'>> = {}) {
    const answers: Array<{ status: number; text: string; headers: Readonly<Record<string, string>> }> = [];
    let onBody = (_body: Uint8Array) => {};
    let isBodyWanted = false;
    let onCancel = () => {};
    handle({
      method: 'POST',
      path: '/events',
      address: '10.0.0.1:4000',
      headers: new Map([['content-length', '10']]),
      ...changes,
      onBody(callback) {
        onBody = callback;
        isBodyWanted = true;
      },
      onCancel(callback) {
        onCancel = callback;
      },
      answer(status, text, headers = {}) {
        answers.push({ status, text, headers });
      },
    });
    return {
      answers,
      body: (text: string | Uint8Array) => onBody(typeof text === 'string' ? Buffer.from(text) : text),
      get isBodyWanted() {
        return isBodyWanted;
      },
      cancel: () => onCancel(),
      get status() {
        return answers[0]?.status;
      },
    };
  }

  function post(body: string | Uint8Array) {
    const sent = request();
    sent.body(body);
    expect(sent.answers).toHaveLength(1);
    return sent.answers[0];
  }

  return {
    clock,
    lines,
    received,
    request,
    post,
    changeKey(to: string) {
      key = new Secret(to);
    },
  };
}

const event = (key: unknown) => JSON.stringify({ key, type: 'ACCOUNT_BANNED', data: {} });

describe('the key', () => {
  it('opens, and the event goes on', () => {
    const { post, received } = start();
    expect(post(event(KEY))).toEqual({ status: 200, text: 'ok', headers: {} });
    expect(received).toEqual([{ key: KEY, type: 'ACCOUNT_BANNED', data: {} }]);
  });

  it.each([
    '',
    'x',
    KEY.slice(0, -1),
    `${KEY}x`,
    KEY.toUpperCase(),
    `${KEY}\0`,
    'é'.repeat(KEY.length),
    '\ud800',
    'k'.repeat(1_024),
    'k'.repeat(1_025),
    'k'.repeat(60_000),
    KEY.repeat(40),
  ])('that is %j is compared as any other, and is wrong', (key) => {
    const { post, received } = start();
    expect(post(event(key))).toEqual({ status: 401, text: 'wrong key', headers: {} });
    expect(received).toEqual([]);
  });

  it.each([undefined, null, 0, 1, true, [KEY], { key: KEY }, [[KEY]], { length: KEY.length }])(
    'that is %j, which is no text, is wrong',
    (key) => {
      const { post, received } = start();
      expect(post(event(key))).toEqual({ status: 401, text: 'wrong key', headers: {} });
      expect(received).toEqual([]);
    },
  );

  it('of an object’s prototype is none', () => {
    const { post } = start();
    expect(post(`{"__proto__":{"key":${JSON.stringify(KEY)}},"type":"ACCOUNT_BANNED"}`)?.status).toBe(401);
    expect(post('{"type":"ACCOUNT_BANNED"}')?.status).toBe(401);
  });

  it('is the one of now', () => {
    const { post, changeKey } = start();
    changeKey('another');
    expect(post(event(KEY))?.status).toBe(401);
    expect(post(event('another'))?.status).toBe(200);
  });

  it('that is empty on our side opens nothing', () => {
    const { post, changeKey } = start();
    changeKey('');
    for (const key of ['', undefined, null, []]) expect(post(event(key))?.status).toBe(401);
  });
});

describe('what becomes of an event', () => {
  it.each([
    ['taken', 200, 'ok'],
    ['unknown-type', 400, 'unknown type'],
    ['malformed', 400, 'the data names no account'],
  ] as const)('%s: %i %s', (verdict, status, text) => {
    const { post } = start(() => verdict);
    expect(post(event(KEY))).toMatchObject({ status, text });
  });

  it('a fault of ours is answered, and told with its stack', () => {
    const { post, lines } = start(() => {
      throw new Error('broken');
    });
    expect(post(event(KEY))).toMatchObject({ status: 500, text: 'internal error' });
    expect(lines.some((line) => line.includes('internal error in push-endpoint: Error: broken'))).toBe(true);
  });
});

describe('the head', () => {
  it.each([
    ['GET', 405],
    ['post', 405],
    ['', 405],
  ])('with the method %j', (method, status) => {
    const { request } = start();
    expect(request({ method }).answers).toMatchObject([{ status, headers: { Allow: 'POST' } }]);
  });

  it.each(['', '/', '/events/', '/Events', 'events', '//events', '?/events', '/events/?x'])(
    'with the path %j leads nowhere',
    (path) => {
      const { request } = start();
      expect(request({ path, method: 'GET' }).status).toBe(404);
    },
  );

  it.each([
    [[], 411],
    [[['content-length', '0']], 400],
    [[['content-length', '00']], 400],
    [[['content-length', '']], 411],
    [[['content-length', '65536']], undefined],
    [[['content-length', '65537']], 413],
    [[['content-length', '9'.repeat(400)]], 413],
    [[['content-length', '1e3']], 411],
    [[['content-length', '0x10']], 411],
    [[['content-length', '-5']], 411],
    [[['content-length', ' 5']], 411],
    [[['content-length', '5, 500000']], 411],
    [[['content-length', 'Infinity']], 411],
    [[['transfer-encoding', 'chunked']], 411],
  ] as const)('with the headers %j is answered %s, and then no body is asked for', (headers, status) => {
    const { request } = start();
    const sent = request({ headers: new Map(headers) });
    expect(sent.status).toBe(status);
    expect(sent.isBodyWanted).toBe(status === undefined);
  });

  it('that is refused leaves nothing behind', () => {
    const { clock, request } = start();
    for (const changes of [{ method: 'PUT' }, { path: '/x' }, { headers: new Map<string, string>() }]) {
      expect(request(changes).isBodyWanted).toBe(false);
    }
    expect(clock.timers()).toBe(0);
  });
});

describe('the body', () => {
  it('that does not come is given up after ten seconds, for good', async () => {
    const { clock, request, received } = start();
    const sent = request();
    await clock.advance(9_999);
    expect(sent.answers).toEqual([]);
    await clock.advance(1);
    expect(sent.answers).toMatchObject([{ status: 408 }]);
    sent.body(event(KEY));
    sent.cancel();
    expect(sent.answers).toHaveLength(1);
    expect(received).toEqual([]);
    expect(clock.timers()).toBe(0);
  });

  it('that came leaves no timer, and a second one is ignored', () => {
    const { clock, request, received } = start();
    const sent = request();
    sent.body(event(KEY));
    sent.body(event(KEY));
    sent.cancel();
    expect(sent.answers).toHaveLength(1);
    expect(received).toHaveLength(1);
    expect(clock.timers()).toBe(0);
  });

  it('of a caller who has gone away is not answered', () => {
    const { clock, request, received } = start();
    const sent = request();
    sent.cancel();
    sent.cancel();
    sent.body(event(KEY));
    expect(sent.answers).toEqual([]);
    expect(received).toEqual([]);
    expect(clock.timers()).toBe(0);
  });

  it('is waited for in 1 024 requests; then the one that has waited longest is given up', async () => {
    const { clock, request, received } = start();
    const open = Array.from({ length: 1_024 }, () => request());
    open[0]?.body(event(KEY));
    open[1]?.cancel();
    const more = [request(), request()];
    expect(open.map(({ status }) => status).filter((status) => status !== undefined)).toEqual([200]);
    more.push(request());
    expect(open[2]?.status).toBe(408);
    expect(open[3]?.status).toBeUndefined();
    more[2]?.body(event(KEY));
    expect(more[2]?.status).toBe(200);
    expect(received).toHaveLength(2);
    await clock.advance(10_000);
    expect(open[3]?.status).toBe(408);
    expect(clock.timers()).toBe(0);
  });

  it('that is small is read however many there are; of large ones forty at once, and twenty a second', async () => {
    const { clock, request } = start();
    const statuses = (length: number, count: number) =>
      Array.from({ length: count }, () => {
        const sent = request({ headers: new Map([['content-length', String(length)]]) });
        sent.cancel();
        return sent.status;
      });
    const large = () => statuses(16_385, 100).filter((status) => status === undefined).length;
    expect(new Set(statuses(16_384, 5_000))).toEqual(new Set([undefined]));
    expect(large()).toBe(40);
    expect(new Set(statuses(16_384, 5_000))).toEqual(new Set([undefined]));
    await clock.advance(1_000);
    expect(large()).toBe(20);
  });

  it('that is not UTF-8 is read as far as it goes', () => {
    const { post, received } = start();
    const [head = '', tail = ''] = event(KEY).split('BANNED');
    const body = Buffer.concat([Buffer.from(head), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(tail)]);
    expect(post(body)?.status).toBe(200);
    expect(received).toMatchObject([{ type: 'ACCOUNT_\ufffd\ufffd(' }]);
  });

  it.each([
    ['nothing', '', 'no body'],
    ['white space', ' \n\t\r\uFEFF', 'no body'],
    ['a byte order mark and an object', '\uFEFF{}', 'not a JSON object'],
    ['no JSON', '{', 'not a JSON object'],
    ['a list', '[]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['text', '"x"', 'not a JSON object'],
    ['too many brackets', `{"a":${'['.repeat(4_000)}${']'.repeat(4_000)}}`, 'not a JSON object'],
    ['too many keys', `{${'"a":1,'.repeat(2_000)}"a":1}`, 'not a JSON object'],
  ])('of %s', (_, body, text) => {
    const { post } = start();
    expect(post(body)).toMatchObject({ status: 400, text });
  });

  it('is as large as it is in bytes', () => {
    const { post } = start();
    const of = (bytes: number, unit: string) => {
      const rest = event(KEY).slice(0, -1);
      const room = bytes - Buffer.byteLength(`${rest},"a":""}`);
      const units = Math.floor(room / Buffer.byteLength(unit));
      return `${rest},"a":"${unit.repeat(units)}${'x'.repeat(room - units * Buffer.byteLength(unit))}"}`;
    };
    for (const unit of ['x', 'é', '🦆']) {
      expect(Buffer.byteLength(of(65_536, unit))).toBe(65_536);
      expect(post(of(65_536, unit))?.status).toBe(200);
      expect(post(of(65_537, unit))?.status).toBe(413);
    }
  });

  it('of an event with very much in it is taken', () => {
    const { post } = start();
    const data = { list: Array.from({ length: 500 }, (_, index) => index) };
    expect(post(JSON.stringify({ key: KEY, type: 'ACCOUNT_UPDATED', data }))?.status).toBe(200);
  });
});

describe('what is written', () => {
  it('holds nothing of what was sent', () => {
    const { lines, request, post } = start();
    post(event('a-wrong-key'));
    request({ method: 'SECRET', address: '10.0.0.2:1' });
    request({ path: '/secret', address: '10.0.0.3:1' });
    expect(lines).toHaveLength(3);
    expect(lines.join('\n')).not.toMatch(/secret|a-wrong-key/i);
  });

  it('is nothing for who shows the key', () => {
    const { lines, post } = start();
    post(event(KEY));
    expect(lines).toEqual([]);
  });
});
