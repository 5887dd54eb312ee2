import { expect, it } from 'vitest';
import { heldHttp } from '../../../server/sonoran/held-http.ts';
import type { HttpRequest } from '../../../server/sonoran/http.ts';

const request: HttpRequest = { method: 'GET', origin: 'http://here', path: '/' };
const ANSWER = { kind: 'no-answer', detail: 'none', sent: false } as const;

it('begins nothing while it is held, and what waited in its order afterwards', async () => {
  const begun: string[] = [];
  const { http, hold, release } = heldHttp(async ({ path }) => {
    begun.push(path);
    return ANSWER;
  });
  expect(await http(request)).toBe(ANSWER);
  hold();
  hold();
  const waiting = ['/a', '/b'].map((path) => http({ ...request, path }));
  await Promise.resolve();
  expect(begun).toEqual(['/']);
  release();
  expect(await Promise.all(waiting)).toEqual([ANSWER, ANSWER]);
  expect(begun).toEqual(['/', '/a', '/b']);
  // A second one begins before what waited for the first has had its turn.
  hold();
  const last = http(request);
  release();
  hold();
  await Promise.resolve();
  expect(begun).toHaveLength(3);
  release();
  expect(await last).toBe(ANSWER);
});
