import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody, type Somebody } from '../resource/somebody.ts';
import { eventually, isBanned, startThree } from './community.ts';

/** Who comes to the door of a server that does not talk to Sonoran. */

describe('at the door of a server that does not work', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('the try of somebody whose ban was lifted on the web has CMS asked again', {
    timeout: 60_000,
  }, async () => {
    let who: Somebody | undefined;
    const { sonoran, servers, follower } = await startThree({
      database,
      before(made) {
        who = newSomebody({ sonoran: made });
        made.cms.ban(who.accId);
      },
    });
    if (!who) throw new Error('nobody');
    const { name, identifiers, accId } = who;
    for (const server of servers) expect((await isBanned(server, `steam:${who.steam}`)).banned).toBe(true);
    // Nobody tells: no push events, and the list is read once a day.
    sonoran.cms.unban(accId);
    expect(await follower.isLetIn(name, identifiers)).toBe(false);
    for (const server of servers) {
      await eventually('the end of the ban', () => server.isLetIn(name, identifiers));
    }
  });

  it('the try of somebody who has linked an account lets their kept ban go out', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, follower, rows } = await startThree({ database });
    const who = newSomebody({ sonoran }, { cms: [], cad: [] });
    const outcome = await follower.call('banPlayer', `license:${who.license}`, 'cheating', {});
    expect(outcome).toMatchObject({ status: 'queued', code: 'NOT_LINKED' });
    for (const server of servers) {
      await eventually('the ban', async () => (await isBanned(server, `license:${who.license}`)).banned);
    }
    sonoran.cad.updateAccount(who.uuid, { apiIds: [who.license] });
    expect(await follower.isLetIn(who.name, who.identifiers)).toBe(false);
    await until(() => sonoran.cad.account(who.uuid).status === 4, 'the ban in CAD');
    await eventually('the requests', async () => (await rows('cmsban_request')).length === 0);
  });

  it('somebody who hammers it is told of in Discord once, and is no burden to the database', {
    timeout: 60_000,
  }, async () => {
    const { discord, servers, follower, third, sonoran } = await startThree({
      database,
      discord: true,
      convars: { cmsban_discord_events: 'door' },
    });
    const who = newSomebody({ sonoran });
    await follower.call('banPlayer', `license:${who.license}`, 'aimbot', {});
    for (const server of servers) {
      await eventually('the ban', async () => (await isBanned(server, `license:${who.license}`)).banned);
    }
    const before = await inserted();
    for (let number = 0; number < 50; number++) {
      expect(await follower.isLetIn(who.name, who.identifiers)).toBe(false);
      expect(await third.isLetIn(who.name, who.identifiers)).toBe(false);
    }
    const embed = await until(() => discord?.embeds[0], 'the news');
    expect(embed.title).toBe('Refused at the door');
    expect(JSON.stringify(embed)).toContain('aimbot');
    // One request of each server; that they are there is told every 15 s.
    expect((await inserted()) - before).toBeLessThan(10);
    expect(discord?.embeds).toHaveLength(1);
  });

  /** How many rows, or groups of rows, were ever put into the database. */
  async function inserted(): Promise<number> {
    const [row] = await database.admin("SHOW GLOBAL STATUS LIKE 'Com_insert'");
    return Number(row?.['Value']);
  }
});
