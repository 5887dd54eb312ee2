import { describe, expect, it } from 'vitest';
import { watchCredentials } from '../../../server/settings/credential-watch.ts';
import { redactor, type Secret } from '../../../server/text/secret.ts';
import { createManualClock } from '../manual-clock.ts';
import { createMemoryStore } from '../memory-store.ts';

const HOUR_MS = 3_600_000;
const VENDORS = { sonoran_communityID: 'theirs', sonoran_apiKey: 'THEIR-KEY' };

function start(
  convars: Record<string, string> = {},
  { store = createMemoryStore(), clock = createManualClock() } = {},
) {
  const secrets: Secret[] = [];
  const changes: string[] = [];
  const problems: string[] = [];
  const bugs: unknown[] = [];
  const running = new Set<string>();
  const watch = watchCredentials({
    sources: {
      convar: (name) => convars[name] ?? '',
      file: () => undefined,
      isRunning: (resource) => running.has(resource),
    },
    store,
    clock,
    secrets,
    redact: redactor(secrets),
    onBug: (error) => bugs.push(error),
  });
  watch.onChange((product, now, before) => changes.push(`${product} ${before.state} > ${now.state}`));
  watch.onProblems((found) => problems.push(...found.map(({ convar }) => convar)));
  /** Sets convars, and looks. */
  function set(more: Readonly<Record<string, string>>): void {
    Object.assign(convars, more);
    watch.look();
  }
  return { watch, set, convars, running, changes, problems, secrets, bugs, store, clock };
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

describe('what is remembered', () => {
  it('is the community of the last run, until it is said that the product is not used', () => {
    const { store } = start({ ...VENDORS });
    const next = start({}, { store });
    expect(next.watch.reach('cad').state).toBe('awaited');
    expect(next.watch.community('cad')).toBe('https://api.sonorancad.com theirs');
    expect(next.watch.reach('cms').state).toBe('off');
    next.set({ cmsban_cad_community_id: 'none' });
    expect(start({}, { store }).watch.reach('cad').state).toBe('off');
  });

  it('is written once, and holds no key', () => {
    const { store, watch } = start({ ...VENDORS });
    watch.look();
    expect(store.writes).toHaveLength(1);
    expect(start({ ...VENDORS }, { store }).store.writes).toHaveLength(1);
    expect([...store.disk.values()].join()).not.toContain('THEIR-KEY');
  });

  it.each(['', 'nonsense', '{"version":2}', '{"version":1,"community":5,"awaitedSince":null,"waits":[]}'])(
    'may be unreadable: %s',
    (text) => {
      const store = createMemoryStore(new Map([['product:cad', text]]));
      expect(start({}, { store }).watch.reach('cad').state).toBe('off');
    },
  );

  it('that cannot be written is a bug, and costs nothing now', () => {
    const store = createMemoryStore();
    store.fail(1);
    const { watch, bugs } = start({ ...VENDORS }, { store });
    expect(watch.reach('cad').state).toBe('in-use');
    expect(bugs).toHaveLength(1);
  });
});

describe('how long no call could be made', () => {
  it('is counted from a moment on, across restarts', async () => {
    const clock = createManualClock();
    const before = clock.now();
    const { store, set, watch } = start({ sonoran_communityID: 'theirs' }, { clock });
    await clock.advance(HOUR_MS);
    const within = clock.now();
    await clock.advance(HOUR_MS);
    expect(watch.waitedSince('cad', before)).toBe(2 * HOUR_MS);
    set({ sonoran_apiKey: 'A' });
    await clock.advance(HOUR_MS);
    const { watch: next } = start({ ...VENDORS }, { clock, store });
    for (const each of [watch, next]) {
      expect(each.waitedSince('cad', before)).toBe(2 * HOUR_MS);
      expect(each.waitedSince('cad', within)).toBe(HOUR_MS);
      expect(each.waitedSince('cad', clock.now())).toBe(0);
      // Not used at all.
      expect(each.waitedSince('cms', before)).toBe(3 * HOUR_MS);
    }
  });

  it('goes on over a crash, and while the product is not used', async () => {
    const clock = createManualClock();
    const before = clock.now();
    const { store } = start({ sonoran_communityID: 'theirs' }, { clock });
    await clock.advance(HOUR_MS);
    const { watch, set } = start({ sonoran_communityID: 'theirs' }, { clock, store });
    await clock.advance(HOUR_MS);
    set({ cmsban_cad_community_id: 'none' });
    await clock.advance(HOUR_MS);
    expect(watch.waitedSince('cad', before)).toBe(3 * HOUR_MS);
  });

  it('leaves out the moment that it takes at every start', async () => {
    const clock = createManualClock();
    const before = clock.now();
    const { watch, set, store } = start({ sonoran_communityID: 'theirs' }, { clock });
    await clock.advance(1_000);
    set({ sonoran_apiKey: 'A' });
    expect(watch.waitedSince('cad', before)).toBe(0);
    expect(store.disk.get('product:cad')).toContain('"waits":[]');
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
