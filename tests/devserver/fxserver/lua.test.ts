import fc from 'fast-check';
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
        CreateThread(function() Wait(700) p:resolve(5) end)`),
    });
    await world.clock.advance(5_000);
    expect(printed(server, 'one')).toEqual([
      'loaded',
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

describe('a Lua file', () => {
  test('runs in a thread: exports and Wait work at its top level, and the next file is not kept waiting', async () => {
    const server = await world.start({
      callee: `exports('later', async (value) => { await new Promise((r) => setTimeout(r, 100)); return value + 1 })`,
      one: {
        'fxmanifest.lua': `fx_version 'cerulean'\ngame 'common'\nserver_scripts { 'a.lua', 'b.lua' }\n`,
        'a.lua': `print('a begins') Wait(50) print('a waited', exports.callee:later(1)) error('late')`,
        'b.lua': `print('b runs', Citizen.Await(exports.callee:later(5) and promise.new():resolve('resolved')))`,
      },
    });
    expect(printed(server, 'one')).toEqual(['a begins']);
    await world.clock.advance(1_000);
    expect(printed(server, 'one')).toEqual([
      'a begins',
      'b runs\tresolved',
      'a waited\t2',
      '^1SCRIPT ERROR: @one/a.lua:1: late^7',
    ]);
  });

  test('cannot wait where Lua cannot yield; what it called was called all the same', async () => {
    const server = await world.start({
      callee: `let calls = 0; exports('later', async () => ++calls); exports('calls', () => calls)`,
      one: lua(`
        print(select(2, pcall(table.sort, { 1, 2 }, function() return exports.callee:later() > 1 end)))
        print(exports.callee:calls())
        local routine = coroutine.wrap(function() return exports.callee:later() end)
        print(routine() ~= 2, exports.callee:calls())`),
    });
    await world.clock.advance(0);
    const lines = printed(server, 'one');
    expect(lines.join('\n')).toContain('attempt to yield across a C-call boundary');
    expect(lines).toContain('1');
    expect(lines).toContain('true\t2');
  });

  test('has timeouts that can be cleared', async () => {
    const server = await world.start({
      one: lua(`
        local first = SetTimeout(10, function() print('first') end)
        local second
        SetTimeout(20, function() print('clears') ClearTimeout(second) end)
        second = SetTimeout(30, function() print('second') end)
        ClearTimeout(first)
        ClearTimeout(first)
        ClearTimeout(12345)`),
    });
    await world.clock.advance(100);
    expect(printed(server, 'one')).toEqual(['clears']);
  });
});

describe('promises of Lua', () => {
  test('are made, chained, awaited, rejected', async () => {
    const server = await world.start({
      one: lua(`
        local p = promise.new()
        p:next(function(value) print('first', value) return value + 1 end)
          :next(function(value) print('second', value) error('oops', 0) end)
          :next(nil, function(failure) print('failed', failure) return promise.new(function(d) d:resolve('inner') end) end)
          :next(function(value) print('third', value) end)
        p:resolve(1)
        p:resolve(2)
        p:reject('no')
        print(p.state, p.value, pcall(Citizen.Await, promise.new():reject('refused')))
        print(Citizen.Await(promise.all({ promise.new():resolve('a'), promise.new():resolve('b') }))[2])
        print(Citizen.Await(promise.first({ promise.new(), promise.new():resolve('quick') })))`),
    });
    expect(printed(server, 'one')).toEqual([
      'first\t1',
      'second\t2',
      'failed\toops',
      'third\tinner',
      '3\t1\tfalse\trefused',
      'b',
      'quick',
    ]);
  });

  test('cross as tables: whoever gets one can wait, and learns no value', async () => {
    const server = await world.start({
      callee: lua(`exports('later', function()
        local p = promise.new()
        SetTimeout(100, function() p:resolve('value') end)
        return p
      end)`),
      caller: lua(`
        local p = exports.callee:later()
        print(type(p), p.state, p.resolve)
        p:next(function(value) print('told', value) end)
        print('awaited', Citizen.Await(p), GetGameTimer())`),
      script: `const p = exports.callee.later(); console.log(typeof p.then, typeof p.next, p.state)`,
    });
    await world.clock.advance(1_000);
    expect(printed(server, 'caller')).toEqual(['table\t0\tnil', 'told\tvalue', 'awaited\tnil\t100']);
    expect(printed(server, 'script')).toEqual(['undefined function 0']);
  });
});

describe('what crosses from Lua', () => {
  const mirror = `exports('show', (...args) => JSON.stringify(args)); exports('same', (value) => value)`;

  test('tables: a list has no hole and no name, everything else is a map', async () => {
    const server = await world.start({
      callee: mirror,
      one: lua(`
        local function show(...) print(exports.callee:show(...)) end
        show({ 1, 2 }, {}, { a = 1 })
        show({ 1, nil, 3 }, { [2] = 'x' }, { 'a', b = 'c' }, { [0] = 1, 2 })
        show(table.pack(1, 2), table.pack(1, nil, 3))
        show({ [true] = 1, __proto__ = 3 }, { [1.5] = 2 })
        show(nil, 'x', nil)
        show(0 / 0 ~= exports.callee:same(0 / 0), exports.callee:same(math.huge) == math.huge)
        show(coroutine.create(print), 1 << 31, -5, 2.0, 2.5, -129, -40000, 1 << 40)
        local deep = {}
        for _ = 1, 30 do deep = { deep } end
        print(#exports.callee:show(deep))`),
    });
    expect(printed(server, 'one')).toEqual([
      '[[1,2],[],{"a":1}]',
      '[{"1":1,"3":3},{"2":"x"},{"1":"a","b":"c"},{"0":1,"1":2}]',
      '[[1,2],{"1":1,"3":3,"n":3}]',
      '[{"true":1},{"1.5":2}]',
      '[null,"x",null]',
      '[true,true]',
      `[null,2147483648,-5,2,2.5,-129,-40000,${2 ** 40}]`,
      // Sixteen of the thirty brackets; what is deeper is nil.
      String(JSON.stringify([[]]).length + 2 * 13 + 'null'.length + 2),
    ]);
  });

  test('arguments to Lua: what follows a hole is lost when the last two are nil', async () => {
    const server = await world.start({
      callee: lua(`
        exports('count', function(...) return select('#', ...) end)
        exports('third', function(_, _, third) return third end)`),
      caller: `
        const { count, third } = { count: exports.callee.count, third: exports.callee.third }
        console.log(count(), count(1), count(1, null), count(null, 2), count(1, null, 3), count(1, 2, null, 4, null), count(1, null, 3, null, null))
        console.log(third(null, null, 3), third(null, null, 3, null), third(null, null, 3, null, null))`,
    });
    expect(printed(server, 'caller')).toEqual(['0 1 1 2 3 4 1', '3 3 undefined']);
  });

  test('strings: bytes that need not be text, in both directions', async () => {
    const server = await world.start({
      callee: `
        exports('codes', (text) => [...text].map((c) => c.codePointAt(0).toString(16)).join(' '))
        exports('bytes', () => new Uint8Array([0, 255, 10, 128]))
        exports('text', () => 'ä\\0€😀')`,
      back: lua(`exports('bytes', function(text) return #text, text:byte(1, -1) end)`),
      one: lua(`
        print(exports.callee:codes('\\xff\\xe4x'), exports.callee:codes('\\xc0\\x8a'), exports.callee:codes('\\xed\\xa0\\x80'), exports.callee:codes('a\\0b'))
        print(#exports.callee:bytes(), exports.callee:bytes():byte(1, -1))
        print(#exports.callee:text(), exports.callee:text() == 'ä\\0€😀')
        print(exports.back:bytes('\\0\\xff\\xc3'))
        print('\\xffä')`),
    });
    expect(printed(server, 'one')).toEqual([
      // As the platform's decoder reads them: a byte as it is, what follows a first byte as its rest.
      'ff 4e00\ta\td800\t61 0 62',
      '4\t0\t255\t10\t128',
      '10\ttrue',
      '3\t0\t255\t195',
      '\ufffdä',
    ]);
  });

  test('results: several are a list for JavaScript, and a nil among those that come late loses them', async () => {
    const server = await world.start({
      callee: lua(`
        exports('now', function(...) return ... end)
        exports('later', function(...) Wait(10) return ... end)`),
      script: `
        const show = (...values) => console.log(JSON.stringify(values.map((value) => value === undefined ? 'undefined' : value)))
        show(exports.callee.now(), exports.callee.now(1), exports.callee.now(1, 2), exports.callee.now(null, 2), exports.callee.now([1]))
        Promise.all([exports.callee.later(), exports.callee.later(1), exports.callee.later(1, 2), exports.callee.later(null, 2)]).then((all) => show(...all))`,
      one: lua(`
        print('now', exports.callee:now(1, nil, 3))
        print('later', exports.callee:later(1, 2))
        print('late', exports.callee:later(nil, 2))`),
    });
    await world.clock.advance(100);
    expect(printed(server, 'script')).toEqual([
      '["undefined",1,[1,2],[null,2],[1]]',
      '["undefined",1,[1,2],{"2":2}]',
    ]);
    expect(printed(server, 'one')).toEqual(['now\t1\tnil\t3', 'later\t1\t2', 'late']);
  });

  test('failures: text for the caller, at once or late', async () => {
    const server = await world.start({
      callee: lua(`
        exports('now', function() error({ code = 1 }) end)
        exports('text', function() error('bad luck') end)
        exports('later', function() Wait(10) error('late luck') end)`),
      script: `
        try { exports.callee.text() } catch (error) { console.log(error instanceof Error, error.message) }
        exports.callee.later().catch((error) => console.log(typeof error, error.includes('late luck')))`,
      one: lua(`
        print(select(2, pcall(function() exports.callee:text() end)))
        local ok, message = pcall(function() exports.callee:now() end)
        print(ok, type(message))
        print(select(2, pcall(function() exports.callee:later() end)):match('late luck'))`),
    });
    await world.clock.advance(100);
    expect(printed(server, 'script').at(-2)).toBe(
      'true An error occurred while calling export text of resource callee - see above for details',
    );
    expect(printed(server, 'script').at(-1)).toBe('string true');
    const lines = printed(server, 'one');
    expect(lines.join('\n')).toContain('calling export `text` in resource `callee`');
    expect(lines.join('\n')).toContain('bad luck');
    expect(lines).toContain('false\tstring');
    expect(lines).toContain('late luck');
  });

  test('times in milliseconds arrive as floats', async () => {
    const server = await world.start({
      callee: `exports('now', () => 1767225600000)`,
      one: lua(`
        local now = exports.callee:now()
        print(math.type(now), now, ('%d'):format(now), json.encode({ now }))`),
    });
    expect(printed(server, 'one')).toEqual(['float\t1767225600000.0\t1767225600000\t[1767225600000.0]']);
  });

  test('functions: tables that can be called, not looked into, and freed when nobody holds them', async () => {
    const server = await world.start({
      callee: `
        exports('twice', (f) => f(f(2)))
        exports('counter', () => { let count = 0; return { next: () => ++count } })`,
      one: lua(`
        print(exports.callee:twice(function(x) return x * x end))
        local counter = exports.callee:counter()
        print(type(counter.next), counter.next(), counter.next())
        print(pcall(function() return counter.next.name end))
        print(pcall(function() counter.next.name = 1 end))
        print(exports.callee:twice(counter.next))`),
    });
    expect(printed(server, 'one')).toEqual([
      '16',
      'table\t1\t2',
      expect.stringContaining('Cannot index a funcref'),
      expect.stringContaining('Cannot set indexes on a funcref'),
      '4',
    ]);
  });

  test('a function that is kept over the restart of its resource fails', async () => {
    const server = await world.start({
      callee: lua(`
        exports('answer', function() return 42 end)
        exports('wait', function() Wait(1000) return 'late' end)
        exports('give', function() return function() return 'given' end end)`),
      one: lua(`
        local given, answer = exports.callee:give(), exports.callee.answer
        AddEventHandler('again', function()
          print(pcall(given))
          print(pcall(answer, nil))
          print(pcall(function() return exports.callee:answer() end))
        end)
        CreateThread(function() print('never', exports.callee:wait()) end)`),
    });
    await world.clock.advance(10);
    await server.console('restart callee');
    await world.clock.advance(2_000);
    server.emit('again');
    const lines = printed(server, 'one').join('\n');
    expect(lines).toContain('Error in nested ref call.');
    expect(lines).toContain('true\t42');
    expect(lines).not.toContain('given');
    expect(lines).not.toContain('never');
  });

  test('msgpack is there by name', async () => {
    const server = await world.start({
      one: lua(`
        local function hex(text) return (text:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end
        print(hex(msgpack.pack({ 1, 'a' })), hex(msgpack.pack_args(nil, 2)), hex(msgpack.pack({})), hex(msgpack.pack(('x'):rep(40))):sub(1, 6))
        local back = msgpack.unpack(msgpack.pack({ a = { 1, 2 }, f = print, s = '\\xff' }))
        print(#back.a, type(back.f), back.s == '\\xff', select('#', table.unpack(msgpack.unpack(msgpack.pack_args(nil, 2)))))
        print(pcall(msgpack.unpack, '\\x92\\x01'))`),
    });
    expect(printed(server, 'one')).toEqual([
      '9201a161\t92c002\t90\tda0028',
      '2\ttable\ttrue\t2',
      'false\tmsgpack format data is incomplete',
    ]);
  });
});

test('what Lua can hold goes there and back unchanged', async () => {
  const server = await world.start({ callee: lua(`exports('same', function(value) return value end)`) });
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      fc.integer(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }).map((number) => number + 0),
      fc.boolean(),
      fc.array(tie('value')),
      // An empty table is a list.
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        tie('value'),
        { minKeys: 1, noNullPrototype: true },
      ),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(value, async (sent) => {
      expect(await server.callExport('x', 'callee', 'same', sent)).toEqual(sent);
    }),
    { seed: 20_261_128, numRuns: 100 },
  );
});

test('exports that the manifest names are globals, in both languages', async () => {
  const manifest = (file: string) =>
    `fx_version 'cerulean'\ngame 'common'\nserver_exports { 'add' }\nserver_export 'missing'\nserver_script '${file}'\n`;
  const server = await world.start({
    inlua: { 'fxmanifest.lua': manifest('s.lua'), 's.lua': 'function add(a, b) return a + b end' },
    injs: { 'fxmanifest.lua': manifest('s.js'), 's.js': 'function add(a, b) { return a + b }' },
    one: lua(`
      Wait(100)
      print(exports.inlua:add(1, 2), exports.injs:add(3, 4))
      print(select(2, pcall(function() return exports.injs:missing() end)):match('No such export .*'))`),
  });
  await world.clock.advance(1_000);
  expect(printed(server, 'one')).toEqual(['3\t7', 'No such export missing in resource injs']);
});
