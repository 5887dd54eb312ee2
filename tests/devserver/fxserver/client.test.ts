import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Player } from '../../../devserver/fxserver/players.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

async function join(server: FxServer, client = true): Promise<Player> {
  const result = await server.connect({ name: 'Ann', identifiers: ['license:a'], client });
  if (!result.admitted) throw new Error(result.message);
  return result.player;
}

const resource = {
  'fxmanifest.lua': `fx_version 'cerulean'\nserver_script 'server.js'\nclient_script 'client.js'\n`,
  'server.js': `
    onNet('one:hello', (who) => emitNet('one:welcome', source, who + '!'))
    on('suggest', (id) => emitNet('one:suggest', id))`,
  'client.js': `
    onNet('one:welcome', (text) => console.log(text, typeof require))
    on('one:private', () => console.log('private'))
    onNet('one:suggest', () => {
      emit('chat:addSuggestion', '/one', 'does one', [{ name: 'who', help: 'whom' }])
      emit('chat:addSuggestions', [{ name: '/two', help: 'does two' }, { name: '/three', help: '' }])
      emit('chat:removeSuggestion', '/three')
    })
    RegisterCommand('local', (source, args) => emit('chat:addMessage', { args: ['me', args.join('+')] }), false)
    on('onClientResourceStart', (name) => console.log('start', name, GetCurrentResourceName(), IsDuplicityVersion()))
    emitNet('one:hello', GetPlayerName(PlayerId()) + GetPlayerServerId(PlayerId()) + GetConvar('shared', '-') + GetConvar('hidden', '-'))`,
};

test('client scripts run for a player who has a client, and talk with the server', async () => {
  const server = await world.start({ one: resource }, 'setr shared s; set hidden h');
  await join(server, false);
  const player = await join(server);
  await world.clock.advance(0);
  expect(
    server.output
      .filter(({ resource: name }) => name.startsWith('client:'))
      .map(({ resource: name, text }) => [name, text]),
  ).toEqual([
    ['client:2:one', 'start one one false'],
    ['client:2:one', 'Ann2s-! undefined'],
  ]);
  server.emit('suggest', player.id);
  await world.clock.advance(0);
  expect([...player.suggestions]).toEqual([
    ['/one', { help: 'does one', params: [{ name: 'who', help: 'whom' }] }],
    ['/two', { help: 'does two', params: [] }],
  ]);
  await player.chatInput('/local a b');
  expect(player.chat).toEqual(['me: a+b']);
});

test('the chat keeps what it knows of a command that is suggested again by its name alone', async () => {
  const suggest = `
    emit('chat:addSuggestion', '/one', 'does one', [{ name: 'who', help: 'whom' }])
    emit('chat:removeSuggestion', '/one')
    emit('chat:removeSuggestion', '/two')
    emit('chat:addSuggestions', [{ name: '/one', help: '' }])`;
  const server = await world.start({ one: { ...resource, 'client.js': suggest } });
  const player = await join(server);
  await world.clock.advance(0);
  expect([...player.suggestions]).toEqual([
    ['/one', { help: 'does one', params: [{ name: 'who', help: 'whom' }] }],
  ]);
});

test('a client script sees when the chat is open', async () => {
  const look = `setInterval(() => console.log(IsNuiFocused()), 100)`;
  const server = await world.start({ one: { ...resource, 'client.js': look } });
  const player = await join(server);
  await world.clock.advance(100);
  player.isChatOpen = true;
  await world.clock.advance(100);
  expect(printed(server, `client:${player.id}:one`)).toEqual(['false', '1']);
});

test('client scripts start again with their resource, and end with it', async () => {
  const server = await world.start({ one: resource });
  const player = await join(server);
  await world.clock.advance(0);
  await server.console('restart one');
  await world.clock.advance(0);
  const seen = (): number =>
    printed(server, `client:${player.id}:one`).filter((text) => text.startsWith('start')).length;
  expect(seen()).toBe(2);
  await server.console('stop one');
  await player.chatInput('/local a');
  expect(player.chat).toEqual(['Ann: /local a']);
  player.leave();
  await server.console('start one');
  expect(seen()).toBe(2);
});
