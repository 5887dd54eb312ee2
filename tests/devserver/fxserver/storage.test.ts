import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Disk } from '../../../devserver/fxserver/disk.ts';
import { KeyValueStore } from '../../../devserver/fxserver/key-value-store.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const text = (value: string) => ({ type: 'string', value }) as const;

describe('the natives of the key-value store', () => {
  const all = `
    on('dump', () => {
      const handle = StartFindKvp('')
      const found = []
      for (let key = FindKvp(handle); key !== null; key = FindKvp(handle)) found.push(key + '=' + GetResourceKvpString(key))
      EndFindKvp(handle)
      console.log(found.join(' '))
    })
    on('write', () => {
      SetResourceKvp('safe', '1'); SetResourceKvpNoSync('unsafe', '1')
      SetResourceKvpNoSync('both', 'old'); SetResourceKvp('both', 'new')
      SetResourceKvp('kept', '1'); DeleteResourceKvpNoSync('kept')
      SetResourceKvp('gone', '1'); DeleteResourceKvp('gone')
    })
    on('flush', () => FlushResourceKvp())`;

  test('see unsynced writes at once, and lose them in a crash', async () => {
    const server = await world.start({ one: all });
    server.emit('write');
    server.emit('dump');
    expect(printed(server, 'one')).toEqual(['both=new safe=1 unsafe=1']);
    server.crash();
    const again = await world.start({ one: all });
    again.emit('dump');
    expect(printed(again, 'one')).toEqual(['both=new kept=1 safe=1']);
  });

  test.each([
    ['a flush and a crash', true],
    ['a proper stop', false],
  ])('keep everything over %s', async (_what, crash) => {
    const server = await world.start({ one: all });
    server.emit('write');
    if (crash) {
      server.emit('flush');
      server.crash();
    } else await server.stop();
    const again = await world.start({ one: all });
    again.emit('dump');
    expect(printed(again, 'one')).toEqual(['both=new safe=1 unsafe=1']);
  });

  test('keep resources apart, by name', async () => {
    const server = await world.start({ one: all, two: all });
    server.emitFrom('x', 'write');
    await server.console('restart one');
    const lone = await world.start({ three: all });
    lone.emit('dump');
    expect(printed(lone, 'three')).toEqual(['']);
  });

  test('know integers and floats, and search by prefix', async () => {
    const server = await world.start({
      one: `
        SetResourceKvpInt('a:1', 7); SetResourceKvpFloat('a:2', 0.5); SetResourceKvp('b', 'x\\0y')
        console.log(GetResourceKvpInt('a:1'), GetResourceKvpFloat('a:2'), GetResourceKvpString('b'), GetResourceKvpString('none'), GetResourceKvpInt('none'))
        const handle = StartFindKvp('a:')
        console.log(FindKvp(handle), FindKvp(handle), FindKvp(handle))
        let last; for (let i = 0; i < 64; i++) last = StartFindKvp('')
        console.log(last)
        try { SetResourceKvp('n', 5) } catch (error) { console.log(error.message) }`,
    });
    expect(printed(server, 'one')).toEqual([
      '7 0.5 x null 0',
      'a:1 a:2 null',
      '-1',
      'SetResourceKvp: expected a string, got number',
    ]);
  });
});

describe('a search', () => {
  const search = (server: FxServer, resource: string): string => {
    server.emit(`search:${resource}`);
    return printed(server, resource).at(-1) ?? '';
  };
  const searching = (name: string) => `
    on('search:${name}', () => console.log(StartFindKvp('')))
    on('end:${name}', () => EndFindKvp(0))
    on('find:${name}', (handle) => { try { console.log(FindKvp(handle)) } catch (error) { console.log(error.message) } })`;

  test('takes one of 64 handles, which all resources share and a restart does not free', async () => {
    const server = await world.start({ one: searching('one'), two: searching('two') });
    for (let handle = 0; handle < 63; handle++) expect(search(server, 'one')).toBe(String(handle));
    expect(search(server, 'two')).toBe('63');
    expect(search(server, 'two')).toBe('-1');
    await server.console('restart one');
    expect(search(server, 'one')).toBe('-1');
    server.emit('end:two');
    expect(search(server, 'one')).toBe('0');
  });

  test('goes on with what was there when it began, and without a handle there is none', async () => {
    const server = await world.start({
      one: `
        SetResourceKvp('a', '1'); SetResourceKvp('b', '2')
        const handle = StartFindKvp('')
        DeleteResourceKvp('b'); SetResourceKvp('c', '3')
        console.log(FindKvp(handle), FindKvp(handle), FindKvp(handle)); EndFindKvp(handle)
        EndFindKvp(-1); EndFindKvp(handle)
        for (const none of [-1, handle, 64]) try { console.log(FindKvp(none)) } catch (error) { console.log(error.message) }`,
    });
    expect(printed(server, 'one')).toEqual([
      'a b null',
      'FindKvp: -1 is not an open search',
      'FindKvp: 0 is not an open search',
      'FindKvp: 64 is not an open search',
    ]);
  });
});

describe('a disk with something wrong', () => {
  const code = `
    on('put', (key, value) => { SetResourceKvp(key, value); console.log('put', GetResourceKvpString(key)) })
    on('put:later', (key, value) => SetResourceKvpNoSync(key, value))
    on('delete', (key) => { DeleteResourceKvp(key); console.log('deleted', GetResourceKvpString(key)) })
    on('flush', () => FlushResourceKvp())
    on('get', (key) => { try { console.log('got', GetResourceKvpString(key)) } catch (error) { console.log('threw', error.message) } })
    on('keys', () => { const found = []; const handle = StartFindKvp(''); for (let key = FindKvp(handle); key; key = FindKvp(handle)) found.push(key); EndFindKvp(handle); console.log(found.join()) })`;

  test('that is full takes nothing, and does not say so', async () => {
    const server = await world.start({ one: code });
    server.emit('put', 'old', '1');
    server.disk.isFull = true;
    server.emit('put', 'old', '2');
    server.emit('put', 'new', '2');
    server.emit('put:later', 'later', '2');
    server.emit('flush');
    server.emit('delete', 'old');
    server.emit('keys');
    server.disk.isFull = false;
    server.emit('put', 'new', '3');
    expect(printed(server, 'one')).toEqual(['put 1', 'put 1', 'put null', 'deleted 1', 'old', 'put 3']);
    expect(server.swallowed).toEqual([]);
  });

  test('has records that are found and cannot be read, until they are written anew', async () => {
    const disk = new Disk();
    const server = await world.start({ one: code, two: '' }, '', { disk });
    server.emit('put', 'a', '1');
    disk.corrupt('one', 'a');
    disk.corrupt('two', 'b');
    await server.stop();
    const again = await world.start({ one: code }, '', { disk });
    again.emit('get', 'a');
    again.emit('get', 'b');
    again.emit('keys');
    again.emit('put', 'a', '2');
    expect(printed(again, 'one')).toEqual(['threw insufficient bytes', 'got null', 'a', 'put 2']);
  });

  test.each([
    [0, ['', '']],
    [1, ['a=1', '']],
    [2, ['a=1', 'x=1']],
    [3, ['a=2', 'x=1']],
    [4, ['', 'x=1']],
    [9, ['', 'x=1']],
  ])('keeps, in a crash, the first %d of the unsynced writes of all resources', async (unsynced, kept) => {
    const all = (name: string) => `
      on('set:${name}', (key, value) => value === null ? DeleteResourceKvpNoSync(key) : SetResourceKvpNoSync(key, value))
      on('dump', () => { const found = []; const handle = StartFindKvp(''); for (let key = FindKvp(handle); key; key = FindKvp(handle)) found.push(key + '=' + GetResourceKvpString(key)); EndFindKvp(handle); console.log(found.join()) })`;
    const server = await world.start({ one: all('one'), two: all('two') });
    server.emit('set:one', 'a', '1');
    server.emit('set:two', 'x', '1');
    server.emit('set:one', 'a', '2');
    server.emit('set:one', 'a', null);
    server.crash({ unsynced });
    const again = await world.start({ one: all('one'), two: all('two') });
    again.emit('dump');
    expect([printed(again, 'one').at(-1), printed(again, 'two').at(-1)]).toEqual(kept);
  });

  test('that is slow keeps the thread busy at every flush, and at no unsynced write', async () => {
    const server = await world.start({ one: code }, '', { disk: new Disk(20) });
    const took = (act: () => void): number => {
      const from = performance.now();
      act();
      return performance.now() - from;
    };
    expect(took(() => server.emit('put', 'a', '1'))).toBeGreaterThanOrEqual(19);
    const { flushes } = server.disk;
    // Other processes may have the processor meanwhile, but not every time.
    const later = Array.from({ length: 10 }, () => took(() => server.emit('put:later', 'b', '1')));
    expect(Math.min(...later)).toBeLessThan(19);
    expect(server.disk.flushes).toBe(flushes);
    expect(took(() => server.emit('flush'))).toBeGreaterThanOrEqual(19);
    expect(server.disk.flushes).toBe(flushes + 1);
  });
});

describe('the log on disk', () => {
  const path = (): string => join(world.folder, 'store.kvp');

  test('tolerates a torn or corrupt end', () => {
    const store = new KeyValueStore(path());
    store.set('a', text('1'));
    store.set('b', text('2'));
    store.abandon();
    const whole = readFileSync(path());
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(path(), whole);
      truncateSync(path(), length);
      const torn = new KeyValueStore(path());
      expect(torn.find('')).toEqual(
        length === whole.length ? ['a', 'b'] : length >= whole.length / 2 ? ['a'] : [],
      );
      torn.set('c', text('3'));
      torn.abandon();
      expect(new KeyValueStore(path()).get('c')).toEqual(text('3'));
    }
    writeFileSync(path(), whole);
    appendFileSync(path(), Buffer.from('garbage that is long enough'));
    expect(new KeyValueStore(path()).find('')).toEqual(['a', 'b']);
  });

  test('is compacted when it is opened', () => {
    const store = new KeyValueStore(path());
    for (let index = 0; index < 1_000; index++) store.set('same', text(`value ${index}`));
    store.close();
    const before = statSync(path()).size;
    const again = new KeyValueStore(path(), { durability: 'fsync' });
    expect(again.get('same')).toEqual(text('value 999'));
    expect(statSync(path()).size).toBeLessThan(before / 500);
    again.set('other', text('x'));
    again.close();
  });

  test('finds keys in order while they come and go', () => {
    const store = new KeyValueStore(path());
    for (let index = 0; index < 20_000; index++) store.setUnsynced(`key:${index % 7}:${index}`, text(''));
    expect(store.find('key:3:').length).toBe(Math.ceil((20_000 - 3) / 7));
    store.set('key:3:', text(''));
    store.set('key:3:3', null);
    store.setUnsynced('key:3:10', null);
    const found = store.find('key:3:');
    expect(found[0]).toBe('key:3:');
    expect(found).toEqual([...found].sort());
    expect(found).not.toContain('key:3:3');
    expect(found).not.toContain('key:3:10');
    expect(store.find('nothing')).toEqual([]);
  });

  test('keeps what was written when the process is killed', async () => {
    const folders = world.resources({
      one: `
        for (let index = 0; ; index++) {
          SetResourceKvpNoSync('unsafe', String(index)); SetResourceKvp('safe:' + index, 'x')
          if (index === 50) { console.log('written'); break }
        }`,
    });
    const program = world.write(
      'run.ts',
      `import { FxServer } from ${JSON.stringify(join(import.meta.dirname, '../../../devserver/fxserver/server.ts'))};
       await FxServer.start({ config: ${JSON.stringify(world.write('kill.cfg', 'ensure one'))}, resources: ${JSON.stringify(folders)},
         data: ${JSON.stringify(join(world.folder, 'data'))}, onOutput: ({ text }) => console.log(text) });`,
    );
    const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    for await (const chunk of child.stdout) {
      output += String(chunk);
      if (output.includes('Started resource one')) break;
    }
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    const store = new KeyValueStore(join(world.folder, 'data', 'one.kvp'));
    expect(store.find('safe:')).toHaveLength(51);
    expect(store.get('unsafe')).toBeUndefined();
    store.close();
  });
});
