import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe('a resource', () => {
  test('runs its server script as a classic script with its own globals', async () => {
    const server = await world.start({
      one: `var shared = 'one'; console.log(typeof module, typeof require, typeof exports, this === globalThis, global.shared)`,
      two: `console.log(typeof shared)`,
    });
    expect(printed(server, 'one')).toEqual(['undefined function function true one']);
    expect(printed(server, 'two')).toEqual(['undefined']);
  });

  test('shares globals between its own scripts, in the order of the manifest', async () => {
    const server = await world.start({
      one: {
        'fxmanifest.lua': `fx_version 'cerulean'\ngame 'common'\nserver_scripts { 'a.js', 'b/*.js' }\nshared_script 's.js'`,
        's.js': `var list = ['s']`,
        'a.js': `list.push('a')`,
        'b/1.js': `list.push('1')`,
        'b/2.js': `console.log(list.concat('2').join())`,
      },
    });
    expect(printed(server, 'one')).toEqual(['s,a,1,2']);
  });

  test('knows its name, its state and its manifest', async () => {
    const server = await world.start({
      one: {
        'fxmanifest.lua': `fx_version 'cerulean'\ngame 'common'\nversion '1.2.3'\nserver_script 'a.js'\nconvar_category 'One' { 'Settings', { { 'Key', 'one_key', 'CV_STRING', '' } } }`,
        'a.js': `console.log(GetCurrentResourceName(), GetResourceState('one'), GetResourceState('none'));
          console.log(GetResourceMetadata('one', 'version', 0), GetNumResourceMetadata('one', 'server_script'));
          console.log(GetResourceMetadata('one', 'convar_category_extra', 0));
          on('onServerResourceStart', (name) => console.log('started', name, GetResourceState(name)))`,
      },
    });
    await world.clock.advance(0);
    expect(printed(server, 'one')).toEqual([
      'one starting missing',
      '1.2.3 1',
      '["Settings",[["Key","one_key","CV_STRING",""]]]',
      'started one started',
    ]);
  });

  test('is refused by a server that is too old, and without a dependency', async () => {
    const server = await world.start(
      {
        new: { 'fxmanifest.lua': `fx_version 'cerulean'\ndependency '/server:12913'` },
        lone: { 'fxmanifest.lua': `fx_version 'cerulean'\ndependencies { 'nobody' }` },
      },
      '',
      { build: 12_000 },
    );
    expect(server.resourceState('new')).toBe('stopped');
    expect(server.resourceState('lone')).toBe('stopped');
    const lines = printed(server, 'resources').join('\n');
    expect(lines).toContain(
      'Resource new requires a newer server: it needs build 12913, this is build 12000.',
    );
    expect(lines).toContain('Could not find dependency nobody for resource lone.');
  });

  test('names a native that does not exist, and a script file that is missing', async () => {
    const server = await world.start({
      one: {
        'fxmanifest.lua': `server_scripts { 'a.js', 'gone.js' }`,
        'a.js': `on('go', () => GetNonsense()); console.log(typeof GetNonsense); emit('go')`,
      },
    });
    const [first, second] = printed(server, 'one');
    expect(first).toBe('undefined');
    expect(second).toContain('GetNonsense is not defined');
    expect(printed(server, 'resources')).toEqual([
      '^3Warning: could not find server_script `gone.js` (defined in fxmanifest.lua:1)^7',
      'Started resource one (1 warning)',
    ]);
  });

  describe('that another builds', () => {
    const builder = (result: string) => `
      const built = new Set();
      RegisterResourceBuildTaskFactory('maker', () => ({
        shouldBuild: (name) => name === 'one' && !built.has(name),
        build: (name, done) => setTimeout(() => { built.add(name); done(${result}) }, 1000),
      }))`;

    test('starts once that is done', async () => {
      const server = await world.start({ maker: builder('true'), one: `console.log('up')` });
      expect(server.resourceState('one')).toBe('stopped');
      await server.console('ensure one');
      await world.clock.advance(1_000);
      await world.clock.advance(0);
      expect(printed(server, 'one')).toEqual(['up']);
      expect(printed(server, 'resources')).toEqual([
        'Started resource maker',
        "Running build tasks on resource one - it'll restart once completed.",
        "^1Couldn't start resource one.^7",
        "^1Couldn't start resource one.^7",
        'Build tasks completed - starting resource one.',
        'Started resource one',
      ]);
    });

    test('stays away when that fails', async () => {
      const server = await world.start({ maker: builder(`false, 'no way'`), one: `console.log('up')` });
      await world.clock.advance(1_000);
      expect(printed(server, 'one')).toEqual([]);
      expect(printed(server, 'resources').slice(-2)).toEqual([
        'Building resource one failed.',
        'Error data: no way',
      ]);
    });
  });

  test('survives a script that does not parse', async () => {
    const server = await world.start({ one: `console.log(` });
    expect(server.resourceState('one')).toBe('started');
    expect(printed(server, 'one')[0]).toContain('Error loading script @one/server.js in resource one');
  });

  test('takes numbers for player ids badly', async () => {
    const server = await world.start({
      one: `try { GetPlayerName(1) } catch (error) { console.log(error instanceof Error, error.message) }`,
    });
    expect(printed(server, 'one')).toEqual(['true GetPlayerName: expected a string, got number']);
  });
});

describe('a folder of resources', () => {
  const hello = `console.log('hello')`;
  const folders = (): string[] => {
    world.resources({
      '[core]/beta': hello,
      '[core]/[deep]/alpha': hello,
      '[other]/gamma': hello,
      delta: hello,
    });
    world.write('resources/[core]/no-resource/readme.md', '');
    return [`${world.folder}/resources`];
  };
  const started = (server: FxServer): string[] =>
    printed(server, 'resources').flatMap((line) => /^Started resource (.*)$/.exec(line)?.[1] ?? []);

  test.each([
    ['ensure [core]', ['alpha', 'beta']],
    ['ensure [deep]\nensure delta', ['alpha', 'delta']],
    ['start [other]', ['gamma']],
  ])('is looked into, however deep: %j', async (config, names) => {
    const server = await world.start({}, config, { resources: folders() });
    expect(started(server)).toEqual(names);
  });

  test('that nobody knows is named', async () => {
    const server = await world.start({}, 'ensure [none]', { resources: folders() });
    expect(printed(server, 'cmd')).toEqual(["^3Couldn't find resource category [none].^7"]);
  });

  test('can be stopped and restarted as a whole', async () => {
    const server = await world.start({}, 'ensure [core]', { resources: folders() });
    await server.console('stop beta; restart [core]; stop [core]');
    expect(started(server)).toEqual(['alpha', 'beta', 'alpha']);
    expect(server.resourceState('alpha')).toBe('stopped');
  });

  test('shows what is new in it after a refresh, and not before', async () => {
    const server = await world.start({}, '', { resources: folders() });
    world.resources({ '[core]/new': hello });
    await server.console('ensure new');
    expect(server.resourceState('new')).toBe('missing');
    await server.console('refresh; ensure new');
    expect(server.resourceState('new')).toBe('started');
  });
});

test('a manifest counts as it was at the last refresh, whenever its resource starts', async () => {
  const server = await world.start({
    one: {
      'fxmanifest.lua': `version '1'\nserver_script 'a.js'`,
      'a.js': `console.log('a', GetResourceMetadata('one', 'version', 0))`,
      'b.js': `console.log('b', GetResourceMetadata('one', 'version', 0))`,
    },
  });
  world.write('resources/one/fxmanifest.lua', `version '2'\nserver_script 'b.js'`);
  await server.console('ensure one');
  await server.console('refresh; ensure one');
  expect(printed(server, 'one')).toEqual(['a 1', 'a 1', 'b 2']);
});

test('what a dependency has started is left alone while the configuration runs', async () => {
  const server = await world.start({
    two: { 'fxmanifest.lua': `dependency 'one'` },
    one: `console.log('up')`,
  });
  expect(printed(server, 'one')).toEqual(['up']);
  await server.console('ensure one');
  expect(printed(server, 'one')).toEqual(['up', 'up']);
});

describe('stopping and restarting', () => {
  test('another resource can bring it about, or only say so: the state does not tell', async () => {
    const server = await world.start({
      one: `on('onResourceStop', (name) => console.log(name, GetInvokingResource(), GetResourceState('one')))`,
      two: `on('claim', () => emit('onResourceStop', 'one')); on('stop', () => StopResource('one'))
        on('suicide', () => console.log(StopResource('two')))`,
    });
    server.emit('claim');
    expect(server.resourceState('one')).toBe('started');
    server.emit('stop');
    expect(server.resourceState('one')).toBe('stopped');
    expect(printed(server, 'one')).toEqual(['one two started', 'one two started']);
    server.emit('suicide');
    expect(printed(server, 'two')).toEqual(['false']);
  });

  const talkative = `
    console.log('up')
    on('onResourceStop', (name) => { if (name === GetCurrentResourceName()) console.log('stopping ' + GetResourceState(name)) })
    on('ping', () => console.log('pong'))
    RegisterCommand('hey', () => console.log('hey'), false)
    setInterval(() => { SetResourceKvp('tick', 'x'); console.log('tick') }, 1000)
    require('node:timers').setTimeout(() => console.log('late'), 1500)
    Promise.resolve().then(async () => { for (;;) { await new Promise((r) => setTimeout(r, 700)); console.log('loop') } })
    exports('f', () => 1)
  `;

  test('ends everything of the old run', async () => {
    const server = await world.start({ one: talkative });
    await server.console('stop one');
    server.emit('ping');
    await server.console('hey');
    await world.clock.advance(5_000);
    expect(printed(server, 'one')).toEqual(['up', 'stopping started']);
    expect(printed(server, 'cmd')).toEqual(['No such command hey.']);
    await expect(server.callExport('x', 'one', 'f')).rejects.toThrow('No such export f in resource one');
  });

  test('starts again in a new world', async () => {
    const server = await world.start({ one: talkative });
    await server.console('restart one');
    await world.clock.advance(1_000);
    server.emit('ping');
    expect(printed(server, 'one')).toEqual(['up', 'stopping started', 'up', 'loop', 'tick', 'pong']);
  });

  test('a crash runs nothing more', async () => {
    const server = await world.start({ one: talkative });
    server.crash();
    server.emit('ping');
    await world.clock.advance(5_000);
    expect(printed(server, 'one')).toEqual(['up']);
  });
});
