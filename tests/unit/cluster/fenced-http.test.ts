import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { fencedHttp } from '../../../server/cluster/fenced-http.ts';
import { createHttp } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';

async function startHost() {
  const paths: string[] = [];
  const held: Array<() => void> = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    held.push(() => response.end('{}'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { http, close } = createHttp(5_000, (text) => text, checkedSay);
  onTestFinished(async () => {
    await close();
    server.close();
  });
  return { http, paths, held, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 20));

it('sends nothing once the lease is lost while a connection is made', async () => {
  const { http, paths, origin } = await startHost();
  let isHeld = true;
  const fenced = fencedHttp(http, () => isHeld, checkedSay);
  const answer = fenced({ method: 'GET', origin, path: '/connecting' });
  isHeld = false;
  expect(await answer).toEqual({
    kind: 'no-answer',
    detail: 'another server talks to Sonoran now',
    sent: false,
  });
  await nextTurn();
  expect(paths).toEqual([]);
});

it('nor while all connections are in use, and what was sent before is answered', async () => {
  const { http, paths, held, origin } = await startHost();
  let isHeld = true;
  const fenced = fencedHttp(http, () => isHeld, checkedSay);
  const first = Array.from({ length: 8 }, (_, place) => fenced({ method: 'GET', origin, path: `/${place}` }));
  while (paths.length < 8) await nextTurn();
  const waiting = fenced({ method: 'GET', origin, path: '/waits' });
  await nextTurn();
  isHeld = false;
  for (const answer of held) answer();
  expect((await Promise.all(first)).map(({ kind }) => kind)).toEqual(Array(8).fill('answer'));
  expect(await waiting).toMatchObject({ kind: 'no-answer', sent: false });
  expect(paths).toHaveLength(8);
  expect(await fenced({ method: 'GET', origin, path: '/later' })).toMatchObject({ sent: false });
});
