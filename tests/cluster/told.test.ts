import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { MODERATOR } from '../resource/world.ts';
import { eventually, isBanned, startThree } from './community.ts';

/** Who decided on a server that does not work reads there what only the one that works finds out. */

const CAD_ONLY = { cmsban_cms_community_id: '', cmsban_cms_api_key: '' };
const SAME = 'about the same Sonoran account';

describe('what the server that works finds out', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('that two decisions are about one account is told to both authors, each on their server', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, worker, follower, third } = await startThree({ database, convars: CAD_ONLY });
    const who = newSomebody({ sonoran });
    const moderator = await follower.join(MODERATOR.name, MODERATOR.identifiers);
    sonoran.cad.fault('account-bans', { kind: 'latency', ms: 2_500 }, 1);
    await moderator.chatInput(`/cmsban account:${who.uuid} aimbot`);
    await eventually('the ban', async () =>
      sonoran.cad.requests.some((each) => each.operation === 'account-bans'),
    );
    // By a name of which nobody knows that it is of that account.
    await third.fx.console(`cmsunban license:${who.license}`);
    await until(() => moderator.chat.some((line) => line.includes(SAME)), 'the word to the moderator');
    await third.logged(SAME);
    expect(moderator.chat.filter((line) => line.includes(SAME))).toHaveLength(1);
    // Printed for whoever typed it there, and logged.
    expect(third.log.filter((line) => line.includes(SAME))).toHaveLength(2);
    expect(worker.log.filter((line) => line.includes(SAME))).toHaveLength(0);
    await until(() => sonoran.cad.account(who.uuid).status === 1, 'the lift');
  });

  it('that a lift has overtaken a ban is told to whoever has lifted', { timeout: 60_000 }, async () => {
    const { sonoran, worker, follower, third } = await startThree({ database, convars: CAD_ONLY });
    const who = newSomebody({ sonoran });
    const moderator = await third.join(MODERATOR.name, MODERATOR.identifiers);
    await sonoran.cad.down();
    await follower.call('banPlayer', `license:${who.license}`, 'mistake', {});
    await eventually('the ban', async () => (await isBanned(third, `license:${who.license}`)).banned);
    await moderator.chatInput(`/cmsunban license:${who.license}`);
    const line = await until(
      () => moderator.chat.find((each) => each.includes('was not sent yet')),
      'the note',
    );
    expect(line).toContain('Sonoran CAD');
    for (const server of [worker, follower]) {
      expect(server.log.filter((each) => each.includes('was not sent yet'))).toEqual([]);
    }
    await sonoran.cad.up();
  });

  it('what has become of a record in CMS is told to whoever decided, there', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, worker, follower, third } = await startThree({
      database,
      convars: { cmsban_cms_records: 'ban,kick' },
      cms: { v2: 404 },
    });
    const who = newSomebody({ sonoran });
    const moderator = await follower.join(MODERATOR.name, MODERATOR.identifiers);
    await third.call('banPlayer', `license:${who.license}`, 'aimbot', {});
    await until(() => sonoran.cms.account(who.accId).records.length === 1, 'the record');
    await moderator.chatInput(`/cmsunban license:${who.license}`);
    const byHand = 'Revoke it in Sonoran CMS yourself';
    await until(() => moderator.chat.some((line) => line.includes(byHand)), 'the word to the moderator');
    expect(third.log.filter((line) => line.includes(byHand))).toEqual([]);
    // Once: it is the one that makes the calls.
    expect(worker.log.filter((line) => line.includes(byHand))).toHaveLength(1);
    // A kick goes without its record.
    sonoran.cms.fault('ADD_MEMBER_RECORD', { kind: 'status', status: 503 });
    const other = newSomebody({ sonoran });
    await third.fx.console(`cmskick license:${other.license} idling`);
    await third.logged('without a record');
    expect(third.log.filter((line) => line.includes('without a record'))).toHaveLength(1);
  });
});
