import { describe, expect, it } from 'vitest';
import { watchCredentials } from '../../../server/settings/credential-watch.ts';
import { redactor, type Secret } from '../../../server/text/secret.ts';
import { createManualClock } from '../manual-clock.ts';
import { kvpOn } from '../storage/kvp-on.ts';

const VENDORS = { sonoran_communityID: 'theirs', sonoran_apiKey: 'THEIR-KEY' };

function start(
  convars: Record<string, string> = {},
  { disk = new Map<string, string>(), clock = createManualClock() } = {},
) {
  const { storage, store } = kvpOn(clock, disk);
  const secrets: Secret[] = [];
  const changes: string[] = [];
  const problems: string[] = [];
  const running = new Set<string>();
  const watch = watchCredentials({
    sources: {
      convar: (name) => convars[name] ?? '',
      file: () => undefined,
      isRunning: (resource) => running.has(resource),
    },
    storage,
    clock,
    secrets,
    redact: redactor(secrets),
  });
  watch.onChange((product, now, before) => changes.push(`${product} ${before.state} > ${now.state}`));
  watch.onProblems((found) => problems.push(...found.map(({ convar }) => convar)));
  /** Sets convars, and looks. */
  function set(more: Readonly<Record<string, string>>): void {
    Object.assign(convars, more);
    watch.look();
  }
  return { watch, set, convars, running, changes, problems, secrets, store, disk, clock };
}

describe('how a product can be reached', () => {
  it('goes from off to awaited to in use, and through other credentials', () => {
    const { set, changes } = start();
    set({ sonoran_communityID: 'theirs' });
    set({ sonoran_apiKey: 'A' });
    set({ sonoran_apiKey: 'A' });
    set({ sonoran_apiKey: 'B' });
    set({ sonoran_communityID: 'others' });
    expect(changes).toEqual([
      'cad off > awaited',
      'cad awaited > in-use',
      'cad in-use > in-use',
      'cad in-use > in-use',
    ]);
  });

  it('stays as it was while credentials are away', () => {
    const { set, watch, changes } = start({ ...VENDORS });
    set({ sonoran_apiKey: '' });
    set({ sonoran_apiKey: 'protection_initialized' });
    set({ sonoran_communityID: '', sonoran_apiKey: '' });
    expect(watch.reach('cad')).toMatchObject({ state: 'in-use', communityId: 'theirs' });
    expect(changes).toEqual([]);
    set({ cmsban_cad_community_id: 'none' });
    expect(changes).toEqual(['cad in-use > off']);
  });

  it('is looked at by itself only while something is awaited', async () => {
    const { clock, convars, set, changes } = start();
    expect(clock.timers()).toBe(0);
    set({ sonoran_communityID: 'theirs' });
    convars['sonoran_apiKey'] = 'A';
    await clock.advance(30_000);
    expect(changes.at(-1)).toBe('cad awaited > in-use');
    expect(clock.timers()).toBe(0);
  });
});

/** One that has read what the last run left. */
async function loaded(...[convars, options]: Parameters<typeof start>) {
  const started = start(convars, options);
  await started.watch.load();
  return started;
}

/** What is on disk after a run with the vendor's credentials. */
async function leftByLastRun(): Promise<Map<string, string>> {
  const { disk, clock } = await loaded({ ...VENDORS });
  await clock.advance(1_000);
  return disk;
}

describe('what is remembered', () => {
  it('is the community of the last run, until it is said that the product is not used', async () => {
    const disk = await leftByLastRun();
    const next = start({}, { disk });
    // Nothing is known before it is read.
    expect(next.watch.reach('cad').state).toBe('off');
    await next.watch.load();
    expect(next.changes).toEqual(['cad off > awaited']);
    expect(next.watch.community('cad')).toBe('https://api.sonorancad.com theirs');
    expect(next.watch.reach('cms').state).toBe('off');
    next.set({ cmsban_cad_community_id: 'none' });
    await next.clock.advance(1_000);
    expect((await loaded({}, { disk })).watch.reach('cad').state).toBe('off');
  });

  it('is not written before what is there has been read, and not over it', async () => {
    const disk = await leftByLastRun();
    const early = start({}, { disk });
    await early.clock.advance(60_000);
    expect(early.store.groups).toEqual([]);
    expect(disk.get('product:cad')).toContain('theirs');
  });

  it('is another community when its credentials are there at the start already', async () => {
    const disk = await leftByLastRun();
    const next = await loaded({ ...VENDORS, sonoran_communityID: 'others' }, { disk });
    expect(next.watch.community('cad')).toBe('https://api.sonorancad.com others');
    await next.clock.advance(1_000);
    expect(disk.get('product:cad')).toContain('others');
  });

  it('is written once, and holds no key', async () => {
    const { store, watch, disk, clock } = await loaded({ ...VENDORS });
    watch.look();
    await clock.advance(1_000);
    expect(store.groups).toHaveLength(1);
    const next = await loaded({ ...VENDORS }, { disk });
    await next.clock.advance(1_000);
    expect(next.store.groups).toEqual([]);
    expect([...disk.values()].join()).not.toContain('THEIR-KEY');
  });

  it('in the form of cmsban 0.1 is read', async () => {
    const community = 'https://api.sonorancad.com theirs';
    const record = { version: 1, community, awaitedSince: null, waits: [[1, 2]] };
    const disk = new Map([['product:cad', JSON.stringify(record)]]);
    expect((await loaded({}, { disk })).watch.community('cad')).toBe(community);
  });

  it.each(['', 'nonsense', '{"version":2}', '{"version":1,"community":5}'])(
    'may be unreadable: %s',
    async (text) => {
      const { watch } = await loaded({}, { disk: new Map([['product:cad', text]]) });
      expect(watch.reach('cad').state).toBe('off');
    },
  );

  it('costs nothing else when reading it throws', async () => {
    const disk = await leftByLastRun();
    const next = start({}, { disk });
    next.store.corrupted.add('product:cad');
    await next.watch.load();
    expect(next.watch.reach('cad').state).toBe('off');
  });

  it('is written when it can be, and costs nothing before', async () => {
    const { watch, store, disk, clock } = start({ ...VENDORS });
    store.isFull = true;
    await watch.load();
    await clock.advance(5_000);
    expect(watch.reach('cad').state).toBe('in-use');
    expect(disk.size).toBe(0);
    store.isFull = false;
    await clock.advance(5_000);
    expect(disk.get('product:cad')).toContain('theirs');
  });
});

it('what is wrong is told once, and again when it is wrong in another way', () => {
  const { set, problems, watch } = start({ cmsban_cad_community_id: 'ours' });
  expect(watch.problems().map(({ convar }) => convar)).toEqual(['cmsban_cad_api_key']);
  set({});
  expect(problems).toEqual([]);
  set({ cmsban_cad_url: 'nonsense' });
  expect(problems).toEqual(['cmsban_cad_url']);
});

it('every key is known as a secret, also those that come later, and the placeholder is none', () => {
  const { set, secrets } = start({ cmsban_cms_api_key: 'ALONE', sonoran_apiKey: 'protection_initialized' });
  set({ sonoran_apiKey: 'A' });
  set({ SONORAN_CMS_API_KEY: 'B' });
  expect(secrets.map((secret) => secret.reveal())).toEqual(['ALONE', 'A', 'B']);
});
