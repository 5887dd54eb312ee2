import { describe, expect, it } from 'vitest';
import { createLog } from '../../../server/log.ts';
import { Secret } from '../../../server/text/secret.ts';
import { createPushEndpoint, type PortRequest } from '../../../server/triggers/push-endpoint.ts';
import type { PushVerdict } from '../../../server/triggers/push-events.ts';
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
    clock,
    log: createLog(
      'debug',
      (line) => lines.push(line),
      (text) => text,
    ),
  });

  /** A request whose body comes, and whose caller goes, when the test says so. */
  function request(changes: Partial<Pick<PortRequest, 'method' | 'path' | 'address' | 'headers'>> = {}) {
    const answers: Array<{ status: number; text: string; headers: Readonly<Record<string, string>> }> = [];
    let onBody = (_body: string) => {};
    let onCancel = () => {};
    handle({
      method: 'POST',
      path: '/events',
      address: '10.0.0.1:4000',
      headers: new Map([['content-length', '10']]),
      ...changes,
      onBody(callback) {
        onBody = callback;
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
      body: (text: string) => onBody(text),
      cancel: () => onCancel(),
      get status() {
        return answers[0]?.status;
      },
    };
  }

  function post(body: string) {
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
    expect(lines.some((line) => line.includes('internal error in the push endpoint: Error: broken'))).toBe(
      true,
    );
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
    [[], 400],
    [[['content-length', '0']], 400],
    [[['content-length', '']], 400],
    [[['content-length', '65536']], undefined],
    [[['content-length', '65537']], 413],
    [[['content-length', '1e300']], 413],
    [[['content-length', 'Infinity']], 413],
    [[['transfer-encoding', 'chunked']], undefined],
  ] as const)('with the headers %j is answered %s before the body', (headers, status) => {
    const { request } = start();
    expect(request({ headers: new Map(headers) }).status).toBe(status);
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

  it('frees its place however it ends', async () => {
    const { clock, request } = start();
    const address = '10.0.0.7:1';
    for (const end of ['body', 'cancel', 'timeout'] as const) {
      const open = Array.from({ length: 16 }, () => request({ address }));
      expect(open.map(({ status }) => status)).toEqual(open.map(() => undefined));
      expect(request({ address }).status).toBe(429);
      for (const sent of open) if (end === 'body') sent.body('x');
      for (const sent of open) if (end === 'cancel') sent.cancel();
      await clock.advance(10_000);
      const more = request({ address });
      expect(more.status).toBeUndefined();
      more.cancel();
    }
  });

  it.each([
    ['nothing', '', 'no body'],
    ['white space', ' \n\t\r\uFEFF', 'no body'],
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
