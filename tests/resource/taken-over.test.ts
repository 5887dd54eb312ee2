import { describe, expect, it } from 'vitest';
import type { CommunitySettings } from '../../devserver/sonoran/community.ts';
import { knock, MINUTE_MS, PRODUCTS, type ProductName, pass, quietWorld, settled } from './ban-lists.ts';
import { type Fixture, fixtureOf, furnish, type Kind, type Outcome } from './store-0.1.ts';
import { CAD_KEY, CMS_KEY, type World } from './world.ts';

/**
 * A store that version 0.1.0 has left is taken over whole. What is in the fixtures, and how they were made, is in
 * their README; nothing here looks at how the store is written afterwards.
 */

const HOUR_MS = 60 * MINUTE_MS;
/** More than any fixture holds. */
const EVERYTHING = 1_000;

/** A server on a fixture's store, before cmsban is started. */
function worldOf(fixture: Fixture, wall: number): Promise<World> {
  const limits: Partial<CommunitySettings> = { limits: 'documented' };
  return quietWorld({
    wall,
    convars: { cmsban_mirror_minutes: '1440', ...fixture.convars },
    ...(fixture.use ? { use: fixture.use } : {}),
    cms: limits,
    cad: limits,
    records: (sonoran) => furnish(fixture, sonoran),
  });
}

async function listed(world: World, call: 'getPending' | 'getHistory', until: number): Promise<Outcome[]> {
  const outcomes = (await world.fx.callExport('test', 'cmsban', call, EVERYTHING)) as Outcome[];
  return outcomes.filter(({ at }) => at <= until);
}

/** Lets time pass until nothing is pending of what was decided before the stop. */
async function sentOut(world: World, { wall }: Fixture): Promise<void> {
  for (let passed = 0; (await listed(world, 'getPending', wall)).length > 0; passed += 10_000) {
    if (passed > HOUR_MS) throw new Error('something is still pending after an hour');
    await pass(world, 10_000);
  }
}

/** What calls have done since the start, in order, as `cad ban <account>`. */
function effects({ sonoran }: World): string[] {
  return PRODUCTS.flatMap((product) =>
    sonoran[product].effects
      .filter(({ requestIndex }) => requestIndex !== undefined)
      .map(({ kind, accId }) => `${product} ${kind} ${accId}`),
  );
}

/** Whether an account is as an action leaves it. */
function isDone({ sonoran }: World, product: ProductName, kind: Kind, account: string): boolean {
  if (product === 'cms') {
    if (kind === 'kick') return sonoran.cms.accounts.every(({ accId }) => accId !== account);
    return sonoran.cms.account(account).banned === (kind === 'ban');
  }
  return sonoran.cad.account(account).status === { ban: 4, kick: 3, unban: 1 }[kind];
}

/** Tells every decision that has a name of its own again; returns the calls whose answers name the decision. */
async function tellAgain(world: World, { told }: Fixture): Promise<Array<[call: number, id: string]>> {
  const calls: Array<[call: number, id: string]> = [];
  for (const decision of told) {
    if (decision.by === 'export') {
      const { call, target, id, outcome } = decision;
      calls.push([world.startCall(call, target, 'told again', { id }), outcome]);
    } else {
      const { actionId, identifiers } = decision;
      await world.txAdmin.ban({ author: 'Mia', reason: 'told again', actionId, identifiers });
    }
  }
  return calls;
}

/** Who is to be kept out, by one of their names, and by which product's list when it is on one. */
const keptOut = ({ accounts, refused }: Fixture) => [
  ...refused.map((identifier) => ({ identifier, product: undefined })),
  ...PRODUCTS.flatMap((product) =>
    accounts[product]
      .filter((account) => account.listed)
      .map(({ apiIds }) => ({ identifier: `license:${apiIds[0]}`, product })),
  ),
];

interface BannedAnswer {
  readonly banned: boolean | null;
  readonly products: Readonly<Record<string, boolean | null>>;
}

async function expectKeptOut(world: World, fixture: Fixture): Promise<void> {
  const letIn: string[] = [];
  for (const [place, { identifier, product }] of keptOut(fixture).entries()) {
    const answer = (await world.fx.callExport('test', 'cmsban', 'isBanned', identifier)) as BannedAnswer;
    const isBanned = product === undefined ? answer.banned : answer.products[product];
    if (isBanned !== true) letIn.push(identifier);
    // At the door, a sample: whoever knocks is asked about.
    if (place % 10 === 0 && (await knock(world, [identifier])) === undefined) letIn.push(identifier);
  }
  expect(letIn).toEqual([]);
}

describe.each(['stopped', 'crashed', 'cad-v1'])('a store of 0.1.0, %s', (name) => {
  const fixture = fixtureOf(name);
  const { wall, shares, lifts } = fixture;

  it('is taken over whole, an hour later', async () => {
    const world = await worldOf(fixture, wall + HOUR_MS);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await world.fx.console('ensure cmsban');

    // What is pending, and what is over.
    const pending = await listed(world, 'getPending', wall);
    expect(pending).toHaveLength(fixture.pending.length);
    for (const { id, products, ...facts } of fixture.pending) {
      const statuses = Object.entries(products).map(([product, { status }]) => [product, { status }]);
      const expected = { ...facts, code: expect.any(String), products: Object.fromEntries(statuses) };
      expect(pending.find((outcome) => outcome.id === id)).toMatchObject(expected);
    }
    const history = (await listed(world, 'getHistory', wall)).filter(({ status }) => status !== 'queued');
    expect(history).toMatchObject(fixture.history);
    expect(history).toHaveLength(fixture.history.length);

    // Who is banned, while Sonoran's lists cannot be read.
    await expectKeptOut(world, fixture);
    expect(await knock(world, ['license:5ca1ab1e'])).toBeUndefined();

    // What was told before the stop is not done again.
    const before = shares.map((share) => isDone(world, share.product, share.kind, share.account));
    const again = await tellAgain(world, fixture);
    await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
    await sentOut(world, fixture);
    for (const [call, id] of again) expect((await world.answerOf(call))['id']).toBe(id);

    // Everything has gone out once, to the right account. A call that had been heard may be made again, or not.
    const outcomes = await listed(world, 'getHistory', wall);
    for (const { id } of fixture.pending) {
      expect(outcomes.find((outcome) => outcome.id === id)).toMatchObject({ status: 'delivered' });
    }
    for (const [place, { id, product, kind, account }] of shares.entries()) {
      const calls = effects(world).filter((effect) => effect === `${product} ${kind} ${account}`).length;
      expect(calls, `${kind} of ${id} in ${product}`).toBeLessThanOrEqual(1);
      if (!before[place]) expect(calls, `${kind} of ${id} in ${product}`).toBe(1);
      expect(isDone(world, product, kind, account), `${kind} of ${id} in ${product}`).toBe(true);
    }

    // Temporary bans end: those that were due during the downtime within the hour, the others at their time.
    const isLifted = (account: string) => isDone(world, 'cad', 'unban', account);
    for (const { account, until } of [...lifts].sort((one, other) => one.until - other.until)) {
      if (until <= wall + HOUR_MS) {
        for (let passed = 0; !isLifted(account) && passed < HOUR_MS; passed += MINUTE_MS)
          await pass(world, MINUTE_MS);
      } else {
        await world.clock.advance(until - 1 - world.clock.now());
        await settled(world);
        expect(isLifted(account), `before the end of the ban of ${account}`).toBe(false);
        await pass(world, MINUTE_MS);
      }
      expect(isLifted(account), `the end of the ban of ${account}`).toBe(true);
    }

    // And nothing else has happened.
    const expected = [
      ...shares.map(({ product, kind, account }) => `${product} ${kind} ${account}`),
      ...lifts.map(({ account }) => `cad unban ${account}`),
    ];
    const done = effects(world);
    expect(done.filter((effect) => !expected.includes(effect))).toEqual([]);
    expect(done).toHaveLength(new Set(done).size);
    // Whoever is on the lists is kept out still, now that they have been read.
    await expectKeptOut(world, fixture);
    expect(world.log.filter((line) => /set aside|unreadable:/i.test(line))).toEqual([]);
    expect(world.faults).toEqual([]);
  });

  it('keeps within the limits, a second later', async () => {
    const world = await worldOf(fixture, wall - MINUTE_MS);
    const { sonoran, clock } = world;
    // Sonoran counts what was called before the stop.
    for (const { product, at, method, path } of fixture.calls) {
      await clock.advance(Math.max(0, at - clock.now()));
      const authorization = `Bearer ${product === 'cms' ? CMS_KEY : CAD_KEY}`;
      const headers = { authorization, 'content-type': 'application/json' };
      const init = method === 'GET' ? { method, headers } : { method, headers, body: '{}' };
      const { status } = await fetch(sonoran[product].url + path, init);
      expect(status).not.toBe(429);
    }
    await clock.advance(wall + 1_000 - clock.now());
    await world.fx.console('ensure cmsban');
    await sentOut(world, fixture);
    for (const product of PRODUCTS) {
      const statuses = sonoran[product].requests.map(({ response }) => response?.status);
      expect(statuses).not.toContain(429);
    }
    const { blocked } = fixture;
    if (blocked) {
      const sanctions = sonoran.cms.requests.filter(
        ({ operation, at }) => at > wall && (operation === 'BAN_ACCOUNT' || operation === 'KICK_ACCOUNT'),
      );
      expect(Math.min(...sanctions.map(({ at }) => at))).toBeGreaterThanOrEqual(blocked.until);
    }
  });
});
