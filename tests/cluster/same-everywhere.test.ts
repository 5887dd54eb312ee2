import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { NO_LIST } from '../resource/ban-lists.ts';
import { newSomebody } from '../resource/somebody.ts';
import { MODERATOR } from '../resource/world.ts';
import { noteTexts } from '../shown/shown.ts';
import { type Call, theSame } from './awaited.ts';
import { eventually, startThree, type Three } from './community.ts';
import type { Server } from './servers.ts';

/** What moderators and other resources are told is the same on all servers. */

const CAD_ONLY = { cmsban_cms_community_id: '', cmsban_cms_api_key: '' };
/** How long a server may be behind, in milliseconds. */
const BEHIND_MS = 2_000;

describe('on every server', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  /** Types a command on a server, and reads what is answered within a moment. */
  async function typed(server: Server, command: string, words: string): Promise<string> {
    const player = await server.join(MODERATOR.name, MODERATOR.identifiers);
    await player.chatInput(command);
    await until(() => player.chat.some((line) => line.includes(words)), `"${words}" on ${server.name}`);
    player.leave();
    noteTexts(player.chat);
    return player.chat.join('\n');
  }

  const areTheSame = ({ servers }: Three, ...call: Call) => theSame(servers, call, BEHIND_MS);

  it('what is decided, what waits and who is banned are the same', { timeout: 60_000 }, async () => {
    const three = await startThree({ database });
    const { sonoran, follower, third, worker } = three;
    const [one, two, other] = [newSomebody({ sonoran }), newSomebody({ sonoran }), newSomebody({ sonoran })];
    for (const [server, who] of [
      [follower, one],
      [third, two],
      [worker, other],
    ] as const) {
      await server.call('banPlayer', `license:${who.license}`, `by ${server.name}`, {});
    }
    await third.call('unbanPlayer', `license:${one.license}`, 'sorry');
    for (const who of [one, two, other]) await areTheSame(three, 'isBanned', `license:${who.license}`);
    expect(await areTheSame(three, 'getHistory', 10)).toHaveLength(4);
    await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
    const waiting = newSomebody({ sonoran });
    await follower.call('banPlayer', `license:${waiting.license}`, 'waits', {});
    await areTheSame(three, 'isBanned', `license:${waiting.license}`);
    // Why it waits, and until when, is another thing with every try.
    await eventually('the same that waits', async () => {
      const ids = [];
      for (const server of three.servers) {
        const pending = await server.call<readonly { id: string; reason: string }[]>('getPending');
        ids.push(pending.map(({ id, reason }) => `${id} ${reason}`).join());
      }
      return new Set(ids).size === 1 && ids[0]?.includes('waits') === true;
    });
    const texts = [];
    for (const server of three.servers) texts.push(await typed(server, '/cmshistory', 'waits'));
    for (const server of three.servers) {
      for (const text of texts) expect(text).toContain(`by caller on ${server.name}`);
    }
    expect(await typed(third, '/cmsqueue', 'ban of license:')).toContain(`by caller on ${follower.name}`);
    const known = await typed(third, `/cmslookup license:${waiting.license}`, 'BANNED here');
    expect(known).toContain(`BANNED here by caller on ${follower.name}`);
    expect(new Set(texts.map((text) => text.match(/\[\w{10}\]/g)?.join())).size).toBe(1);
    for (const server of three.servers) expect(server.faults).toEqual([]);
  });

  it('/cmsqueue says who works, and why it waits', { timeout: 60_000 }, async () => {
    const { sonoran, worker, follower, third } = await startThree({ database, convars: CAD_ONLY });
    const who = newSomebody({ sonoran });
    await sonoran.cad.down();
    await follower.call('banPlayer', `license:${who.license}`, 'aimbot', {});
    // One behind it, which is not tried by itself.
    await third.call('banPlayer', `license:${newSomebody({ sonoran }).license}`, 'wallhack', {});
    for (const server of [follower, third]) {
      const text = await typed(server, '/cmsqueue', 'ban of license:');
      expect(text).toContain(`${worker.name} talks to Sonoran for all servers.`);
      expect(text).toMatch(/Sonoran CAD: (could not connect \(ECONNREFUSED\)|it does not answer)/);
      expect(text.match(/Sonoran CAD: \./)).toBeNull();
    }
    expect(await typed(worker, '/cmsqueue', 'ban of license:')).toContain(
      'This server talks to Sonoran for all servers.',
    );
    await sonoran.cad.up();
  });

  it('/cmsqueue says of what is being sent that it is on its way', { timeout: 60_000 }, async () => {
    const { sonoran, follower } = await startThree({ database, convars: CAD_ONLY });
    const who = newSomebody({ sonoran });
    sonoran.cad.fault('account-bans', { kind: 'latency', ms: 2_500 }, 1);
    const ban = follower.call('banPlayer', `license:${who.license}`, 'aimbot', {});
    await until(() => sonoran.cad.requests.some(({ operation }) => operation === 'account-bans'), 'the call');
    await eventually('the line', async () =>
      (await typed(follower, '/cmsqueue', 'talks to Sonoran')).includes('Sonoran CAD: is on its way.'),
    );
    expect(await ban).toMatchObject({ status: 'delivered' });
  });

  it('/cmsqueue says that it waits for the limit, and whoever decided hears that', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, follower, third } = await startThree({ database, convars: CAD_ONLY });
    const [first, second] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    sonoran.cad.fault('account-bans', { kind: 'rate-limit', retryAfter: 15 }, 1);
    await follower.call('banPlayer', `license:${first.license}`, 'aimbot', {});
    const outcome = await third.call('banPlayer', `license:${second.license}`, 'wallhack', {});
    expect(JSON.stringify(outcome)).toContain('waits for the rate limit');
    await eventually('the ban there', async () =>
      JSON.stringify(await follower.call('getPending')).includes(second.license),
    );
    const text = await typed(follower, '/cmsqueue', second.license);
    expect(text).toMatch(/waits for the rate limit of CAD v2, next try in \d+ s/);
  });

  it('a product that has no list is not unknown', { timeout: 60_000 }, async () => {
    const { servers, sonoran } = await startThree({
      database,
      convars: { cmsban_gate_when_unknown: 'deny' },
      cms: NO_LIST,
    });
    const { name, identifiers } = newSomebody({ sonoran });
    for (const server of servers) expect(await server.isLetIn(name, identifiers)).toBe(true);
  });
});
