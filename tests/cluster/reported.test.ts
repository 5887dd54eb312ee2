import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { dropOf, eventually, startThree } from './community.ts';

/** What other resources tell a server that does not talk to Sonoran. */

const LINK_VERIFIED = 'SonoranCAD::pushevents:CommunityLinkVerified';

describe('told to a server that does not work', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('a link of the CAD resource lets a kept ban go out', { timeout: 60_000 }, async () => {
    const { sonoran, follower, third, rows } = await startThree({ database });
    const who = newSomebody({ sonoran }, { cms: [], cad: [] });
    expect(await follower.call('banPlayer', `license:${who.license}`, 'cheating', {})).toMatchObject({
      code: 'NOT_LINKED',
    });
    sonoran.cad.updateAccount(who.uuid, { apiIds: [who.license] });
    third.fx.emitFrom('sonorancad', LINK_VERIFIED, {
      communityUserId: who.license,
      accountUuid: who.uuid,
    });
    await until(() => sonoran.cad.account(who.uuid).status === 4, 'the ban in CAD');
    await eventually('the requests', async () => (await rows('cmsban_request')).length === 0);
  });

  it('a warning of txAdmin is kept as a record once, and its end revokes that', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, follower, third } = await startThree({
      database,
      convars: { cmsban_cms_records: 'warn', cmsban_txadmin_actions: 'none' },
    });
    const who = newSomebody({ sonoran });
    const warning = {
      author: 'Mia',
      reason: 'swearing',
      identifiers: who.identifiers,
      actionId: 'W1AB-CDEF',
    };
    const records = () => sonoran.cms.account(who.accId).records;
    await follower.txAdmin.warn(warning);
    await follower.txAdmin.warn(warning);
    await until(() => records().length > 0, 'the record');
    // That of another txAdmin with the same id is another one.
    await third.txAdmin.warn({ ...warning, reason: 'shouting' });
    await until(() => records().length > 1, 'the other record');
    expect(records().map(({ reason }) => reason)).toEqual([
      'Warned by Mia: swearing (txAdmin W1AB-CDEF)',
      'Warned by Mia: shouting (txAdmin W1AB-CDEF)',
    ]);
    await follower.txAdmin.revoke({
      actionId: 'W1AB-CDEF',
      actionType: 'warn',
      author: 'Mia',
      reason: 'swearing',
      identifiers: who.identifiers,
      revokedBy: 'Max',
    });
    await until(() => records().some(({ status }) => !status), 'the end of the record');
    expect(records().map(({ status }) => status)).toEqual([false, true]);
  });

  it("a ban of its txAdmin is shown to whom it drops under txAdmin's own id", {
    timeout: 60_000,
  }, async () => {
    const { sonoran, follower, third } = await startThree({ database });
    const who = newSomebody({ sonoran });
    const player = await third.join(who.name, who.identifiers);
    await follower.txAdmin.ban({
      author: 'Mia',
      reason: 'aimbot',
      identifiers: [`license:${who.license}`],
      actionId: 'BAN1-2345',
    });
    const words = await dropOf(player);
    expect(words).toContain('BAN1-2345');
    expect(words).not.toContain('@');
  });
});
