import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import type { Effect } from '../../devserver/sonoran/effects.ts';
import type { Fault } from '../../devserver/sonoran/fault.ts';
import { callsTo } from './calls.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { CMS_KEY, openWorld, startWorld, type World } from './world.ts';

/** Whatever Sonoran, or what stands before it, answers: a defined result, a retry, and one effect in the end. */

const TIMEOUT_MS = 10_000;
/** The first retry comes within this, whatever the jitter. */
const FIRST_RETRY_MS = 2_000;
/** By then every rate limit is free again that was met without a word on how long it takes. */
const LIMIT_MS = 120_000;
const RETRY_AFTER_S = 90;
const HOUR_MS = 60 * 60 * 1_000;

type Api = 'CMS v1' | 'CAD v1' | 'CAD v2';
const APIS: readonly Api[] = ['CMS v1', 'CAD v1', 'CAD v2'];
const PLAIN_TEXT: readonly Api[] = ['CMS v1', 'CAD v1'];
const productOf = (api: Api) => (api === 'CMS v1' ? 'cms' : 'cad');

const worldOf = (api: Api) => ({
  use: { cms: api === 'CMS v1', cad: api !== 'CMS v1' },
  convars: { cmsban_cad_version: api === 'CAD v1' ? '1' : '2' },
});

interface Row {
  readonly title: string;
  readonly fault: Fault;
  /** What the moderator reads. */
  readonly words: string;
  /** The answer comes when the time is over. */
  readonly timesOut?: boolean;
  readonly retryAfterMs?: number;
  /** APIs whose 200 is a success, whatever is in it: v1 documents no body to go by. */
  readonly succeedsIn?: readonly Api[];
}

const unexpected = (status: number) => `an unexpected answer (status ${status})`;
const noAnswer = 'no answer within 10 s';
const webPage = (status: number) => `a web page instead of an answer (status ${status})`;

const ROWS: readonly Row[] = [
  {
    title: 'latency beyond the limit',
    fault: { kind: 'latency', ms: 60_000 },
    words: noAnswer,
    timesOut: true,
  },
  {
    title: 'latency beyond the limit, acted on',
    fault: { kind: 'latency', ms: 60_000, effect: true },
    words: noAnswer,
    timesOut: true,
  },
  { title: 'hang before', fault: { kind: 'hang', when: 'before' }, words: noAnswer, timesOut: true },
  { title: 'hang in the body', fault: { kind: 'hang', when: 'body' }, words: noAnswer, timesOut: true },
  {
    title: 'hang in the body, acted on',
    fault: { kind: 'hang', when: 'body', effect: true },
    words: noAnswer,
    timesOut: true,
  },
  { title: 'trickle', fault: { kind: 'trickle', everyMs: 2_000 }, words: noAnswer, timesOut: true },
  { title: 'reset before', fault: { kind: 'reset', when: 'before' }, words: 'the connection broke' },
  { title: 'reset after', fault: { kind: 'reset', when: 'after' }, words: 'the connection broke' },
  { title: 'rate limit', fault: { kind: 'rate-limit' }, words: 'the rate limit is reached' },
  {
    title: 'rate limit with Retry-After',
    fault: { kind: 'rate-limit', retryAfter: RETRY_AFTER_S },
    words: 'the rate limit is reached',
    retryAfterMs: RETRY_AFTER_S * 1_000,
  },
  ...[500, 502, 503, 418].map((status) => ({
    title: `status ${status}`,
    fault: { kind: 'status', status, body: 'Oh no' } as const,
    words: unexpected(status),
  })),
  {
    title: 'status 500, acted on',
    fault: { kind: 'status', status: 500, effect: true },
    words: unexpected(500),
  },
  { title: 'status 404 without a word', fault: { kind: 'status', status: 404 }, words: unexpected(404) },
  {
    title: 'redirect 301',
    fault: { kind: 'redirect', location: '/elsewhere', status: 301 },
    words: unexpected(301),
  },
  { title: 'redirect 302', fault: { kind: 'redirect', location: '/elsewhere' }, words: unexpected(302) },
  { title: 'HTML with 200', fault: { kind: 'html', status: 200 }, words: webPage(200) },
  { title: 'HTML with 502', fault: { kind: 'html' }, words: webPage(502) },
  { title: 'empty', fault: { kind: 'empty' }, words: 'an unreadable answer', succeedsIn: PLAIN_TEXT },
  {
    title: 'wrong JSON',
    fault: { kind: 'wrong-json' },
    words: 'an unreadable answer',
    succeedsIn: PLAIN_TEXT,
  },
  {
    title: 'truncated JSON',
    fault: { kind: 'truncated-json' },
    words: 'an unreadable answer',
    succeedsIn: PLAIN_TEXT,
  },
  {
    title: 'a body without end',
    fault: { kind: 'huge-body', bytes: 32 * 1_048_576 },
    words: 'an unreadable answer',
    succeedsIn: PLAIN_TEXT,
  },
];

describe.each(APIS)('%s', (api) => {
  let world: World;
  let moderator: Awaited<ReturnType<World['moderator']>>;

  beforeAll(async () => {
    world = await openWorld(worldOf(api));
    moderator = await world.moderator();
  });
  afterEach(() => {
    world.sonoran.cms.clearFaults();
    world.sonoran.cad.clearFaults();
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  const host = () => world.sonoran[productOf(api)];
  /** Spoils bans and kicks alone: days pass here, and the list of banned accounts is read in between. */
  function spoil(fault: Fault, times?: number): void {
    for (const operation of ['BAN_ACCOUNT', 'KICK_ACCOUNT'] as const) {
      world.sonoran.cms.fault(operation, fault, times);
    }
    for (const operation of ['BAN_USER', 'account-bans'] as const) {
      world.sonoran.cad.fault(operation, fault, times);
    }
  }

  const idOf = (who: Somebody) => (api === 'CMS v1' ? who.accId : who.uuid);
  const effectsOn = (who: Somebody): readonly Effect[] =>
    host().effects.filter(({ accId }) => accId === idOf(who));

  /** The target with only the identifier that goes first, so that one call is one candidate. */
  const targetOf = (who: Somebody) =>
    api === 'CMS v1' ? `discord:${who.discord}` : `license:${who.license}`;

  /** Begins a ban or kick, and waits for what the moderator is told first. */
  async function decide(kind: 'ban' | 'kick', who: Somebody, timesOut = false) {
    const before = { requests: callsTo(host()).length, elapsed: world.clock.elapsed() };
    const outcome = await world.outcomeOf(async () => {
      await moderator.chatInput(`/cms${kind} ${targetOf(who)} being rude`);
      if (kind === 'kick') await moderator.chatInput('/cmskick confirm');
      if (!timesOut) return;
      await until(() => callsTo(host()).length > before.requests, 'the request');
      await world.clock.advance(TIMEOUT_MS);
    });
    expect(world.clock.elapsed() - before.elapsed).toBeLessThanOrEqual(TIMEOUT_MS);
    await until(() => host().openRequests === 0, 'the connection to be given up');
    return outcome;
  }

  /** Lets so much time pass, and waits for the end. */
  const retried = (ms = FIRST_RETRY_MS) => world.outcomeOf(() => world.clock.advance(ms));

  it.each(ROWS)('$title', async ({ fault, words, timesOut, retryAfterMs, succeedsIn }) => {
    const who = newSomebody(world);
    spoil(fault);
    const first = await decide('ban', who, timesOut);
    if (succeedsIn?.includes(api)) {
      expect(first).toMatchObject({ status: 'delivered', code: 'OK' });
      return;
    }
    expect(first).toMatchObject({
      status: 'queued',
      code: 'QUEUED',
      products: { [productOf(api)]: { status: 'queued', code: 'QUEUED' } },
    });
    expect(moderator.chat.at(-1)).toContain('accepted, but not done yet');
    expect(moderator.chat.at(-1)).toContain(words);

    host().clearFaults();
    const requests = callsTo(host()).length;
    if (retryAfterMs !== undefined) {
      await world.clock.advance(retryAfterMs - 1);
      expect(callsTo(host())).toHaveLength(requests);
    }
    expect(await retried(LIMIT_MS)).toMatchObject({ id: first['id'], status: 'delivered', code: 'OK' });
    expect(callsTo(host())).toHaveLength(requests + 1);
    expect(moderator.chat.at(-1)).toMatch(/is banned in Sonoran/);
    expect(effectsOn(who).filter(({ changed }) => changed)).toMatchObject([{ kind: 'ban' }]);
    await world.clock.advance(HOUR_MS);
    expect(callsTo(host())).toHaveLength(requests + 1);
  });

  it('never follows a redirect', async () => {
    const other = api === 'CMS v1' ? world.sonoran.cad : world.sonoran.cms;
    for (const status of [301, 302, 303, 307, 308]) {
      spoil({ kind: 'redirect', location: `${other.url}/stolen`, status }, 1);
      const requests = callsTo(host()).length;
      await decide('ban', newSomebody(world));
      expect(callsTo(host())).toHaveLength(requests + 1);
      await retried(LIMIT_MS);
    }
    expect(other.requests).toEqual([]);
  });

  it('reads no more than 1 MiB of a body', async () => {
    spoil({ kind: 'huge-body', bytes: 256 * 1_048_576 }, 1);
    const requests = callsTo(host()).length;
    const before = process.memoryUsage().arrayBuffers;
    const first = await decide('ban', newSomebody(world));
    // What is left of it never went out: nobody was there to read it.
    expect(callsTo(host())[requests]?.response).toBeUndefined();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1_048_576);
    if (first['status'] === 'queued') await retried();
  });

  it.each(['reset', 'hang'] as const)(
    'counts a kick whose answer was lost (%s) as done when nobody is found afterwards',
    async (how) => {
      const who = newSomebody(world);
      const player = await world.join(who.name, who.identifiers);
      spoil(
        how === 'reset' ? { kind: 'reset', when: 'after' } : { kind: 'hang', when: 'before', effect: true },
        1,
      );
      expect(await decide('kick', who, how === 'hang')).toMatchObject({ status: 'queued' });
      expect(player.connected).toBe(true);
      expect(await retried()).toMatchObject({ status: 'delivered', code: 'OK', dropped: true });
      expect(effectsOn(who)).toMatchObject([{ kind: 'kick', changed: true }]);
      await until(() => !player.connected, 'the drop');
    },
  );

  it('does not count a kick that surely never arrived as done', async () => {
    const who = newSomebody(world, { cms: [], cad: [] });
    spoil({ kind: 'rate-limit' }, 1);
    expect(await decide('kick', who)).toMatchObject({ status: 'queued' });
    expect(await retried(LIMIT_MS)).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });

  it('asks again under the same name after a lost answer, not under the next one', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    spoil({ kind: 'status', status: 503 }, 1);
    const requests = callsTo(host()).length;
    const first = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} being rude`));
    expect(first).toMatchObject({ status: 'queued' });
    expect(await retried()).toMatchObject({ status: 'delivered' });
    const [one, again, ...more] = callsTo(host()).slice(requests);
    expect(again?.body).toEqual(one?.body);
    expect(more).toEqual([]);
  });

  it('waits longer from time to time, but never more than five minutes', async () => {
    const who = newSomebody(world);
    spoil({ kind: 'status', status: 503 });
    await decide('ban', who);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 12; attempt++) {
      const requests = callsTo(host()).length;
      const wait = (await nextTryAt()) - world.clock.now();
      waits.push(wait);
      await world.clock.advance(wait - 1);
      expect(callsTo(host())).toHaveLength(requests);
      await world.clock.advance(1);
      await until(() => callsTo(host())[requests]?.response, 'the next try');
      await until(() => host().openRequests === 0, 'the end of it');
    }
    expect(waits[0]).toBeLessThanOrEqual(FIRST_RETRY_MS);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * 60_000);
    expect(Math.max(...waits)).toBeGreaterThan(20_000);
    host().clearFaults();
    const wait = (await nextTryAt()) - world.clock.now();
    expect(await retried(wait)).toMatchObject({ status: 'delivered' });
  });

  /** When the one delivery that is pending is tried next; waits until its last try is over. */
  async function nextTryAt(): Promise<number> {
    for (;;) {
      const [pending] =
        await world.call<Array<{ products: Record<string, { nextTryAt?: number }> }>>('getPending');
      const at = pending?.products[productOf(api)]?.nextTryAt;
      if (at !== undefined && at > world.clock.now()) return at;
    }
  }
});

describe('a delivery that never gets through', () => {
  it('is given up when cmsban_retry_hours are over, loudly', async () => {
    const world = await startWorld({
      ...worldOf('CAD v2'),
      convars: { cmsban_retry_hours: '1', cmsban_log_level: 'error' },
    });
    const moderator = await world.moderator();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cad.fault('*', { kind: 'hang', when: 'before' });
    await moderator.chatInput(`/cmsban ${player.id} being rude`);
    await until(() => world.sonoran.cad.openRequests === 1, 'the request');
    await world.clock.advance(HOUR_MS - 6 * 60_000);
    expect(world.events.map(({ name }) => name)).toEqual(['queued']);
    const end = await world.outcomeOf(() => world.clock.advance(7 * 60_000));
    expect(end).toMatchObject({ status: 'refused', code: 'EXPIRED', dropped: false });
    expect(world.events.at(-1)?.name).toBe('refused');
    expect(moderator.chat.at(-1)).toMatch(/is NOT banned in Sonoran\..*given up.*no answer within 10 s/);
    expect(player.connected).toBe(true);
    // Also where the owner wants to see nothing but errors.
    expect(world.log.filter((line) => line.includes('given up'))).toHaveLength(1);
    const requests = callsTo(world.sonoran.cad).length;
    world.sonoran.cad.clearFaults();
    await world.clock.advance(24 * HOUR_MS);
    expect(callsTo(world.sonoran.cad)).toHaveLength(requests);
    expect(world.sonoran.cad.effects).toEqual([]);
  });
});

describe('a key in an answer', () => {
  const KEY_START = CMS_KEY.slice(0, 10);

  it.each<[string, Fault]>([
    ['a refusal', { kind: 'status', status: 400, body: `YOUR KEY ${CMS_KEY} IS NOT GOOD` }],
    [
      'a refusal in JSON',
      { kind: 'status', status: 409, body: JSON.stringify({ detail: `No: ${CMS_KEY}` }) },
    ],
    ['wrong credentials', { kind: 'status', status: 401, body: `${CMS_KEY}: INVALID API KEY` }],
    ['a page', { kind: 'status', status: 502, body: `<html>${CMS_KEY}`, contentType: 'text/html' }],
    [
      'a refusal, at the place where long words are cut off',
      { kind: 'status', status: 400, body: `${'x'.repeat(184)} ${CMS_KEY}` },
    ],
  ])('never comes out of %s', async (_, fault) => {
    const world = await startWorld({ ...worldOf('CMS v1'), convars: { cmsban_log_level: 'debug' } });
    const moderator = await world.moderator();
    const { discord } = newSomebody(world);
    world.sonoran.cms.fault('*', fault);
    await world.outcomeOf(() => moderator.chatInput(`/cmsban discord:${discord} being rude`));
    await until(() => moderator.chat.length === 2, 'the answer in chat');
    await world.fx.console(`cmsban discord:${newSomebody(world).discord}`);
    await until(() => world.events.length === 2, 'the answer in the console');
    const exported = [
      await world.call('banPlayer', `discord:${discord}`),
      await world.call('lookupPlayer', `discord:${discord}`),
      await world.call('getHistory'),
    ];
    const places = {
      exported,
      event: world.events,
      chat: moderator.events,
      console: world.log,
    };
    const leaks = Object.entries(places).flatMap(([place, shown]) =>
      JSON.stringify(shown).includes(KEY_START) ? [place] : [],
    );
    expect(leaks).toEqual([]);
  });
});
