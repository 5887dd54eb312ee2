import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, unreadable } from '../../../server/sonoran/classify.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { cpuMs } from '../cpu-time.ts';
import { anyText } from '../identity/arbitraries.ts';
import { NOW } from './product.ts';
import { answer, type Scripted } from './scripted-http.ts';

function kindOf(scripted: Scripted): string {
  return classify(answer(scripted), NOW, checkedSay).kind;
}

const NOT_LINKED = 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY';
const NO_ACCOUNT = 'NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY';
const NOT_ENABLED = 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY';

describe('a documented failure', () => {
  it.each([
    [400, 'INVALID API KEY', 'bad-credentials'],
    [400, 'INVALID COMMUNITY ID', 'bad-credentials'],
    [400, NOT_LINKED, 'not-linked'],
    [404, NOT_LINKED, 'not-linked'],
    [400, NO_ACCOUNT, 'not-linked'],
    [400, 'MEMBER NOT FOUND', 'not-linked'],
    [404, NO_ACCOUNT, 'not-linked'],
    [400, NOT_ENABLED, 'not-enabled'],
    [400, 'KICK_ACCOUNT IS NOT ENABLED FOR THIS COMMUNITY', 'not-enabled'],
    [403, NOT_ENABLED, 'not-enabled'],
    [400, 'INVALID REQUEST TYPE', 'refused'],
    [400, 'ACCOUNT IS THE OWNER', 'refused'],
  ])('%i %s is %s', (status, body, kind) => {
    expect(kindOf({ status, body })).toBe(kind);
  });

  it('is told by its text whatever its status', () => {
    const status = fc.constantFrom(400, 401, 403, 404, 409, 422, 500, 502, 503);
    const text = fc.constantFrom(
      ['INVALID API KEY', 'bad-credentials'],
      ['INVALID COMMUNITY ID', 'bad-credentials'],
      [NOT_LINKED, 'not-linked'],
      [NO_ACCOUNT, 'not-linked'],
      [NOT_ENABLED, 'not-enabled'],
    );
    const dress = fc.constantFrom<(text: string) => string>(
      (words) => words,
      (words) => words.toLowerCase(),
      (words) => `${words}.`,
      (words) => ` ${words}\r\n`,
      (words) => JSON.stringify(words),
      (words) => JSON.stringify({ type: 'about:blank', title: 'Bad Request', detail: words }),
      (words) => JSON.stringify({ message: words }),
      (words) => JSON.stringify({ title: words }),
      (words) => JSON.stringify({ title: words, detail: '' }),
    );
    fc.assert(
      fc.property(status, text, dress, (code, [words, kind], dressed) => {
        expect(kindOf({ status: code, body: dressed(words ?? '') })).toBe(kind);
      }),
    );
  });

  it('is told by any of the texts in a problem', () => {
    const body = { title: NOT_LINKED, detail: 'Look at the identifier.', status: 400 };
    expect(kindOf({ status: 400, body })).toBe('not-linked');
  });

  it.each([
    ['problem', 401, { title: 'Unauthorized', detail: 'The API key is not valid.' }, 'bad-credentials'],
    ['problem', 403, { title: 'Forbidden', detail: 'This needs the Pro plan.' }, 'not-enabled'],
    ['problem', 404, { title: 'Not Found', detail: 'No such account.' }, 'not-linked'],
    ['problem', 400, { title: 'Bad Request', detail: 'Exactly one field is required.' }, 'refused'],
    ['problem', 409, { title: 'Conflict' }, 'refused'],
    ['problem', 422, { title: 'Unprocessable', detail: 'discord must be digits' }, 'refused'],
    ['limit', 429, { message: 'API rate limit exceeded', request_id: '1' }, 'limited'],
    ['problem', 500, { title: 'Internal Server Error' }, 'try-again'],
    ['problem', 503, { title: 'Service Unavailable' }, 'try-again'],
  ])('of v2: a %s with %i', (_, status, body, kind) => {
    expect(kindOf({ status, body, contentType: 'application/problem+json' })).toBe(kind);
  });

  it('is a limit with 429, whatever else it says: it was not looked at', () => {
    for (const body of ['', 'INVALID API KEY', NOT_LINKED, '<html>', { detail: NOT_ENABLED }]) {
      expect(kindOf({ status: 429, body })).toBe('limited');
    }
  });

  it("keeps the API's own words, cleaned", () => {
    const body = { title: 'Bad Request', detail: '^1Exactly one\nfield\u202e is required.' };
    const contentType = 'application/problem+json';
    expect(classify(answer({ status: 400, body, contentType }), NOW, checkedSay)).toEqual({
      kind: 'refused',
      words: '1Exactly one field is required.',
    });
    const long = classify(answer({ status: 400, body: 'X'.repeat(5_000) }), NOW, checkedSay);
    expect(long.kind === 'refused' && long.words.length).toBe(200);
  });

  it.each([
    [400, 'refused', 'words'],
    [401, 'bad-credentials', 'words'],
    [403, 'not-enabled', 'words'],
    [500, 'try-again', 'detail'],
  ])('keeps the name that CAD v2 gives to a failure (%i)', (status, kind, where) => {
    const scripted = (traceId: unknown) => ({
      status,
      body: { title: 'No', detail: 'It will not.', status, traceId },
      contentType: 'application/problem+json',
    });
    expect(classify(answer(scripted('00-4bf9-00f0-00')), NOW, checkedSay)).toMatchObject({
      kind,
      [where]: expect.stringMatching(/ \(traceId 00-4bf9-00f0-00\)$/),
    });
    for (const odd of [5, null, '', 'a b', '^1x', 'x\n', 'x'.repeat(101)]) {
      expect(JSON.stringify(classify(answer(scripted(odd)), NOW, checkedSay))).not.toContain('traceId');
    }
  });
});

describe("a stranger's words", () => {
  it.each([400, 401, 403, 404, 409, 422])('with status %i are no verdict', (status) => {
    const bodies = [
      '',
      'Forbidden',
      'error code: 1020',
      'Not Found',
      'Access denied',
      '"Unauthorized"',
      { message: 'no Route matched with those values', request_id: '1' },
      { message: 'Unauthorized' },
      { error: 'Not Found', path: '/general/ban_account', status },
      { title: 'Blocked', status: 999 },
      { title: 'Blocked by a firewall' },
    ];
    for (const body of bodies) expect(kindOf({ status, body }), JSON.stringify(body)).toBe('try-again');
  });

  it.each([401, 403, 404, 409, 422])('are none either in capitals, with status %i', (status) => {
    expect(kindOf({ status, body: 'ACCESS DENIED' })).toBe('try-again');
  });

  it.each([
    ['application/problem+json', { title: 'Not Found' }],
    ['application/problem+json; charset=utf-8', { detail: 'No such account.' }],
    ['application/json', { title: 'Not Found', status: 404 }],
  ])('are told from a problem document (%s, %o)', (contentType, body) => {
    expect(kindOf({ status: 404, contentType, body })).toBe('not-linked');
  });

  it.each(['{}', '[]', 'null', '{"title":7}', '{"title":" "}'])('are told from the empty one %s', (body) => {
    expect(kindOf({ status: 404, contentType: 'application/problem+json', body })).toBe('try-again');
  });
});

describe('a success', () => {
  it.each([
    'CLOCKED IN',
    'CLOCKED OUT',
    'ALREADY CLOCKED IN',
    '',
    'OK',
    '{}',
    '{"success":tr',
    'null',
    '[]',
    '12',
  ])('is the status 200, not the body: %j', (body) => {
    expect(kindOf({ status: 200, body })).toBe('accepted');
  });

  it('is not undone by a name that reads like a failure', () => {
    for (const name of ['INVALID API KEY', NOT_LINKED, 'Not enabled for this community']) {
      expect(kindOf({ status: 200, body: name })).toBe('accepted');
      expect(kindOf({ status: 200, body: { accountUuid: '1', message: `Banned ${name}` } })).toBe('accepted');
    }
  });

  it('hands the body on, as JSON where it is', () => {
    expect(classify(answer({ body: { a: 1 } }), NOW, checkedSay)).toEqual({
      kind: 'accepted',
      json: { a: 1 },
      body: '{"a":1}',
    });
    expect(classify(answer({ status: 201, body: 'made' }), NOW, checkedSay)).toEqual({
      kind: 'accepted',
      json: undefined,
      body: 'made',
    });
  });
});

describe('an answer that fits nothing', () => {
  it.each([
    204, 206, 301, 302, 304, 307, 405, 408, 410, 413, 418, 451, 500, 501, 502, 503, 504, 522, 530, 599,
  ])('such as status %i is to be tried again', (status) => {
    expect(kindOf({ status, body: '' })).toBe('try-again');
    expect(kindOf({ status, body: 'some words' })).toBe('try-again');
    expect(kindOf({ status, body: { title: 'some words' } })).toBe('try-again');
  });

  it.each([400, 403, 404, 409, 422])('such as status %i without a word is to be tried again', (status) => {
    for (const body of ['', ' \n', '{}', '[]', 'null', '{"detail":""}', '{"detail":12}']) {
      expect(kindOf({ status, body })).toBe('try-again');
    }
  });

  it("such as a gateway's own 404 says nothing about an account", () => {
    const body = { message: 'no Route matched with those values', request_id: '1' };
    expect(kindOf({ status: 404, body })).not.toBe('not-linked');
  });

  it('such as a web page is to be tried again, whatever its status and words', () => {
    const page = fc
      .tuple(
        fc.constantFrom('', ' ', '\n\n', '\ufeff', '\ufeff\n'),
        fc.constantFrom(
          '<!DOCTYPE html>',
          '<!doctype HTML>',
          '<html>',
          '<HTML lang="en">',
          '<head>',
          '<body>',
        ),
        fc.oneof(fc.string(), fc.constantFrom('INVALID API KEY', NOT_LINKED)),
      )
      .map((parts) => parts.join(''));
    // Whoever says 429 means a limit.
    const anyStatus = fc.integer({ min: 200, max: 599 }).filter((status) => status !== 429);
    fc.assert(
      fc.property(anyStatus, page, fc.string(), (status, body, contentType) => {
        expect(kindOf({ status, body, contentType })).toBe('try-again');
        expect(kindOf({ status, body: 'words', contentType: 'text/html; charset=utf-8' })).toBe('try-again');
      }),
    );
  });

  it('such as a web page that says 429 is a limit all the same', () => {
    expect(kindOf({ status: 429, body: '<html>', contentType: 'text/html' })).toBe('limited');
  });

  it('such as a page that begins with a comment or is XML is to be tried again', () => {
    for (const body of [
      '<!-- served by a proxy --><html><body>Blocked</body></html>',
      '<?xml version="1.0"?><!DOCTYPE html><html></html>',
      '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
      '<h1>Forbidden</h1>',
    ]) {
      for (const status of [200, 400, 403, 404]) expect(kindOf({ status, body }), body).toBe('try-again');
    }
  });

  it('may have happened, but where nobody was there to do it', () => {
    const mayHaveHappened = (scripted: Scripted) => {
      const result = classify(answer(scripted), NOW, checkedSay);
      return result.kind === 'try-again' ? result.mayHaveHappened : undefined;
    };
    expect(mayHaveHappened({ status: 500, body: '' })).toBe(true);
    expect(mayHaveHappened({ status: 200, body: '<html>' })).toBe(true);
    expect(mayHaveHappened({ status: 502, body: '' })).toBe(true);
    expect(mayHaveHappened({ status: 503, body: '' })).toBe(false);
  });

  it('is the same in kind when it was accepted but cannot be read', () => {
    expect(unreadable(checkedSay)).toMatchObject({ kind: 'try-again', waitMs: null, mayHaveHappened: true });
  });
});

describe('no answer', () => {
  it.each([true, false])('is to be tried again, and remembers whether it was sent (%s)', (sent) => {
    expect(classify({ kind: 'no-answer', detail: 'could not connect', sent }, NOW, checkedSay)).toEqual({
      kind: 'try-again',
      detail: 'could not connect',
      waitMs: null,
      mayHaveHappened: sent,
    });
  });
});

describe('how long to wait', () => {
  const HOUR = 3_600_000;
  const waitFor = (retryAfter?: string) => {
    const scripted = { status: 429, body: '', ...(retryAfter === undefined ? {} : { retryAfter }) };
    const result = classify(answer(scripted), NOW, checkedSay);
    return result.kind === 'limited' ? result.waitMs : 'not limited';
  };
  const at = (ms: number) => new Date(NOW + ms).toUTCString();

  it.each<[string | undefined, number | null]>([
    [undefined, null],
    ['0', 0],
    ['1', 1_000],
    [' 30 ', 30_000],
    ['3600', HOUR],
    ['3601', HOUR],
    ['999999999', HOUR],
    ['99999999999999999999', HOUR],
    [at(30_000), 30_000],
    [at(-30_000), 0],
    [at(24 * HOUR), HOUR],
    ['', null],
    ['soon', null],
    ['NaN', null],
    ['Infinity', null],
    ['in 2099', null],
    ['a day in 2099', null],
  ])('for %j is %j', (retryAfter, expected) => {
    expect(waitFor(retryAfter)).toBe(expected);
  });

  it.each(['-5', '-1', '1.5', '0x10'])('for %j is nothing', (retryAfter) => {
    expect([null, 0]).toContain(waitFor(retryAfter));
  });

  it('is between nothing and an hour, whatever the header says', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.integer().map(String), fc.date().map(String)), (retryAfter) => {
        const wait = waitFor(retryAfter);
        if (wait === null) return;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(HOUR);
      }),
    );
  });

  it('is heard of with every answer that is to be tried again', () => {
    expect(classify(answer({ status: 503, body: '', retryAfter: '7' }), NOW, checkedSay)).toMatchObject({
      waitMs: 7_000,
    });
    expect(classify(answer({ status: 503, body: '<html>', retryAfter: '7' }), NOW, checkedSay)).toMatchObject(
      {
        waitMs: 7_000,
      },
    );
  });
});

describe('every answer', () => {
  const body = fc.oneof(anyText, fc.json(), fc.constantFrom('INVALID API KEY', '{"detail":', '<html>'));
  const anyAnswer: fc.Arbitrary<HttpAnswer> = fc.oneof(
    fc.record({
      kind: fc.constant('answer' as const),
      status: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.integer()),
      contentType: fc.oneof(fc.string(), fc.constantFrom('text/html', 'application/json', 'text/plain')),
      body,
      retryAfter: fc.option(fc.oneof(anyText, fc.integer().map(String)), { nil: undefined }),
    }),
    fc.record({ kind: fc.constant('no-answer' as const), detail: anyText, sent: fc.boolean() }),
  );

  it('has a result of the closed set, with words that are safe to show', () => {
    fc.assert(
      fc.property(anyAnswer, fc.maxSafeNat(), (any, now) => {
        const result = classify(any, now, checkedSay);
        switch (result.kind) {
          case 'accepted':
            expect([200, 201]).toContain(any.kind === 'answer' ? any.status : any.kind);
            break;
          case 'not-linked':
            break;
          case 'limited':
            expect(any).toMatchObject({ status: 429 });
            break;
          case 'bad-credentials':
          case 'not-enabled':
          case 'refused':
            expect(result.words).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
            break;
          case 'try-again':
            expect(result.detail).not.toBe(any.kind === 'answer' ? '' : undefined);
            break;
          default:
            expect.unreachable();
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is sorted quickly, also a megabyte', () => {
    const tookMs = cpuMs(() => {
      for (const piece of [' ', '<', '.', '"', 'INVALID API KEY', '{', '[', '\n<']) {
        const long = piece.repeat(Math.floor((1024 * 1024) / piece.length));
        for (const status of [200, 400, 500]) classify(answer({ status, body: long }), NOW, checkedSay);
      }
    });
    expect(tookMs).toBeLessThan(1_000);
  });
});
