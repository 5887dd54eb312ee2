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
