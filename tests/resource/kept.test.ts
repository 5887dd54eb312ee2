import { describe, expect, it } from 'vitest';
import type { Action } from '../../server/moderation/action.ts';
import { writeActionRecord } from '../../server/storage/action-record.ts';
import { action, delivery, person } from '../unit/action.ts';
import {
  addMembers,
  knock,
  MINUTE_MS,
  only,
  type ProductName,
  pass,
  passUntil,
  settled,
} from './ban-lists.ts';
import { portUrl } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** A ban of somebody whom Sonoran does not know waits until they link an account: how that is learned. */

const LINK_VERIFIED = 'SonoranCAD::pushevents:CommunityLinkVerified';
const SECONDS_MS = 5_000;

/** Somebody with accounts that nothing is linked to, who is banned by all of their identifiers. */
async function kept(world: World): Promise<Somebody> {
  const who = newSomebody(world, { cms: [], cad: [] });
  const player = await world.join(who.name, who.identifiers);
  const outcome = await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} cheating`));
  expect(outcome).toMatchObject({ status: 'queued', code: 'NOT_LINKED' });
  if (player.connected) player.leave();
  // What the start and the ban have taken of the limits is free again.
  await pass(world, 1_000);
  return who;
}

/** The person, or a stranger, types an API ID into their profile. */
function link(world: World, product: ProductName, who: Somebody, ...apiIds: readonly string[]): void {
  if (product === 'cms') world.sonoran.cms.updateAccount(who.accId, { apiIds });
  else world.sonoran.cad.updateAccount(who.uuid, { apiIds });
}

function isBanned({ sonoran }: World, product: ProductName, { accId, uuid }: Somebody): boolean {
  return product === 'cms' ? sonoran.cms.account(accId).banned : sonoran.cad.account(uuid).status === 4;
}

/** The reads of the list of all accounts. */
function accountReads(world: World, product: ProductName) {
  return world.sonoran[product].requests.filter(({ operation, query, body }) => {
    if (operation === 'accounts') return query['banned'] === undefined && query['status'] !== '4';
    const text = JSON.stringify(body);
    return operation === 'GET_ACCOUNTS' && !text.includes('"banned":true') && !text.includes('"status":4');
  });
}

const sanctions = (world: World, product: ProductName) =>
  world.sonoran[product].requests.filter(({ operation }) =>
    ['BAN_ACCOUNT', 'BAN_USER', 'account-bans'].includes(operation ?? ''),
  );

describe('what is said of a ban while one product does not know the person, and the other has not answered', () => {
  async function ban(world: World, who: Somebody) {
    const moderator = await world.moderator();
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'rate-limit', retryAfter: 60 }, 1);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${who.license} rude`));
    expect(outcome).toMatchObject({ status: 'queued', code: 'QUEUED' });
    return { moderator, outcome };
  }
  const NOBODY_YET = 'Sonoran CAD: no account is linked to this person yet (asked for: ';

  it('is that it waits for a link, as it is said once it is kept', async () => {
    const world = await startWorld();
    const who = newSomebody(world, { cms: [], cad: [] });
    const { moderator, outcome } = await ban(world, who);
    expect(outcome['products']).toMatchObject({ cad: { status: 'queued', code: 'NOT_LINKED' } });
    expect(moderator.chat.at(-1)).toContain(NOBODY_YET);
    expect(moderator.chat.at(-1)).not.toContain('Do this again when the person has linked');
    await world.fx.console('cmshistory');
    expect(await world.logged(/ban for good of/)).toContain(NOBODY_YET);

    const kept = await world.outcomeOf(() => pass(world, 2 * MINUTE_MS));
    expect(kept).toMatchObject({ status: 'queued', code: 'NOT_LINKED', message: expect.any(String) });
    expect(moderator.chat.at(-1)).toMatch(/is banned\. The ban is sent to Sonoran as soon as/);
    expect(moderator.chat.at(-1)).toContain(NOBODY_YET);
  });

  it('is what to do about it once the other has confirmed', async () => {
    const world = await startWorld();
    const { moderator } = await ban(world, newSomebody(world, { cad: [] }));
    expect(moderator.chat.at(-1)).not.toContain('Do this again when the person has linked');
    expect(await world.outcomeOf(() => pass(world, 2 * MINUTE_MS))).toMatchObject({
      status: 'delivered',
      products: { cad: { status: 'refused', code: 'NOT_LINKED' } },
    });
    expect(moderator.chat.at(-1)).toContain('Do this again when the person has linked');
  });

  it('is what to do about it at once where no ban is kept', async () => {
    const world = await startWorld({ convars: { cmsban_unlinked: 'refuse' } });
    const { moderator, outcome } = await ban(world, newSomebody(world, { cms: [], cad: [] }));
    expect(outcome['products']).toMatchObject({ cad: { status: 'refused', code: 'NOT_LINKED' } });
    expect(moderator.chat.at(-1)).toContain('Do this again when the person has linked');
  });
});

describe('the vendor’s CAD resource', () => {
  const cadWorld = (options: WorldOptions = {}) =>
    startWorld({
      ...options,
      resources: { sonorancad: new URL('../../devserver/resources/sonorancad', import.meta.url).pathname },
    });

  it('tells of a link, and the ban goes out at once, by any identifier', async () => {
    const world = await cadWorld();
    for (const type of ['license', 'steam'] as const) {
      const who = await kept(world);
      link(world, 'cad', who, who[type]);
      const requests = world.sonoran.cad.requests.length;
      await world.fx.console(`sonorancad_link ${who[type]} ${who.uuid}`);
      await passUntil(world, () => isBanned(world, 'cad', who), 'the ban', SECONDS_MS);
      // Nobody was looked up, and it went to the right name at once.
      expect(world.sonoran.cad.requests.slice(requests).map(({ operation }) => operation)).toEqual([
        'account-bans',
      ]);
      await pass(world, MINUTE_MS);
    }
    expect(world.faults).toEqual([]);
  });

  it('tells of a link by an identifier that the ban did not have, but the person', async () => {
    const world = await cadWorld();
    const who = newSomebody(world, { cms: [], cad: [] });
    (await world.join(who.name, who.identifiers)).leave();
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    link(world, 'cad', who, who.steam);
    await world.fx.console(`sonorancad_link ${who.steam} ${who.uuid}`);
    await passUntil(world, () => isBanned(world, 'cad', who), 'the ban', SECONDS_MS);
  });

  it('is the only one that is believed', async () => {
    const world = await cadWorld({ convars: { cmsban_log_level: 'debug' } });
    const who = await kept(world);
    link(world, 'cad', who, who.license);
    const { uuid, license } = who;
    const requests = world.sonoran.cad.requests.length;
    const event = { communityUserId: license, accountUuid: uuid };
    world.fx.emit(LINK_VERIFIED, event);
    world.fx.emitFrom('caller', LINK_VERIFIED, event);
    const client = await world.join('Client', ['license:c11e']);
    client.trigger(LINK_VERIFIED, event);
    for (const odd of [undefined, null, 7, 'x', {}, { communityUserId: 7 }, { communityUserId: ' ' }]) {
      world.fx.emitFrom('sonorancad', LINK_VERIFIED, odd);
    }
    await pass(world, SECONDS_MS);
    expect(world.sonoran.cad.requests).toHaveLength(requests);
    expect(isBanned(world, 'cad', who)).toBe(false);
    expect(world.log.some((line) => line.includes('it has no API ID'))).toBe(true);
    world.fx.emitFrom('sonorancad', LINK_VERIFIED, event);
    await passUntil(world, () => isBanned(world, 'cad', who), 'the ban', SECONDS_MS);
    expect(world.faults).toEqual([]);
  });

  it('tells of a link that is gone when the ban arrives: it waits again, and goes out another time', async () => {
    const world = await cadWorld();
    const who = await kept(world);
    // A slow ban of somebody else is in front of it, or they changed their mind: the call finds nobody.
    await world.fx.console(`sonorancad_link ${who.license} ${who.uuid}`);
    await pass(world, SECONDS_MS);
    expect(isBanned(world, 'cad', who)).toBe(false);
    expect((await world.call<unknown[]>('getPending'))[0]).toMatchObject({
      status: 'queued',
      products: { cad: { status: 'queued', code: 'NOT_LINKED' } },
    });
    await pass(world, MINUTE_MS);
    link(world, 'cad', who, who.license);
    await world.fx.console(`sonorancad_link ${who.license} ${who.uuid}`);
    await passUntil(world, () => isBanned(world, 'cad', who), 'the ban', SECONDS_MS);
  });
});

describe('CMS', () => {
  it.each(['license', 'discord'] as const)('tells by a push event of a link by %s', async (type) => {
    const world = await startWorld();
    world.sonoran.cms.pushEventsTo([portUrl(world)]);
    const who = await kept(world);
    if (type === 'license') link(world, 'cms', who, 'something', who.license);
    else world.sonoran.cms.updateAccount(who.accId, { discordId: who.discord });
    await passUntil(world, () => isBanned(world, 'cms', who), 'the ban', SECONDS_MS);
    expect(accountReads(world, 'cms')).toEqual([]);
    expect(world.faults).toEqual([]);
  });

  it('tells by a push event of somebody else: nothing goes out', async () => {
    const world = await startWorld();
    world.sonoran.cms.pushEventsTo([portUrl(world)]);
    const who = await kept(world);
    const calls = sanctions(world, 'cms').length;
    link(world, 'cms', newSomebody(world, { cms: [] }), `${who.license}0`, 'steam:7');
    await pass(world, SECONDS_MS);
    expect(sanctions(world, 'cms')).toHaveLength(calls);
  });
});

describe('a look-up', () => {
  it.each(['cms', 'cad'] as const)('in %s by another name tells of the link', async (product) => {
    const world = await startWorld({ use: only(product) });
    const who = await kept(world);
    link(world, product, who, who.steam);
    await world.call('lookupPlayer', `username:${who.name}`);
    await passUntil(world, () => isBanned(world, product, who), 'the ban', SECONDS_MS);
  });
});

describe('somebody whose ban waits', () => {
  it.each([
    ['cms', {}],
    ['cad', {}],
    ['cms', { cms: { v2: 404, lacks: ['GET_COM_ACCOUNT'] } }],
    ['cad', { convars: { cmsban_cad_version: '1' } }],
  ] as const)(
    'tries to come in after linking an account in %s: found within seconds (%j)',
    async (product, options) => {
      const world = await startWorld({ ...options, use: only(product) });
      const who = await kept(world);
      link(world, product, who, who.license);
      await knock(world, who.identifiers);
      await passUntil(world, () => isBanned(world, product, who), 'the ban', 20_000);
    },
  );

  it('is asked about once a minute at the most, however often they knock', async () => {
    const world = await startWorld();
    const who = await kept(world);
    const before = world.sonoran.cms.requests.length;
    for (let times = 0; times < 20; times++) await knock(world, who.identifiers);
    await pass(world, SECONDS_MS);
    const asked = world.sonoran.cms.requests.slice(before).map(({ query }) => JSON.stringify(query));
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked).size).toBe(asked.length);
    link(world, 'cms', who, who.license);
    await knock(world, who.identifiers);
    await pass(world, SECONDS_MS);
    expect(isBanned(world, 'cms', who)).toBe(false);
    await pass(world, MINUTE_MS - 2 * SECONDS_MS);
    await pass(world, SECONDS_MS);
    await knock(world, who.identifiers);
    await passUntil(world, () => isBanned(world, 'cms', who), 'the ban', SECONDS_MS);
  });

  it('is nobody else: a stranger at the door costs nothing', async () => {
    const world = await startWorld();
    await kept(world);
    const before = world.sonoran.cms.requests.length + world.sonoran.cad.requests.length;
    await knock(world, newSomebody(world).identifiers);
    await pass(world, SECONDS_MS);
    expect(world.sonoran.cms.requests.length + world.sonoran.cad.requests.length).toBe(before);
  });
});

describe.each([
  ['CMS v2', 'cms', {}],
  ['CMS v1', 'cms', { cms: { v2: 404 } }],
  ['CAD v2', 'cad', {}],
  ['CAD v1', 'cad', { convars: { cmsban_cad_version: '1' } }],
] as const)('the list of all accounts of %s', (_, product, options) => {
  it('is read page by page, a page a minute, over and over, while somebody waits, also after a crash', async () => {
    const world = await startWorld({ ...options, use: only(product) });
    addMembers(world, product, 220, 'm');
    await pass(world, 3 * MINUTE_MS);
    expect(accountReads(world, product)).toEqual([]);
    const who = await kept(world);
    await pass(world, 5 * MINUTE_MS + SECONDS_MS);
    const times = accountReads(world, product).map(({ elapsed }) => elapsed);
    expect(times.length).toBeGreaterThanOrEqual(4);
    for (const [at, time] of times.slice(1).entries()) {
      expect(time - (times[at] ?? 0)).toBeGreaterThanOrEqual(MINUTE_MS);
    }
    await world.restart('crash');
    link(world, product, who, who.license);
    await passUntil(world, () => isBanned(world, product, who), 'the ban', 5 * MINUTE_MS);
    const reads = accountReads(world, product).length;
    await pass(world, 3 * MINUTE_MS);
    expect(accountReads(world, product)).toHaveLength(reads);
    expect(world.faults).toEqual([]);
  });
});

describe('the slow search', () => {
  it('rests longer after failures, and goes on', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = await kept(world);
    world.sonoran.cms.fault('accounts', { kind: 'status', status: 500, body: 'oops' });
    await pass(world, 20 * MINUTE_MS);
    expect(accountReads(world, 'cms').length).toBeLessThanOrEqual(6);
    world.sonoran.cms.clearFaults();
    link(world, 'cms', who, who.license);
    await passUntil(world, () => isBanned(world, 'cms', who), 'the ban', 30 * MINUTE_MS);
  });

  it('ends where a plan has no such list, and says so to whoever debugs; the door still finds the link', async () => {
    const world = await startWorld({
      use: only('cms'),
      cms: { v2: 404, lacks: ['GET_ACCOUNTS'] },
      convars: { cmsban_log_level: 'debug' },
    });
    const who = await kept(world);
    await pass(world, 3 * MINUTE_MS);
    expect(world.log.filter((line) => line.includes('no list of all accounts'))).toHaveLength(1);
    const reads = accountReads(world, 'cms').length;
    await pass(world, 60 * MINUTE_MS);
    expect(accountReads(world, 'cms')).toHaveLength(reads);
    link(world, 'cms', who, who.license);
    await knock(world, who.identifiers);
    await passUntil(world, () => isBanned(world, 'cms', who), 'the ban', 20_000);
  });

  it('costs a call a minute and product for a thousand who wait, and finds each', async () => {
    const count = 1_000;
    const records = Object.fromEntries(
      Array.from({ length: count }, (_, number): [string, string] => {
        const stored = storedKept(number);
        return [`action:${stored.id}`, writeActionRecord(stored)];
      }),
    );
    const world = await startWorld({ records: () => records });
    await pass(world, SECONDS_MS);
    const before = { cms: world.sonoran.cms.requests.length, cad: world.sonoran.cad.requests.length };
    await pass(world, 10 * MINUTE_MS);
    for (const product of ['cms', 'cad'] as const) {
      const calls = world.sonoran[product].requests.slice(before[product]);
      expect(calls.length).toBeGreaterThanOrEqual(9);
      expect(calls.length).toBeLessThanOrEqual(11);
    }
    const accId = world.sonoran.cms.addAccount({ apiIds: ['abc777'] }).accId;
    await passUntil(world, () => world.sonoran.cms.account(accId).banned, 'the ban', 2 * MINUTE_MS);
    await settled(world);
    expect(world.faults).toEqual([]);
  });
});

/** A ban by one licence that waits in both products, as it is stored. */
function storedKept(number: number): Action {
  const value = `abc${number}`;
  const share = {
    subjects: [{ by: 'apiId', value }],
    state: { status: 'queued', code: 'NOT_LINKED', detail: 'nobody', nextTryAt: null },
  } as const;
  return action({
    id: number.toString(16).padStart(10, '0'),
    sequence: number + 1,
    person: person({ identifiers: [`license:${value}`] }),
    inForce: true,
    deliveries: [delivery('cms', share), delivery('cad', share)],
  });
}
