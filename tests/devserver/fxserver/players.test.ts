import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Player } from '../../../devserver/fxserver/players.ts';
import type { ConnectOptions, FxServer } from '../../../devserver/fxserver/server.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const ann = { name: 'Ann', identifiers: ['license:aa', 'steam:11', 'ip:10.0.0.1'] };

async function join(server: FxServer, options: ConnectOptions = ann): Promise<Player> {
  const result = await server.connect(options);
  if (!result.admitted) throw new Error(result.message);
  return result.player;
}

describe('connecting', () => {
  test('goes from a temporary number to a final one, with the identifiers readable throughout', async () => {
    const server = await world.start({
      one: `
        on('playerConnecting', (name) => console.log(name, source > 65535, getPlayerIdentifiers(String(source)).join(), GetPlayerName(String(source)), getPlayers().length))
        on('playerJoining', (oldId) => console.log(typeof oldId, oldId > 65535, source, GetPlayerIdentifierByType(String(source), 'steam'), getPlayers().join()))`,
    });
    const player = await join(server);
    expect(player).toMatchObject({ id: 1, name: 'Ann', connected: true, dropReason: null });
    expect(printed(server, 'one')).toEqual([
      'Ann true license:aa,steam:11,ip:10.0.0.1 Ann 0',
      'string true 1 steam:11 1',
    ]);
  });

  test('is refused at once by CancelEvent, with the kick reason', async () => {
    const server = await world.start({
      one: `on('playerConnecting', (name, setKickReason) => { if (name === 'Bob') setKickReason('not you'); CancelEvent() })`,
    });
    expect(await server.connect({ ...ann, name: 'Bob' })).toEqual({ admitted: false, message: 'not you' });
    expect(await server.connect(ann)).toEqual({ admitted: false, message: 'Resource prevented connection.' });
    expect(server.players.size).toBe(0);
  });

  test('is refused with the reason that was set last', async () => {
    const server = await world.start({
      one: `
        on('playerConnecting', (name, setKickReason) => {
          setKickReason('first')
          setKickReason('second')
          setKickReason('too', 'many')
          setKickReason()
          try { setKickReason(null) } catch (error) { console.log('not a text') }
          CancelEvent()
        })`,
      two: `on('playerConnecting', (name, setKickReason) => { if (name !== 'Ann') setKickReason('another') })`,
    });
    expect(await server.connect(ann)).toEqual({ admitted: false, message: 'second' });
    expect(await server.connect({ ...ann, name: 'Bob' })).toEqual({ admitted: false, message: 'another' });
    expect(printed(server, 'one')).toEqual(['not a text', 'not a text']);
  });

  test('is refused by a cancel although somebody else defers', async () => {
    const server = await world.start({
      one: `on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer(); setTimeout(() => deferrals.done(), 50) })`,
      two: `on('playerConnecting', (name, setKickReason) => { setKickReason('no'); CancelEvent() })`,
    });
    const connecting = server.startConnecting(ann);
    expect(await connecting.result).toEqual({ admitted: false, message: 'no' });
    expect(connecting.openDeferrals).toEqual(['one']);
    await world.clock.advance(50);
    expect(connecting).toMatchObject({ openDeferrals: [], state: 'refused', misuse: [] });
  });

  test.each(['throw new Error()', 'return Promise.reject(new Error())', 'setKickReason("x"); throw 1'])(
    'is not refused by a handler that fails: %s',
    async (code) => {
      const server = await world.start({
        one: `on('playerConnecting', (name, setKickReason) => { ${code} })`,
        two: `on('playerConnecting', () => console.log('asked'))`,
      });
      expect(await server.connect(ann)).toMatchObject({ admitted: true });
      expect(printed(server, 'two')).toEqual(['asked']);
      expect(server.swallowed).toHaveLength(1);
    },
  );

  test('is for ever when a handler fails after it has deferred', async () => {
    const server = await world.start({
      one: `on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer(); throw new Error() })`,
    });
    const connecting = server.startConnecting(ann);
    await world.clock.advance(600_000);
    expect(connecting).toMatchObject({ pending: true, openDeferrals: ['one'] });
  });

  test('shows whether anybody deferred', async () => {
    const server = await world.start({ one: `on('playerConnecting', () => {})` });
    const connecting = server.startConnecting(ann);
    await connecting.result;
    expect([connecting.deferrals.size, connecting.openDeferrals]).toEqual([0, []]);
  });

  test('has access rights with the temporary number already', async () => {
    const server = await world.start(
      {
        one: `
          on('playerConnecting', (name, setKickReason) => {
            const id = String(source)
            setKickReason([IsPlayerAceAllowed(id, 'gate.bypass'), IsPlayerAceAllowed(id, 'other'), DoesPlayerExist(id)].join())
            DropPlayer(id, 'nothing happens')
            CancelEvent()
          })`,
      },
      `add_principal identifier.license:aa group.admin
       add_ace group.admin gate allow`,
    );
    expect(await server.connect(ann)).toEqual({ admitted: false, message: '1,false,1' });
    expect(await server.connect({ ...ann, identifiers: ['license:bb'] })).toMatchObject({
      message: 'false,false,1',
    });
  });

  test.each([
    { what: 'empty', name: '', arrives: '' },
    { what: 'of emoji', name: '👩‍🚀🚗', arrives: '👩‍🚀🚗' },
    { what: 'with colour codes', name: '^1red^7 ~r~<b>', arrives: '^1red^7 ~r~<b>' },
    { what: 'of 200 bytes', name: 'n'.repeat(200), arrives: 'n'.repeat(200) },
    { what: 'longer than that', name: 'n'.repeat(300), arrives: 'n'.repeat(200) },
    { what: 'cut within a character', name: `n${'ü'.repeat(100)}`, arrives: `n${'ü'.repeat(99)}\ufffd` },
  ])('may have a name that is $what', async ({ name, arrives }) => {
    const server = await world.start({
      one: `on('playerConnecting', (name) => console.log(JSON.stringify([name, GetPlayerName(String(source))])))`,
    });
    await join(server, { ...ann, name });
    expect(printed(server, 'one')).toEqual([JSON.stringify([arrives, arrives])]);
  });

  test.each([
    { what: 'none', identifiers: [] },
    { what: 'duplicates', identifiers: ['license:aa', 'license:aa', 'license:bb', 'LICENSE:aa'] },
    { what: 'a hundred', identifiers: Array.from({ length: 100 }, (_, number) => `license:${number}`) },
    {
      what: 'odd ones',
      identifiers: ['', ':', 'license', 'license:', ':aa', 'a:b:c', ' license:aa ', 'x y'],
    },
  ])('may have identifiers that are $what', async ({ identifiers }) => {
    const server = await world.start({
      one: `
        on('playerConnecting', () => {
          const id = String(source)
          console.log(JSON.stringify([getPlayerIdentifiers(id), GetNumPlayerIdentifiers(id), IsPlayerAceAllowed(id, 'x')]))
        })`,
    });
    await join(server, { name: 'Ann', identifiers });
    expect(printed(server, 'one')).toEqual([JSON.stringify([identifiers, identifiers.length, false])]);
  });

  test('a cancel after the synchronous part comes too late', async () => {
    const server = await world.start({
      one: `on('playerConnecting', async (name, setKickReason) => { await null; setKickReason('late'); CancelEvent() })`,
    });
    expect(await server.connect(ann)).toMatchObject({ admitted: true });
  });

  test('waits for every deferral', async () => {
    const gate = (ms: number): string => `
      on('playerConnecting', async (name, setKickReason, deferrals) => {
        deferrals.defer()
        await new Promise((resolve) => setTimeout(resolve, ${ms}))
        deferrals.update('looking')
        await new Promise((resolve) => setTimeout(resolve, ${ms}))
        deferrals.done()
      })`;
    const server = await world.start({ one: gate(100), two: gate(300) });
    const connecting = server.startConnecting(ann);
    await world.clock.advance(250);
    expect(connecting).toMatchObject({ pending: true, state: 'connecting', updates: ['looking'] });
    expect([...connecting.deferrals.values()].map(({ resource, done }) => [resource, done])).toEqual([
      ['one', true],
      ['two', false],
    ]);
    await world.clock.advance(400);
    expect(connecting.state).toBe('joined');
    expect(await connecting.result).toMatchObject({ admitted: true });
    expect(connecting.misuse).toEqual([]);
  });

  test('is refused by a deferral that is done with a message', async () => {
    const server = await world.start({
      one: `on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer(); setTimeout(() => deferrals.done('banned'), 50) })`,
      two: `on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer() })`,
    });
    const connecting = server.startConnecting(ann);
    await world.clock.advance(50);
    expect(await connecting.result).toEqual({ admitted: false, message: 'banned' });
  });

  test.each([
    ['never done', '', []],
    ['done in the same tick', 'deferrals.done()', ['one: done() in the same tick as defer()']],
    [
      'done in a promise of the same tick',
      'Promise.resolve().then(() => deferrals.done())',
      ['one: done() in the same tick as defer()'],
    ],
    [
      'done with nothing that is text',
      'setTimeout(() => deferrals.done(null), 50)',
      ['one: done() with something that is not text'],
    ],
  ])('is stuck when a deferral is %s', async (_what, code, misuse) => {
    const server = await world.start({
      one: `on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer(); ${code} })`,
    });
    const connecting = server.startConnecting(ann);
    await world.clock.advance(600_000);
    expect(connecting.pending).toBe(true);
    expect(connecting.misuse).toEqual(misuse);
    connecting.cancel();
    expect(connecting).toMatchObject({ pending: false, state: 'cancelled' });
  });

  test('a deferral after the handler has returned holds nobody', async () => {
    const server = await world.start({
      one: `on('playerConnecting', async (name, setKickReason, deferrals) => { await null; deferrals.defer() })`,
    });
    const connecting = server.startConnecting(ann);
    expect(await connecting.result).toMatchObject({ admitted: true });
    expect(connecting.misuse).toEqual(['one: defer() after the handler had returned']);
  });

  test('can show cards', async () => {
    const server = await world.start({
      one: `
        on('playerConnecting', (name, setKickReason, deferrals) => {
          deferrals.defer()
          setTimeout(() => deferrals.presentCard({ type: 'AdaptiveCard' }, (data) => deferrals.done('chose ' + data.button)), 50)
        })`,
    });
    const connecting = server.startConnecting(ann);
    await world.clock.advance(50);
    expect(connecting.cards).toEqual(['{"type":"AdaptiveCard"}']);
    connecting.answerCard?.({ button: 'b' });
    expect(await connecting.result).toEqual({ admitted: false, message: 'chose b' });
  });
});

test('somebody who connects can be read by all natives, is not among the players, and leaves without a word', async () => {
  const server = await world.start({
    one: `
      on('playerConnecting', (name, setKickReason, deferrals) => deferrals.defer())
      on('playerDropped', () => console.log('dropped'))
      on('ask', (id) => console.log(DoesPlayerExist(id), GetPlayerName(id), getPlayerIdentifiers(id).join(), getPlayers().length))`,
  });
  const connecting = server.startConnecting(ann);
  expect(connecting.temporaryId).toBeGreaterThanOrEqual(65_536);
  server.emit('ask', String(connecting.temporaryId));
  connecting.cancel();
  server.emit('ask', String(connecting.temporaryId));
  expect(printed(server, 'one')).toEqual([`1 Ann ${ann.identifiers.join()} 0`, 'false null  0']);
});

describe('being dropped', () => {
  const spy = `
    on('playerDropped', (reason, by) => console.log(source, reason, by, GetPlayerName(String(source)), getPlayerIdentifiers(String(source)).length))`;

  test('tells the handlers while the data is still there, and then it is gone', async () => {
    const server = await world.start({
      spy,
      one: `
        RegisterCommand('out', (source, [id, reason]) => {
          DropPlayer(id, reason)
          console.log(GetPlayerName(id), getPlayerIdentifiers(id).length, DoesPlayerExist(id), getPlayers().length)
        }, true)`,
    });
    const player = await join(server);
    await server.console('out 1 "be gone"');
    expect(player).toMatchObject({ connected: false, dropReason: 'be gone' });
    expect(server.players.size).toBe(0);
    expect(printed(server, 'spy')).toEqual(['1 be gone one Ann 3']);
    expect(printed(server, 'one')).toEqual(['null 0 false 0']);
  });

  test('happens once, and not to somebody who is connecting', async () => {
    const server = await world.start({
      spy: `${spy}; on('playerDropped', () => DropPlayer(String(source), 'again'))
        on('playerConnecting', (name, setKickReason, deferrals) => { deferrals.defer(); DropPlayer(String(source), 'early'); setTimeout(() => deferrals.done(), 10) })`,
    });
    const pending = server.connect(ann);
    await world.clock.advance(20);
    const result = await pending;
    expect(result.admitted).toBe(true);
    if (result.admitted) result.player.leave('Disconnected.');
    expect(printed(server, 'spy')).toEqual(['1 Disconnected.  Ann 3']);
  });

  test('numbers are not given again', async () => {
    const server = await world.start({});
    (await join(server)).leave();
    expect((await join(server)).id).toBe(2);
  });
});

describe('net events', () => {
  test('from a client reach only handlers of events registered as such', async () => {
    const server = await world.start({
      one: `
        on('private', () => console.log('reached'))
        onNet('public', (value) => console.log(value, typeof source, source))
        RegisterNetEvent('also'); on('also', () => console.log('also', source))`,
    });
    const player = await join(server);
    player.trigger('private');
    player.trigger('public', { a: [1] }.a);
    player.trigger('also');
    player.trigger('unheard');
    player.leave();
    player.trigger('public', 'too late');
    expect(printed(server, 'one')).toEqual([
      'Event private was not safe for net',
      '[ 1 ] number 1',
      'also 1',
    ]);
  });

  test('reach the client, or everybody', async () => {
    const server = await world.start({
      one: `on('go', () => { emitNet('hello', 1, { x: undefined }); emitNet('hello', '2', 5); TriggerClientEvent('all', -1); emitNet('hello', 99) })`,
    });
    const first = await join(server);
    const second = await join(server, { name: 'Bob', identifiers: [] });
    server.emit('go');
    expect(first.events).toEqual([
      { name: 'hello', args: [{ x: null }] },
      { name: 'all', args: [] },
    ]);
    expect(second.events.map(({ name }) => name)).toEqual(['hello', 'all']);
  });
});

describe('commands and access', () => {
  const commands = `
    RegisterCommand('free', (source, args, raw) => console.log(source, JSON.stringify(args), raw), false)
    RegisterCommand('Guarded', (source, args) => console.log('guarded', source, args.length), true)`;

  test('split their arguments on spaces, with double quotes grouping', async () => {
    const server = await world.start({ one: commands });
    const player = await join(server);
    await server.console('free  a "b c" d#e http://x "say \\"hi\\"" # comment');
    await player.chatInput('/free "x y"');
    await player.chatInput('/free rule #4; see // this');
    await server.console('free rule #4; free 2');
    expect(printed(server, 'one')).toEqual([
      '0 ["a","b c","d#e","http://x","say \\"hi\\""] free  a "b c" d#e http://x "say \\"hi\\"" # comment',
      '1 ["x y"] free "x y"',
      // What is typed in chat is one line; the console's ends at a semicolon, quoted ones aside.
      '1 ["rule"] free rule #4; see // this',
      '0 ["rule"] free rule #4',
      '0 ["2"]  free 2',
    ]);
  });

  test('that are restricted need the ACE, except from the console', async () => {
    const server = await world.start(
      { one: commands },
      'add_ace identifier.license:bb command.guarded allow',
    );
    const player = await join(server);
    const allowed = await join(server, { name: 'Bea', identifiers: ['license:bb'] });
    await player.chatInput('/guarded 1');
    await allowed.chatInput('/GUARDED 1 2');
    await server.console('guarded');
    expect(player.chat).toEqual(['Access denied for command guarded.']);
    expect(printed(server, 'one')).toEqual(['guarded 2 2', 'guarded 0 0']);
  });

  test('that nobody knows', async () => {
    const server = await world.start({ one: commands });
    const player = await join(server);
    await player.chatInput('/nothing here');
    await player.chatInput('hello');
    await server.console('nothing here');
    expect(player.chat).toEqual(['Ann: /nothing here', 'Ann: hello']);
    expect(printed(server, 'cmd')).toEqual(['No such command nothing.']);
  });

  test('a resource runs them with its own rights', async () => {
    const server = await world.start(
      { one: `on('go', (line) => ExecuteCommand(line)); ${commands}` },
      'add_ace resource.one command.add_ace allow',
    );
    server.emit('go', 'guarded');
    server.emit('go', 'add_ace builtin.everyone x allow');
    await server.console('test_ace builtin.everyone x');
    expect(printed(server, 'cmd')).toEqual([
      'Access denied for command guarded.',
      'builtin.everyone -> x: ALLOWED',
    ]);
  });

  test('an error in a handler is swallowed without a word', async () => {
    const server = await world.start({
      one: `RegisterCommand('bad', () => { throw new Error('oops') }, false)`,
    });
    await server.console('bad');
    expect(printed(server, 'one')).toEqual([]);
    expect(server.swallowed).toHaveLength(1);
  });

  test('chat lines are shown as the chat shows them', async () => {
    const server = await world.start({
      one: `
        on('go', () => {
          emitNet('chat:addMessage', -1, { args: ['cmsban', 'done'] })
          emitNet('chat:addMessage', -1, { args: ['alone'] })
          emitNet('chat:addMessage', -1, 'plain')
          emitNet('chat:addMessage', -1, { template: '<b>{1}</b> {0}', args: ['a', 'b'] })
        })`,
    });
    const player = await join(server);
    server.emit('go');
    await server.console('say hello all');
    expect(player.chat).toEqual(['cmsban: done', 'alone', 'plain', '<b>b</b> a', 'console: hello all']);
  });

  test('natives answer about players and resources', async () => {
    const server = await world.start(
      {
        one: `
          on('go', () => console.log(IsPlayerAceAllowed('1', 'x.y'), IsPlayerAceAllowed('1', 'z'), IsPlayerAceAllowed('9', 'x'),
            IsPrincipalAceAllowed('resource.one', 'r'), IsPrincipalAceAllowed('group.none', 'r'), IsAceAllowed('r')))`,
      },
      `add_principal identifier.license:aa group.admin
       add_principal group.admin group.base
       add_principal group.base group.admin
       add_ace group.base x allow
       add_ace resource.one r allow`,
    );
    await join(server);
    server.emit('go');
    expect(printed(server, 'one')).toEqual(['1 false false 1 false 1']);
  });
});
