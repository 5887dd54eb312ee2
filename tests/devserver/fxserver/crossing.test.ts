import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

describe('events between resources', () => {
  test('carry copies: no undefined, no classes, no dates, functions as references', async () => {
    const server = await world.start({
      receiver: `
        on('hello', (data, call) => {
          console.log(data instanceof Object, Object.getPrototypeOf(data) === Object.prototype, data.list instanceof Array)
          console.log(JSON.stringify(data))
          data.list.push('changed')
          console.log(call(1, 2))
        })`,
      sender: `
        class Point { constructor() { this.x = 1 } length() {} }
        const data = { nothing: undefined, point: new Point(), date: new Date(), list: [1, 2.5, 'a', null], map: new Map([[1, 2]]) }
        emit('hello', data, (a, b) => a + b)
        console.log(data.list.length)`,
    });
    expect(printed(server, 'receiver')).toEqual([
      'true true true',
      '{"nothing":null,"point":{"x":1},"date":{},"list":[1,2.5,"a",null],"map":{}}',
      '3',
    ]);
    expect(printed(server, 'sender')).toEqual(['4']);
  });

  test('know who sent them, synchronously alone', async () => {
    const server = await world.start({
      receiver: `
        on('hello', async () => {
          console.log(GetInvokingResource(), JSON.stringify(source))
          await null
          console.log(GetInvokingResource(), source)
        })`,
      sender: `emit('hello')`,
    });
    server.emit('hello');
    server.emitFrom('monitor', 'hello');
    await world.clock.advance(0);
    expect(printed(server, 'receiver')).toEqual([
      'sender ""',
      'null null',
      'null ""',
      'monitor ""',
      'null null',
      'null null',
    ]);
  });

  test('can be canceled', async () => {
    const server = await world.start({
      one: `on('ask', (no) => { if (no) CancelEvent() })`,
      two: `emit('ask', true); console.log(WasEventCanceled()); emit('ask', false); console.log(WasEventCanceled())`,
    });
    expect(printed(server, 'two')).toEqual(['1', 'false']);
  });

  test('go on to other handlers when one throws, and the error is printed', async () => {
    const server = await world.start({
      one: `
        on('go', () => { throw new TypeError('first') })
        on('go', async () => { throw new Error('second') })
        on('go', () => console.log('third', source === ''))`,
    });
    server.emit('go');
    await world.clock.advance(0);
    const text = printed(server, 'one').join('\n');
    expect(text).toContain("^1SCRIPT ERROR in event `go': TypeError: first^7");
    expect(text).toContain('third true');
    expect(text).toContain('Unhandled promise failure: Error: second');
    expect(server.swallowed.map(({ resource }) => resource)).toEqual(['one', 'one']);
  });

  test('stop reaching a handler that was removed', async () => {
    const server = await world.start({
      one: `const f = () => console.log('heard'); on('go', f); emit('go'); removeEventListener('go', f); emit('go')`,
    });
    expect(printed(server, 'one')).toEqual(['heard']);
  });
});

describe('exports', () => {
  const callee = `
    exports('add', (a, b) => a + b)
    exports('who', () => GetInvokingResource())
    exports('later', async (value) => { await null; return { value, invoking: GetInvokingResource(), gone: undefined } })
    exports('fail', async () => { throw new RangeError('too far') })
    exports('boom', () => { throw new Error('secret details') })
    exports('never', () => new Promise(() => {}))
    exports('callback', (f) => f({ a: 1 }))`;

  test('give copies, and promises for promises', async () => {
    const server = await world.start({
      callee,
      caller: `
        console.log(exports.callee.add(1, 2), exports['callee'].who(), exports.callee.callback((x) => x.a + 1))
        const promise = exports.callee.later({ x: 1 })
        console.log(promise instanceof Promise)
        promise.then((result) => console.log(JSON.stringify(result)))`,
    });
    await world.clock.advance(0);
    expect(printed(server, 'caller')).toEqual([
      '3 caller 2',
      'true',
      '{"value":{"x":1},"invoking":null,"gone":null}',
    ]);
  });

  test('reject with the message text alone, and throw a generic error', async () => {
    const server = await world.start({
      callee,
      caller: `
        exports.callee.fail().catch((error) => console.log(typeof error, error))
        try { exports.callee.boom() } catch (error) { console.log('caught', error instanceof Error, error.message) }
        try { exports.callee.nothing() } catch (error) { console.log(error.message) }
        try { exports.nobody.nothing() } catch (error) { console.log(error.message) }`,
    });
    await world.clock.advance(0);
    const lines = printed(server, 'caller');
    expect(lines).toContain('string too far');
    expect(lines).toContain(
      'caught true An error occurred while calling export boom of resource callee - see above for details',
    );
    expect(lines).toContain('No such export nothing in resource callee');
    expect(lines).toContain('No such export nothing in resource nobody');
    // What the export threw is on the caller's console.
    expect(lines.join('\n')).toContain('secret details');
  });

  test('die with their resource; a pending call then never ends', async () => {
    const server = await world.start({
      callee,
      caller: `
        const add = exports.callee.add
        exports.callee.never().then(() => console.log('settled'), () => console.log('settled'))
        on('again', () => { try { console.log(add(1, 1)) } catch (error) { console.log(error.message) } })
        on('anew', () => console.log(exports.callee.add(1, 1)))`,
    });
    await server.console('stop callee');
    await world.clock.advance(0);
    server.emit('again');
    await server.console('start callee');
    await world.clock.advance(0);
    server.emit('again');
    server.emit('anew');
    const gone = 'An error occurred while calling export add of resource callee - see above for details';
    expect(printed(server, 'caller').filter((line) => !/^(Error|TypeError| )/.test(line))).toEqual([
      gone,
      gone,
      '2',
    ]);
  });

  test('of a resource that runs stay known when another stops', async () => {
    const server = await world.start({
      callee,
      other: `exports('x', () => 1)`,
      caller: `
        const { add } = exports.callee
        exports.other.x()
        on('again', () => console.log(add(1, 1)))
        on('gone', () => { try { exports.other.x() } catch (error) { console.log(error.message) } })`,
    });
    await server.console('stop other');
    await world.clock.advance(0);
    server.emit('again');
    server.emit('gone');
    expect(printed(server, 'caller')).toEqual(['2', 'No such export x in resource other']);
  });

  test('that end after their caller has stopped fail in the one that was called', async () => {
    const server = await world.start({
      callee: `exports('later', async () => { await new Promise((r) => setTimeout(r, 100)); console.log('done') })`,
      caller: `exports.callee.later().then(() => console.log('told'))`,
    });
    await server.console('stop caller');
    await world.clock.advance(1_000);
    const lines = printed(server, 'callee');
    expect(lines[0]).toBe('done');
    expect(lines[1]).toContain(
      'SCRIPT ERROR in promise (unhandled rejection): Error: Error in nested ref call',
    );
    expect(printed(server, 'caller')).toEqual([]);
  });

  test('whole numbers beyond 32 bits, and what is none, arrive as they are', async () => {
    const server = await world.start({
      callee: `exports('same', (value) => value)`,
      caller: `
        const numbers = [0, -1, -32, -33, 127, 128, 255, 256, 65535, 65536, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, -(2 ** 40), 1.5, NaN, Infinity, -0]
        console.log(numbers.every((value) => Object.is(exports.callee.same(value), value === 0 ? 0 : value)))
        const texts = ['', 'x'.repeat(31), 'ä'.repeat(40), 'x'.repeat(70000), '\0', '😀']
        console.log(texts.every((text) => exports.callee.same(text) === text))
        const lists = [15, 16, 65536].map((length) => exports.callee.same(Array.from({ length }, (_, index) => index)))
        console.log(lists.map((list) => list.at(-1)).join(' '))
        const wide = Object.fromEntries(Array.from({ length: 70000 }, (_, index) => ['k' + index, index]))
        console.log(exports.callee.same(wide).k69999, Object.keys(exports.callee.same({ ['__proto__']: 1, a: 2 })).join())
        console.log(exports.callee.same(new Uint8Array([1, 255])) instanceof ArrayBuffer, new Uint8Array(exports.callee.same(new Uint8Array([1, 255])))[1])`,
    });
    expect(printed(server, 'caller')).toEqual([
      'true',
      'true',
      '14 15 65535',
      '69999 a',
      expect.stringContaining('255'),
    ]);
  });

  test('can be called from outside, in the name of a resource', async () => {
    const server = await world.start({ callee });
    await expect(server.callExport('anticheat', 'callee', 'who')).resolves.toBe('anticheat');
    await expect(server.callExport('x', 'callee', 'later', 5)).resolves.toMatchObject({ value: 5 });
    await expect(server.callExport('x', 'callee', 'fail')).rejects.toBe('too far');
    await expect(server.callExport('x', 'callee', 'boom')).rejects.toThrow('secret details');
  });
});

describe('errors that nobody catches', () => {
  test('an unhandled rejection is printed, and an exception in a callback of Node swallowed', async () => {
    const server = await world.start({
      one: `
        Promise.reject(new Error('forgotten'))
        process.nextTick(() => { throw new Error('swallowed') })
        require('node:timers').setTimeout(() => { throw new Error('swallowed too') }, 10)
        queueMicrotask(() => { throw new Error('and this') })
        setTimeout(() => { throw new Error('in a timer') }, 20)
        setTimeout(() => console.log('still here'), 30)`,
    });
    await world.clock.advance(100);
    const text = printed(server, 'one').filter((line) => !line.startsWith('>'));
    expect(text).toEqual([
      '^1SCRIPT ERROR in promise (unhandled rejection): Error: forgotten^7',
      '^1SCRIPT ERROR in timer: Error: in a timer^7',
      'still here',
    ]);
    expect(server.swallowed.map(({ error }) => (error as Error).message).sort()).toEqual([
      'and this',
      'forgotten',
      'in a timer',
      'swallowed',
      'swallowed too',
    ]);
  });
});

test('what fails after its resource has stopped concerns nobody', async () => {
  const server = await world.start({
    one: `
      const late = crypto.subtle.digest('SHA-256', new Uint8Array(1))
      late.then(() => { throw new Error('late') })
      ;(async () => { await late; throw new Error('late too') })()
      globalThis.hold = late`,
  });
  await server.console('stop one');
  await crypto.subtle.digest('SHA-256', new Uint8Array(1));
  await world.clock.advance(0);
  await world.clock.advance(0);
  expect(printed(server, 'one')).toEqual([]);
  expect(server.swallowed).toEqual([]);
});
