import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AccessControl } from '../../../devserver/fxserver/access.ts';
import { splitCommands, tokenize } from '../../../devserver/fxserver/console-line.ts';
import { printed, World } from './world.ts';

describe('the tokenizer', () => {
  test.each([
    ['a b  c', ['a', 'b', 'c']],
    ['set x "a b" ', ['set', 'x', 'a b']],
    ['set x ""', ['set', 'x', '']],
    ['set url "http://host//x"', ['set', 'url', 'http://host//x']],
    ['set url http://host//x', ['set', 'url', 'http://host//x']],
    ['a # b', ['a']],
    ['a#b // c', ['a#b']],
    ['// a', []],
    ['# a', []],
    ['a"b c"d', ['a', 'b c', 'd']],
    ['a "open end', ['a', 'open end']],
    ['"\\"quoted\\""', ['"quoted"']],
    ['a\tb\u0001c', ['a', 'b', 'c']],
  ])('%j', (line, words) => {
    expect(tokenize(line)).toEqual(words);
  });

  test('commands end at line ends and at semicolons outside quotes', () => {
    expect(splitCommands('a; b "c;d"\r\n\n e ')).toEqual(['a', ' b "c;d"', ' e ']);
  });
});

describe('access control', () => {
  test('is hierarchical, and a deny wins', () => {
    const access = new AccessControl();
    access.add('group.admin', 'command', true);
    access.add('group.mod', 'command.ban', false);
    access.inherit('identifier.a', 'group.admin');
    access.inherit('identifier.b', 'group.mod');
    expect(access.isAllowed(['identifier.a'], 'command.ban')).toBe(true);
    expect(access.isAllowed(['identifier.a'], 'commands')).toBe(false);
    expect(access.isAllowed(['identifier.a', 'identifier.b'], 'command.ban')).toBe(false);
    expect(access.isAllowed(['identifier.a', 'identifier.b'], 'command.kick')).toBe(true);
    access.remove('group.mod', 'command.ban', false);
    expect(access.isAllowed(['identifier.a', 'identifier.b'], 'command.ban')).toBe(true);
    access.disinherit('identifier.a', 'group.admin');
    expect(access.isAllowed(['identifier.a'], 'command.ban')).toBe(false);
    expect(access.isAllowed(['system.console'], 'anything')).toBe(true);
  });
});

describe('a server.cfg', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
  });
  afterEach(() => world.end());

  test('sets convars, and runs other files', async () => {
    world.write('keys.cfg', 'set secret "k;1" # not the key');
    const server = await world.start(
      {
        one: {
          'server.js': `console.log(GetConvar('secret', 'none'), GetConvar('SECRET', 'none'), GetConvarInt('number', 5), GetConvarInt('on', 0), GetConvar('from_resource', 'none'))`,
          'fxmanifest.lua': `server_script 'server.js'`,
          'one.cfg': 'set from_resource yes',
        },
      },
      `# a comment
       endpoint_add_tcp "0.0.0.0:30120"
       sv_hostname "My server"; sets tags "a, b"
       setr number 7 // seven
       set on true
       exec keys.cfg
       exec @one/one.cfg
       exec missing.cfg`,
    );
    expect(printed(server, 'one')).toEqual(['k;1 k;1 7 1 yes']);
    expect(printed(server, 'cmd')).toEqual(['No such config file: missing.cfg']);
    await server.console('sv_hostname');
    expect(printed(server, 'cmd').at(-1)).toBe(' "sv_hostname" is "My server"');
  });

  test('is gone through for its convars before anything starts, and then from the top', async () => {
    world.write('late.cfg', 'set nested early\nexec later.cfg');
    world.write('later.cfg', 'setr deep early\nsets listed early\nset three words here');
    const server = await world.start(
      {
        one: {
          'server.js': `console.log(['after', 'twice', 'nested', 'deep', 'listed', 'three', 'inside', 'sv_hostname', 'key'].map((name) => GetConvar(name, '-')).join())`,
          'fxmanifest.lua': `server_script 'server.js'`,
          'one.cfg': 'set inside early',
        },
      },
      `set twice first
       ensure one
       set after early # a comment
       set twice last
       sv_hostname "Mine"
       set key secret
       add_convar_permission two read key
       exec late.cfg
       exec @one/one.cfg
       stop one`,
    );
    // The key can be read by everybody until the line is reached that says who may.
    expect(printed(server, 'one')).toEqual([
      'early,first,early,early,-,-,-,Mine,secret',
      'early,last,early,early,early,-,early,Mine,-',
    ]);
    expect(printed(server, 'cmd')).toEqual(['Argument count mismatch (passed 3, wanted 2)']);
  });

  test.each([
    ['set a b c', 'passed 3, wanted 2'],
    ['set a', 'passed 1, wanted 2'],
    ['setr a b c', 'passed 3, wanted 2'],
    ['ensure one two', 'passed 2, wanted 1'],
    ['start', 'passed 0, wanted 1'],
    ['exec a b', 'passed 2, wanted 1'],
    ['add_ace a b', 'passed 2, wanted 3'],
    ['sv_hostname My server', 'passed 2, wanted 1'],
  ])('takes a command with as many words as it has, and nothing else: %s', async (line, told) => {
    const server = await world.start({ one: '', two: '' }, 'stop one');
    await server.console('set a before; stop one; stop two');
    await server.console(line);
    expect(printed(server, 'cmd')).toEqual([`Argument count mismatch (${told})`]);
    await server.console('a; sv_hostname');
    expect(printed(server, 'cmd').slice(1)).toEqual([' "a" is "before"', ' "sv_hostname" is ""']);
    expect(server.resourceState('one')).toBe('stopped');
  });

  test('runs other files relative to the folder that the server was started in', async () => {
    world.write('config/server.cfg', 'exec config/keys.cfg\nensure one');
    world.write('config/keys.cfg', 'exec shared.cfg\nexec @one/one.cfg\nexec here.cfg');
    world.write('config/here.cfg', 'set key wrong');
    world.write('shared.cfg', 'set key right');
    const server = await world.start(
      {
        one: {
          'server.js': `console.log(GetConvar('key', '-'), GetConvar('own', '-'))`,
          'fxmanifest.lua': `server_script 'server.js'`,
          'one.cfg': 'set own yes',
        },
      },
      '',
      { folder: world.folder, config: 'config/server.cfg' },
    );
    expect(printed(server, 'one')).toEqual(['right yes']);
    expect(printed(server, 'cmd')).toEqual(['No such config file: here.cfg']);
  });

  test('says who may read a convar while it is run the first time, and never again', async () => {
    world.write('again.cfg', 'set key new\nadd_convar_permission one read key');
    const code = `on('ask', () => console.log(GetConvar('key', '-')))`;
    const server = await world.start({ one: code, two: code });
    await server.console('exec again.cfg');
    await server.console('add_convar_permission one read key');
    server.emit('ask');
    expect(printed(server, 'two')).toEqual(['new']);
    expect(printed(server, 'cmd')).toEqual(
      Array(2).fill(
        '^3Warning: add_convar_permission is only executable before the server finished execution.^7',
      ),
    );
  });

  test('hides a convar from all but the named resources', async () => {
    const code = `console.log(GetConvar('key', 'default'), GetConvarInt('key', 3))`;
    const server = await world.start(
      { one: code, two: code },
      'set key "12"\nadd_convar_permission one read key',
    );
    expect(printed(server, 'one')).toEqual(['12 12']);
    expect(printed(server, 'two')).toEqual(['default 3']);
  });

  test('tells listeners of changes', async () => {
    const server = await world.start({
      one: `AddConvarChangeListener('one_*', (name) => console.log(name, GetConvar(name, '')))`,
    });
    await server.console('set one_a 1; set two_a 2; set one_b 3');
    await server.console('stop one; set one_a 4');
    expect(printed(server, 'one')).toEqual(['one_a 1', 'one_b 3']);
  });
});
