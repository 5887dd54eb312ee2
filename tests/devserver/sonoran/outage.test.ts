import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Agent, request } from 'undici';
import { expect, it } from 'vitest';
import { until, VirtualClock } from '../../../devserver/clock.ts';
import { Sonoran } from '../../../devserver/sonoran/server.ts';
import { get } from './api-client.ts';
import { start } from './running.ts';

const path = '/v2/community/sub-version';

it('refuses connections while it is down, and is back on the same port', async () => {
  const { cms, cad } = await start();
  const { url } = cms;
  await cms.down();
  await cms.down();
  await expect(get(cms, path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect((await get(cad, '/v2/general/accounts')).status).toBe(200);
  await cms.up();
  await cms.up();
  expect(cms.url).toBe(url);
  expect((await get(cms, path)).status).toBe(200);
  expect(cms.requests).toHaveLength(1);
});

it('cuts idle and busy connections, and answers none of them', async () => {
  const clock = new VirtualClock();
  const { cms } = await start({ clock });
  const agent = new Agent();
  const headers = { authorization: `Bearer ${cms.settings.apiKey}` };
  const idle = await request(cms.url + path, { dispatcher: agent, headers });
  await idle.body.dump();
  expect(cms.connections).toBe(1);
  expect(cms.requests[0]?.headers).toMatchObject({ connection: 'keep-alive' });
  cms.fault('*', { kind: 'latency', ms: 5000 });
  const busy = expect(get(cms, path)).rejects.toThrow();
  await until(() => clock.untilNext() !== undefined);
  expect([cms.connections, cms.openRequests]).toEqual([2, 1]);
  await cms.down();
  await busy;
  await until(() => cms.openRequests === 0);
  expect([cms.connections, clock.untilNext()]).toEqual([0, undefined]);
  expect(cms.requests[1]?.response).toBeUndefined();
  await agent.close();
});

it('keeps accounts, faults, limits and recordings through an outage', async () => {
  const { cad } = await start({ clock: new VirtualClock(), cad: { limits: 'documented' } });
  const list = async () => (await get(cad, '/v2/general/accounts')).status;
  const { uuid } = cad.addAccount();
  for (let count = 0; count < 10; count += 1) await list();
  cad.fault('account', { kind: 'html' });
  await cad.down();
  await cad.up();
  expect(await list()).toBe(429);
  expect((await get(cad, `/v2/general/accounts/account?accountUuid=${uuid}`)).status).toBe(502);
  expect(cad.requests).toHaveLength(12);
});

it('leaves no timer and no socket when it stops', async () => {
  const clock = new VirtualClock();
  const sonoran = await start({ clock });
  sonoran.cms.fault('*', { kind: 'trickle', everyMs: 1000 });
  sonoran.cad.fault('*', { kind: 'hang', when: 'before' });
  const pending = [get(sonoran.cms, path), get(sonoran.cad, '/')].map((call) =>
    expect(call).rejects.toThrow(),
  );
  await until(() => clock.untilNext() !== undefined && sonoran.cad.openRequests === 1);
  await sonoran.stop();
  await Promise.all(pending);
  await until(() => sonoran.cms.openRequests + sonoran.cad.openRequests === 0);
  expect([clock.untilNext(), sonoran.cms.connections, sonoran.cad.connections]).toEqual([undefined, 0, 0]);
});

it('takes a port that is asked for, and says when it is taken', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  await expect(Sonoran.start({ cadPort: port })).rejects.toThrow(/EADDRINUSE/);
  holder.close();
  await once(holder, 'close');
  const sonoran = await Sonoran.start({ cadPort: port });
  expect(sonoran.cad.url).toBe(`http://127.0.0.1:${port}`);
  await sonoran.stop();
});
