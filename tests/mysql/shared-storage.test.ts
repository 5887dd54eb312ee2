import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import type { Term } from '../../server/storage/mysql/lease.ts';
import { createRequests } from '../../server/storage/mysql/requests.ts';
import { createSharedStorage, type SharedStorage } from '../../server/storage/mysql/shared-storage.ts';
import { purgeTombstones } from '../../server/storage/mysql/tombstones.ts';
import type { Change, StoredRecord } from '../../server/storage/storage.ts';
import { createManualClock, type ManualClock, settle } from '../unit/manual-clock.ts';
import { makeTables, newCommunity, watchLease } from './community.ts';
import { describe, type Mariadb, startMariadb } from './mariadb.ts';
import { startProxy, type TestProxy } from './proxy.ts';
import { realClock } from './real-clock.ts';
import { until } from './until.ts';

const put = (name: string, value = name): Change => ({ name, value });
const gone = (name: string): Change => ({ name, value: null });

describe("storage in the community's database", () => {
  let server: Mariadb;
  let proxy: TestProxy;
  let community: string;
  let clock: ManualClock;
  let events: string[] = [];
  const opened: Database[] = [];

  beforeAll(async () => {
    server = await startMariadb();
    await makeTables(server);
    proxy = await startProxy(server.config.port);
  });
  afterAll(async () => {
    await proxy?.close();
    await server?.end();
  });
  afterEach(async () => {
    proxy.pass();
    events = [];
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  function open(config = {}, own = realClock): Database {
    const database = createDatabase({ config: { ...server.config, ...config }, clock: own });
    opened.push(database);
    return database;
  }

  /** The community's next term, of a lease that nobody renews. */
  async function nextTerm(id = 'one'): Promise<Term> {
    const lease = watchLease({
      database: open(),
      community,
      server: { id, name: id },
      clock: createManualClock(),
    });
    lease.start();
    await lease.heardOf(1);
    return lease.term();
  }

  function storageOf(term: Term, database = open({ port: proxy.port }, clock)): SharedStorage {
    const onLost = () => void events.push('lost');
    return createSharedStorage({
      database,
      community,
      term,
      clock,
      onLost,
      onTrouble: (trouble) => void events.push(trouble?.trouble ?? 'no trouble'),
    });
  }

  async function start(): Promise<SharedStorage> {
    clock = createManualClock();
    community = await newCommunity(open());
    return storageOf(await nextTerm());
  }

  const sql = (text: string) => server.admin(text.replaceAll('@c', `'${community}'`));
  const expire = () => sql('UPDATE game.cmsban_community SET expires_at = 1 WHERE community = @c');
  const records = async () =>
    (
      await sql(
        'SELECT name, value, revision FROM game.cmsban_record WHERE community = @c ORDER BY revision, name',
      )
    ).map(({ name, value, revision }) => `${revision} ${name}=${value}`);

  async function loaded(storage: SharedStorage, prefix = ''): Promise<readonly StoredRecord[]> {
    const found: StoredRecord[] = [];
    await storage.load(prefix, (record) => found.push(record));
    return found.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Lets time pass until something is done. */
  async function inTime<T>(promise: Promise<T>): Promise<T> {
    let isDone = false;
    void promise.then(() => {
      isDone = true;
    });
    await until(async () => {
      if (!isDone) await clock.advance(25);
      return isDone;
    }, 'it to be done');
    return promise;
  }

  it('writes what is asked for in one turn as one group, and groups in order', async () => {
    const storage = await start();
    const first = [storage.write([put('a'), gone('b')]), storage.write([put('a', '2'), put('c')])];
    expect(await Promise.all(first)).toEqual(['written', 'written']);
    const second = storage.write([put('d')]);
    await settle();
    // While one is under way.
    const third = [storage.write([put('e')]), storage.write([gone('a')])];
    expect(await Promise.all([second, ...third])).toEqual(['written', 'written', 'written']);
    expect(await records()).toEqual(['1 b=null', '1 c=c', '2 d=d', '3 a=null', '3 e=e']);
    expect(await storage.write([])).toBe('written');
    expect(clock.timers()).toBe(0);
  });

  it('keeps every name and every text', async () => {
    const storage = await start();
    const long = `key:export:${'panel'.repeat(20)}:${'👮'.repeat(300)}`;
    const texts = [
      put('emoji 👮', '{"reason":"👮 \'quoted\' \\" \\\\ %_"}'),
      put('a', 'small'),
      put('A', 'large'),
      put('ä', ''),
      put('space', '1'),
      put('space ', '2'),
      put('space  ', '3'),
      put(`${long}1`, 'long'),
      put(`${long}2`, 'longer'),
      put('100%_', 'x'),
      put('100ab', 'y'),
      put('lines\n\0', 'z\0\n'),
      put('', 'no name'),
    ];
    expect(await storage.write(texts)).toBe('written');
    const all = texts.map(({ name, value }) => ({ name, value }));
    expect(await loaded(storage)).toEqual(all.sort((one, other) => (one.name < other.name ? -1 : 1)));
    expect(await loaded(storage, '100%_')).toEqual([{ name: '100%_', value: 'x' }]);
    expect((await loaded(storage, 'key:export:')).map(({ value }) => value)).toEqual(['long', 'longer']);
    expect(await loaded(storage, `${long}2`)).toEqual([{ name: `${long}2`, value: 'longer' }]);
    await storage.write([gone(`${long}1`), gone('space ')]);
    expect(await loaded(storage, 'space')).toHaveLength(2);
    expect(await loaded(storage, 'key:export:')).toHaveLength(1);
  });

  it('writes and loads 10 000 records of 20 MB, in statements that a small server takes', async () => {
    const storage = await start();
    await server.admin('SET GLOBAL max_allowed_packet = 1048576');
    try {
      await expire();
      const fresh = storageOf(await nextTerm());
      const many = Array.from({ length: 10_000 }, (_, at) => put(`action:${at}`, '"'.repeat(at % 4_000)));
      expect(await fresh.write([...many, put('large', 'x'.repeat(900_000))])).toBe('written');
      expect(await fresh.write([put('other')])).toBe('written');
      expect(await loaded(fresh, 'action:')).toHaveLength(10_000);
      expect(events).toEqual([]);
      // More than it takes: that record is not kept, and the server says why.
      expect(await fresh.write([put('too-large', 'x'.repeat(1_100_000))])).toBe('not kept');
      expect(events).toHaveLength(1);
    } finally {
      await server.admin('SET GLOBAL max_allowed_packet = DEFAULT');
    }
    expect(await storage.write([put('late')])).toBe('not the writer');
  });

  it('writes what may be lost within a second, or with the next write, behind it', async () => {
    const storage = await start();
    let isKept = false;
    void storage.soon([put('limit', '1')]).then(() => {
      isKept = true;
    });
    await clock.advance(999);
    expect(await records()).toEqual([]);
    expect(isKept).toBe(false);
    await clock.advance(1);
    await until(() => isKept, 'the record');
    void storage.soon([put('limit', '2')]);
    await storage.write([put('action')]);
    void storage.soon([put('action', 'old')]);
    await storage.write([put('action', 'new')]);
    expect(await records()).toEqual(['2 limit=2', '3 action=new']);
    expect(clock.timers()).toBe(0);
  });

  it('begins to write when it is flushed, and says that it is not done', async () => {
    const storage = await start();
    expect(storage.flush()).toBe(true);
    void storage.soon([put('a')]);
    expect(storage.flush()).toBe(false);
    await storage.settled();
    expect(await records()).toEqual(['1 a=a']);
    expect(storage.flush()).toBe(true);
  });

  it('takes a request away in the same transaction as its action, or not at all', async () => {
    const storage = await start();
    const requests = createRequests({ database: open(), community });
    const add = (id: string) => requests.add({ id, server: 'one', decidedAt: 1, body: '{}' });
    const ids = async () => {
      const list = await requests.list();
      return list.ok ? list.requests.map(({ id }) => id) : list;
    };
    for (const id of ['r1', 'r2', 'r3']) await add(id);
    const both = () => Promise.all([storage.write([put('action')]), storage.removeRequests(['r1', 'r2'])]);
    expect(await both()).toEqual(['written', 'written']);
    expect(await ids()).toEqual(['r3']);
    // One transaction, one revision.
    expect(await sql('SELECT revision FROM game.cmsban_community WHERE community = @c')).toEqual([
      { revision: 1 },
    ]);
    // A revision is one of records.
    expect(await storage.removeRequests(['r1', 'nobody'])).toBe('written');
    expect(await sql('SELECT revision FROM game.cmsban_community WHERE community = @c')).toEqual([
      { revision: 1 },
    ]);
    await add('r1');
    await sql('UPDATE game.cmsban_community SET token = 9 WHERE community = @c');
    expect(await both()).toEqual(['not the writer', 'not the writer']);
    expect(await ids()).toEqual(['r1', 'r3']);
  });

  it('writes nothing for a holder of the past, nor for whoever waits behind it', async () => {
    const storage = await start();
    await storage.write([put('a', 'old')]);
    await expire();
    const next = storageOf(await nextTerm('two'));
    await next.write([put('a', 'new')]);
    const first = storage.write([put('a', 'older')]);
    await settle();
    const others = [storage.write([put('b')]), storage.write([put('c')])];
    expect(await Promise.all([first, ...others])).toEqual(Array(3).fill('not the writer'));
    expect(events).toEqual(['lost']);
    expect(await storage.write([put('d')])).toBe('not the writer');
    void storage.soon([put('e')]);
    await clock.advance(5_000);
    expect(await records()).toEqual(['2 a=new']);
    expect(clock.timers()).toBe(0);
  });

  it('writes nothing after its end, even when nobody else has it', async () => {
    const storage = await start();
    await expire();
    expect(await storage.write([put('a')])).toBe('not the writer');
    expect(await records()).toEqual([]);
  });

  it('writes nothing when it was paused in the middle, and somebody has taken over meanwhile', async () => {
    const storage = await start();
    // The lease is asked for before the first statement arrives, and is granted.
    proxy.hold();
    const write = storage.write([put('a', 'paused')]);
    await settle();
    await expire();
    const next = storageOf(await nextTerm('two'), open());
    expect(await next.write([put('a', 'new')])).toBe('written');
    proxy.pass();
    expect(await write).toBe('not the writer');
    expect(await records()).toEqual(['1 a=new']);
  });

  it('keeps others from taking over between its check and its commit', async () => {
    const storage = await start();
    await storage.write([put('a')]);
    const database = open({ port: proxy.port }, clock);
    const paused = storageOf({ token: 1, isHeld: () => true }, database);
    const swallowed = proxy.when('paused', 'no answer');
    const write = paused.write([put('a', 'paused')]);
    await swallowed;
    // It has checked, and neither commits nor breaks off.
    const lock = sql('SELECT 1 FROM game.cmsban_community WHERE community = @c FOR UPDATE NOWAIT');
    await expect(lock).rejects.toThrow('Lock wait');
    await clock.advance(5_000);
    await expire();
    const next = storageOf(await nextTerm('two'), open());
    await next.write([put('a', 'new')]);
    expect(await inTime(write)).toBe('not the writer');
    expect(await records()).toEqual(['2 a=new']);
  });

  it.each([
    ['is not heard', 'cut before'],
    ['has taken effect', 'cut after'],
  ] as const)(
    'repeats a transaction without harm whose line breaks, when a statement %s',
    async (_, fate) => {
      const storage = await start();
      await storage.write([put('a')]);
      for (const statement of ['START', 'revision = LAST', 'INSERT', 'COMMIT']) {
        const isCut = proxy.when(statement, fate);
        const value = statement.toLowerCase();
        const write = storage.write([put('a', value), put(value)]);
        await isCut;
        expect(await inTime(write)).toBe('written');
        expect((await loaded(storage)).find(({ name }) => name === 'a')?.value).toBe(value);
      }
      expect(await loaded(storage)).toHaveLength(5);
    },
  );

  it('repeats a transaction whose COMMIT hangs, once the deadline is over', async () => {
    const storage = await start();
    await storage.write([put('a')]);
    const swallowed = proxy.when('COMMIT', 'no answer');
    const write = storage.write([put('a', 'hung')]);
    await swallowed;
    await clock.advance(5_250);
    expect(await write).toBe('written');
    expect(await records()).toEqual(['3 a=hung']);
    expect(events).toEqual(['too slow', 'no trouble']);
  });

  it('waits for a database that is away, as long as the term lasts', async () => {
    const storage = await start();
    await storage.write([put('a')]);
    await server.kill();
    const write = storage.write([put('b')]);
    await until(async () => {
      await clock.advance(250);
      return events.includes('unreachable');
    }, 'the trouble');
    await server.start();
    await until(async () => {
      await clock.advance(250);
      return events.includes('no trouble');
    }, 'its end');
    expect(await write).toBe('written');
    expect(await records()).toEqual(['1 a=a', '2 b=b']);
  });

  it('gives up when the term is over meanwhile', async () => {
    await start();
    let isHeld = true;
    const storage = storageOf({ token: 1, isHeld: () => isHeld }, open({ port: 1 }, clock));
    const writes = [storage.write([put('a')]), storage.removeRequests(['r'])];
    await until(() => clock.timers() > 0, 'the pause');
    isHeld = false;
    await clock.advance(250);
    expect(await Promise.all(writes)).toEqual(['not the writer', 'not the writer']);
    // The lease knows.
    expect(events).toEqual(['unreachable']);
    expect(clock.timers()).toBe(0);
  });

  it('says what was not kept, and writes it when it can be', async () => {
    const storage = await start();
    await server.admin('SET GLOBAL read_only = ON');
    try {
      expect(await storage.write([put('a'), put('b')])).toBe('not kept');
      expect(await storage.write([put('b', 'newer'), put('c')])).toBe('not kept');
    } finally {
      await server.admin('SET GLOBAL read_only = OFF');
    }
    expect(events).toEqual(['read-only']);
    await clock.advance(1_000);
    await storage.settled();
    expect(await records()).toEqual(['1 a=a', '1 b=newer', '1 c=c']);
    expect(events).toEqual(['read-only', 'no trouble']);
  });

  it('does not take a database that does not answer for an empty one', async () => {
    const storage = await start();
    await storage.write(Array.from({ length: 1_500 }, (_, at) => put(`r${at}`)));
    void proxy.when('LIKE', 'cut after');
    void proxy.when('LIKE', 'cut after');
    let found: readonly StoredRecord[] | undefined;
    void loaded(storage, 'r').then((each) => {
      found = each;
    });
    await until(async () => {
      await clock.advance(250);
      return found !== undefined;
    }, 'the records');
    expect(found).toHaveLength(1_500);
  });

  it('never ends to load when the term does', async () => {
    await start();
    let isHeld = true;
    const storage = storageOf({ token: 1, isHeld: () => isHeld }, open({ port: 1 }, clock));
    let isLoaded = false;
    void storage
      .load('', () => {})
      .then(() => {
        isLoaded = true;
      });
    await until(() => clock.timers() > 0, 'the pause');
    isHeld = false;
    await clock.advance(10_000);
    expect(isLoaded).toBe(false);
    expect(clock.timers()).toBe(0);
  });

  it('forgets what was taken away long ago, and not what is there or was taken away just now', async () => {
    const storage = await start();
    const database = open();
    await storage.write([put('a'), put('b'), put('c')]);
    await storage.write([gone('a')]);
    await sql('UPDATE game.cmsban_record SET changed_at = 1 WHERE community = @c');
    await storage.write([gone('b')]);
    const purge = (token: number) =>
      purgeTombstones({ database, community, term: { token, isHeld: () => true }, olderThanMs: 60_000 });
    // Whoever is not the writer forgets nothing.
    expect(await purge(0)).toEqual({ ok: true, value: 0 });
    expect(await purge(1)).toEqual({ ok: true, value: 1 });
    expect(await purge(1)).toEqual({ ok: true, value: 0 });
    expect(await records()).toEqual(['1 c=c', '3 b=null']);
    expect(await sql('SELECT purged FROM game.cmsban_community WHERE community = @c')).toEqual([
      { purged: 2 },
    ]);
  });
});
