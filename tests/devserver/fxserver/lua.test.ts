import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const lua = (code: string) => ({
  'fxmanifest.lua': `fx_version 'cerulean'\ngame 'common'\nserver_script 'server.lua'\n`,
  'server.lua': code,
});

describe('a Lua script', () => {
  test('knows where it runs', async () => {
    const server = await world.start(
      {
        one: lua(`
          print(GetCurrentResourceName(), GetConvar('x', 'none'), GetInvokingResource(), 'a b')
          print(json.encode({ a = 1, b = { 'x', 'y' } }) ~= nil, json.encode({}), json.encode({ 1, 2.5, true, 'ä"\\n' }))
          print(json.decode('{"a":[1,2.5,null,"\\\\u00e4\\\\ud83d\\\\ude00"],"b":{}}').a[4], os.time())
          print(type(GetNonsense), type(io), #GetPlayers())`),
      },
      'set x "y z"',
    );
    expect(printed(server, 'one')).toEqual([
      'one\ty z\tnil\ta b',
      'true\t[]\t[1,2.5,true,"ä\\"\\n"]',
      `ä😀\t${Date.UTC(2026, 0, 1) / 1000}`,
      'nil\tnil\t0',
    ]);
  });

  test('has threads that wait on the clock', async () => {
    const server = await world.start({
      one: lua(`
        CreateThread(function()
          print('thread', GetGameTimer())
          Wait(1000)
          print('waited', GetGameTimer())
        end)
        SetTimeout(500, function() print('timeout', GetGameTimer()) end)
        print('loaded')
        local p = promise.new()
        CreateThread(function() print('awaited', Citizen.Await(p)) end)
        CreateThread(function() Wait(700) p:resolve(5) end)
        print(pcall(Citizen.Await, promise.new()))`),
    });
    await world.clock.advance(5_000);
    expect(printed(server, 'one')).toEqual([
      'loaded',
      expect.stringContaining('false\t'),
      'thread\t0',
      'timeout\t500',
      'awaited\t5',
      'waited\t1000',
    ]);
    expect(server.runtime('one').ticksEntered).toBe(4);
  });

  test('calls exports of JavaScript and waits for their promises', async () => {
    const server = await world.start({
      callee: `
        exports('add', (a, b) => a + b)
        exports('later', async (table) => { await new Promise((r) => setTimeout(r, 100)); return { got: table, who: 'x', none: null, list: [1, 2] } })
        exports('fail', async () => { throw new Error('too far') })
        exports('boom', () => { throw new Error('bang') })
        exports('each', (list, f) => list.map((x) => f(x)))
        exports('who', () => GetInvokingResource())`,
      caller: lua(`
        print(exports.callee:add(1, 2), exports['callee']:who())
        print(json.encode(exports.callee:each({ 1, 2 }, function(x) return x * 2 end)))
        print(select(2, pcall(function() return exports.callee:nothing() end)))
        CreateThread(function()
          local outcome = exports.callee:later({ a = 1, f = nil })
          print(outcome.got.a, outcome.who, outcome.none, #outcome.list, math.type(outcome.list[1]))
          print(pcall(function() exports.callee:fail() end))
          print(pcall(function() exports.callee:boom() end))
        end)`),
    });
    await world.clock.advance(1_000);
    const lines = printed(server, 'caller');
    expect(lines.slice(0, 2)).toEqual(['3\tcaller', '[2,4]']);
    expect(lines[2]).toContain('No such export nothing in resource callee');
    expect(lines[3]).toBe('1\tx\tnil\t2\tinteger');
    const rest = lines.slice(4).join('\n');
    expect(rest).toContain('An error occurred while calling export `fail` in resource `callee`:');
    expect(rest).toContain('too far');
    expect(rest).toContain('bang');
  });

  test('has exports that JavaScript can call', async () => {
    const server = await world.start({
      callee: lua(`
        exports('add', function(a, b) return a + b end)
        exports('later', function(a) Wait(100) return { a = a } end)
        exports('fail', function() Wait(10) error('no luck') end)`),
      caller: `
        console.log(exports.callee.add(1, 2))
        exports.callee.later(7).then((result) => console.log(JSON.stringify(result)))
        exports.callee.fail().catch((error) => console.log(typeof error, error.includes('no luck')))`,
    });
    await world.clock.advance(1_000);
    expect(printed(server, 'caller')).toEqual(['3', 'string true', '{"a":7}']);
    await expect(server.callExport('x', 'callee', 'add', 2, 3)).resolves.toBe(5);
  });

  test('hears events and commands, from clients only what it registered', async () => {
    const server = await world.start(
      {
        one: lua(`
          AddEventHandler('plain', function(a, b, c) print('plain', a, b, c, source == '') end)
          RegisterNetEvent('net', function(value) print('net', value, source) TriggerClientEvent('back', source, { v = value }) end)
          AddEventHandler('playerDropped', function(reason) print('dropped', source, reason, GetPlayerName(source), #GetPlayerIdentifiers(source)) end)
          RegisterCommand('cmd', function(from, args, raw) print('cmd', from, #args, args[1], raw) DropPlayer(1, 'bye') end, true)
          local handler = AddEventHandler('once', function() print('once') end)
          TriggerEvent('once')
          RemoveEventHandler(handler)
          TriggerEvent('once')`),
      },
      '',
    );
    server.emit('plain', 1, null, { x: 1 }.x);
    const result = await server.connect({ name: 'Ann', identifiers: ['license:a'] });
    if (!result.admitted) throw new Error(result.message);
    result.player.trigger('plain');
    result.player.trigger('net', 'v');
    await server.console('cmd "a b" c');
    expect(printed(server, 'one')).toEqual([
      'once',
      'plain\t1\tnil\t1\ttrue',
      'event plain was not safe for net',
      'net\tv\t1',
      'cmd\t0\t2\ta b\tcmd "a b" c',
      'dropped\t1\tbye\tAnn\t1',
    ]);
    expect(result.player.events).toEqual([{ name: 'back', args: [{ v: 'v' }] }]);
  });

  test('prints its errors, and ends with its resource', async () => {
    const server = await world.start(
      {
        one: lua(`
        AddEventHandler('bad', function() error('oops') end)
        AddEventHandler('end', function() ExecuteCommand('stop one') print('last words') end)
        CreateThread(function() while true do Wait(100) print('tick') end end)`),
        two: lua('this is not Lua'),
      },
      'add_ace resource.one command.stop allow',
    );
    server.emit('bad');
    expect(printed(server, 'one')[0]).toContain('^1SCRIPT ERROR: @one/server.lua:2: oops^7');
    expect(printed(server, 'two')[0]).toContain('SCRIPT ERROR: @two/server.lua:1');
    server.emit('end');
    await world.clock.advance(1_000);
    expect(printed(server, 'one')).toHaveLength(1);
    expect(server.resourceState('one')).toBe('stopped');
  });
});
