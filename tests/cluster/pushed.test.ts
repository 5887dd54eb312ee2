import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { CMS_KEY } from '../resource/world.ts';
import { dropOf, eventually, isBanned, startThree, type Three } from './community.ts';
import type { Server } from './servers.ts';

const BANNED = 'You are banned from this community.';
const KICKED = 'You were removed from this community.';

const eventsUrl = ({ fx }: Server) => `http://127.0.0.1:${fx.port}/cmsban/events`;

/** Sends the vendor's body to a server's port. */
async function post(server: Server, type: string, data: unknown): Promise<number> {
  const body = JSON.stringify({ key: CMS_KEY, type, data });
  const answer = await fetch(eventsUrl(server), { method: 'POST', body });
  return answer.status;
}

describe('what happens on the web, told to a server that does not work', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  async function start(): Promise<Three> {
    const three = await startThree({ database, convars: { cmsban_log_level: 'debug' } });
    three.sonoran.cms.pushEventsTo(eventsUrl(three.follower));
    return three;
  }

  it('a ban drops and refuses on all, and its end lets in on all', { timeout: 60_000 }, async () => {
    const { sonoran, servers, follower, rows } = await start();
    const who = newSomebody({ sonoran });
    const players = [];
    for (const server of servers) players.push(await server.join(who.name, who.identifiers));
    const toldAt = performance.now();
    sonoran.cms.ban(who.accId);
    for (const player of players) expect(await dropOf(player)).toContain(BANNED);
    expect(performance.now() - toldAt).toBeLessThan(3_500);
    for (const server of servers) expect(await server.isLetIn(who.name, who.identifiers)).toBe(false);
    sonoran.cms.unban(who.accId);
    for (const server of servers) {
      await eventually('the end of the ban', async () => server.isLetIn(who.name, who.identifiers));
    }
    expect(sonoran.cms.pushes.every(({ status }) => status === 200)).toBe(true);
    // Neither the key nor anything else of it is left.
    await eventually('the requests', async () => (await rows('cmsban_request')).length === 0);
    expect(JSON.stringify(await rows('cmsban_record'))).not.toContain(CMS_KEY);
    expect(follower.faults).toEqual([]);
  });

  it('a kick drops who is here, on every server, and keeps nobody out', { timeout: 60_000 }, async () => {
    const { sonoran, servers, follower } = await start();
    const who = newSomebody({ sonoran }, { cms: ['steam', 'discord'] });
    const [first, second, third] = servers;
    const players = [
      await first?.join(who.name, who.identifiers),
      await second?.join('Alt', [`discord:${who.discord}`]),
      // Found by asking Sonoran alone: the event has no API IDs.
      await third?.join('Brother', [`steam:${who.steam}`]),
    ];
    expect(await post(follower, 'ACCOUNT_KICKED', { discordId: who.discord, accountId: who.accId })).toBe(
      200,
    );
    for (const player of players) if (player) expect(await dropOf(player)).toContain(KICKED);
    for (const server of servers) expect(await server.isLetIn(who.name, who.identifiers)).toBe(true);
  });

  it('is acted on once, however many servers hear of it', { timeout: 60_000 }, async () => {
    const { sonoran, servers, worker, follower, third } = await start();
    const who = newSomebody({ sonoran });
    const data = { discordId: who.discord, accountId: who.accId };
    for (const server of [follower, third, follower])
      expect(await post(server, 'ACCOUNT_BANNED', data)).toBe(200);
    await until(() => worker.log.find((line) => line.includes(who.accId)), 'the event');
    for (const server of servers) {
      await eventually('the ban', async () => (await isBanned(server, `discord:${who.discord}`)).banned);
    }
    expect(servers.flatMap(({ log }) => log.filter((line) => line.includes(who.accId)))).toHaveLength(1);
    expect(await post(third, 'ACCOUNT_BANNED', { banned: true })).toBe(400);
    expect(await post(third, 'SOMETHING', data)).toBe(400);
  });

  it('what was decided here, lifted there and banned there again, drops on all', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, follower } = await start();
    const who = newSomebody({ sonoran });
    await follower.call('banPlayer', `license:${who.license}`, 'aimbot', { products: ['cms'] });
    await eventually('the push', async () => sonoran.cms.pushes.length > 0);
    sonoran.cms.unban(who.accId);
    for (const server of servers) {
      await eventually('the end', async () => server.isLetIn(who.name, [`license:${who.license}`]));
    }
    const players = [];
    for (const server of servers) players.push(await server.join(who.name, who.identifiers));
    sonoran.cms.ban(who.accId);
    for (const player of players) expect(await dropOf(player)).toContain(BANNED);
  });

  it('is not lost when nobody works in that moment', { timeout: 60_000 }, async () => {
    const { sonoran, worker, follower, third } = await start();
    const who = newSomebody({ sonoran });
    const player = await third.join(who.name, who.identifiers);
    const stopping = worker.stop();
    expect(await post(follower, 'ACCOUNT_BANNED', { discordId: who.discord, accountId: who.accId })).toBe(
      200,
    );
    await stopping;
    expect(await dropOf(player, 30_000)).toContain(BANNED);
    await eventually('the refusal', async () => !(await follower.isLetIn(who.name, who.identifiers)));
  });

  it('whose account it is is known at once on the server that hears it', { timeout: 60_000 }, async () => {
    const { sonoran, follower, third } = await start();
    const who = newSomebody({ sonoran });
    const data = { accId: who.accId, discordId: who.discord, banned: false };
    expect(await post(follower, 'ACCOUNT_UPDATED', data)).toBe(200);
    await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
    await third.call('banPlayer', `account:${who.accId}`, 'cheating', {});
    await eventually('the ban', async () => (await isBanned(follower, `discord:${who.discord}`)).banned);
    await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
    // What Sonoran's list proves is known on all.
    await eventually(
      'the list',
      async () => (await isBanned(third, `discord:${who.discord}`)).banned,
      30_000,
    );
  });
});
