import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { newSomebody } from './somebody.ts';
import { CMSBAN, MODERATOR, startWorld, type World, type WorldOptions } from './world.ts';

/** `cmsban_notify`: what was decided is told as notifications of ox_lib while it runs, and in chat otherwise. */

const OX_LIB = { ox_lib: join(CMSBAN, 'devserver', 'resources', 'ox_lib') };
const WANTED = { convars: { cmsban_notify: 'ox_lib' } };

/** So long players' games may still load a resource that has started on the server. */
const LOADING_MS = 10_000;

interface Shown {
  readonly title: string;
  readonly description: string;
  readonly type: string;
  readonly duration: number;
}

type Player = Awaited<ReturnType<World['join']>>;

async function startNotified(options: WorldOptions = {}) {
  const world = await startWorld({ resources: OX_LIB, ...WANTED, ...options });
  const moderator = await world.join(MODERATOR.name, MODERATOR.identifiers, { client: true });
  await world.clock.advance(LOADING_MS);
  return { world, moderator };
}

/** The notifications that a player has seen, as ox_lib got them. */
function notifications(world: World, player: Player): Shown[] {
  return world
    .printedBy(`client:${player.id}:ox_lib`)
    .map((line): Shown => JSON.parse(line.slice('notification '.length)));
}

/** What Markdown shows of a text in which all that means something is escaped. */
const read = (description: string) =>
  description.replaceAll('\u200b', '').replaceAll(/\\([^0-9A-Za-z\s])/g, '$1');

/** Waits, in real time, for a notification with these words. */
async function notified(world: World, player: Player, words: RegExp): Promise<Shown> {
  const isIt = (data: unknown) => words.test(read(String(Object(data).description)));
  await until(
    () => player.events.some(({ name, args: [data] }) => name === 'ox_lib:notify' && isIt(data)),
    `a notification of ${words}`,
  );
  // The client's script hears of it a tick later.
  await world.clock.advance(0);
  const found = notifications(world, player).find(isIt);
  if (!found) throw new Error(`ox_lib shows no notification of ${words}`);
  return found;
}

/** Waits, in real time, for a line in the chat with these words. */
async function inChat(player: Player, words: RegExp): Promise<string> {
  return until(() => player.chat.find((line) => words.test(line)), `${words} in the chat`);
}

describe('with cmsban_notify at ox_lib', () => {
  it('what becomes of a command is a notification: what it was about, how it went, for as long as it takes to read', async () => {
    const { world, moderator } = await startNotified();
    const { name, identifiers } = newSomebody(world);
    const player = await world.join(name, identifiers);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} ramming`));
    const settled = await notified(world, moderator, /is banned in Sonoran CMS/);
    const [accepted] = notifications(world, moderator);
    expect(accepted).toMatchObject({ title: 'cmsban', type: 'inform' });
    expect(read(accepted?.description ?? '')).toBe(`[${outcome['id']}] Banning ${name} (${player.id})…`);
    expect(settled).toMatchObject({ title: 'cmsban', type: 'success' });
    expect(read(settled.description)).toBe(`[${outcome['id']}] ${outcome['message']}`);
    for (const { description, duration } of notifications(world, moderator)) {
      expect(duration).toBe(3_000 + 60 * read(description).length);
    }
    expect(notifications(world, moderator)).toHaveLength(2);
    expect(moderator.chat).toEqual([]);
  });

  it('a refusal is one too', async () => {
    const { world, moderator } = await startNotified({
      config: ['add_ace identifier.license:1 cmsban.immune allow'],
    });
    await moderator.chatInput('/cmsban license:1 rude');
    const { type } = await notified(world, moderator, /is immune/);
    expect(type).toBe('error');
    expect(moderator.chat).toEqual([]);
  });

  it('lists, look-ups, questions, and what helps to type a command stay in the chat', async () => {
    const { world, moderator } = await startNotified();
    const { license, name, identifiers } = newSomebody(world);
    await world.join(name, identifiers);
    const typed: ReadonlyArray<readonly [string, RegExp]> = [
      ['/cmsqueue', /Nothing is waiting|no action/i],
      ['/cmshistory', /no action|nothing/i],
      [`/cmslookup license:${license}`, /account/],
      ['/cmsban', /Usage: \/cmsban/],
      ['/cmsqueue what', /Usage: \/cmsqueue/],
      [`/cmsban ${name}`, /is not a target/],
      ['/cmsban 4711', /no player with the id 4711/],
      [`/cmskick license:${license}`, /type \/cmskick confirm/],
    ];
    for (const [command, words] of typed) {
      await moderator.chatInput(command);
      await inChat(moderator, words);
    }
    await world.clock.advance(0);
    expect(notifications(world, moderator)).toEqual([]);
  });

  it('what is too long to be read in passing stays in the chat', async () => {
    const { world, moderator } = await startNotified();
    await moderator.chatInput(`/cmsqueue cancel ${'x'.repeat(64)}`);
    await notified(world, moderator, /xxx/);
    const appeal = 'y'.repeat(200);
    const many = ['steam', 'discord', 'license'].map((type) => `${type}:${appeal.slice(0, 60)}`);
    const stranger = await world.join('z'.repeat(64), many);
    await moderator.chatInput(`/cmsban ${stranger.id} rude`);
    const line = await inChat(moderator, /no account|not linked|linked/);
    expect(line.length).toBeGreaterThan(400);
    expect(notifications(world, moderator).some(({ description }) => read(description) === line)).toBe(false);
  });

  it.each([
    '**b** __u__ _i_ `c` ~~s~~ || # > - 1. + * &copy; &#169; \\',
    '[l](https://e.example) ![i](//e.example/i.png) <b>x</b>',
    'https://e.example www.e.example a@e.example <https://e.example>',
  ])('nothing in a name is more than text: %s', async (name) => {
    const { world, moderator } = await startNotified();
    const player = await world.join(name, newSomebody(world).identifiers);
    await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} ramming`));
    const { description } = await notified(world, moderator, /is banned in Sonoran CMS/);
    expect(read(description)).toContain(`] ${name} (${player.id}) is banned`);
    // All that could begin something is escaped, and no address is whole.
    expect(description.replaceAll(/\\[^0-9A-Za-z\s]/g, '')).not.toMatch(/[\\`*_[\]()#+\-!<>&@~|]/);
    expect(description.replaceAll('\\', '')).not.toMatch(/:\/\/|www\.\w|@\w/);
  });

  it('the console prints, as ever', async () => {
    const { world, moderator } = await startNotified();
    const { license } = newSomebody(world);
    await world.outcomeOf(() => world.fx.console(`cmsban license:${license} rude`));
    await world.logged(/is banned in Sonoran CMS/);
    await world.clock.advance(0);
    expect([notifications(world, moderator), moderator.chat]).toEqual([[], []]);
  });

  it('the chat has it when ox_lib is not there', async () => {
    const { world, moderator } = await startNotified({ resources: {} });
    const { license } = newSomebody(world);
    await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${license} rude`));
    await inChat(moderator, /Banning/);
    await inChat(moderator, /is banned in Sonoran CMS/);
    expect(world.faults).toEqual([]);
  });

  it('it follows ox_lib that starts, stops and starts again, and no message is lost or told twice', async () => {
    const { world, moderator } = await startNotified({ resources: {}, available: OX_LIB });
    const told: string[] = [];
    /** Bans somebody, and tells where that was heard: each time twice, accepted and settled. */
    const where = async () => {
      const before = { chat: moderator.chat.length, notes: notifications(world, moderator).length };
      const { license } = newSomebody(world);
      const { id } = await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${license} rude`));
      told.push(String(id));
      await world.clock.advance(0);
      return {
        chat: moderator.chat.length - before.chat,
        notifications: notifications(world, moderator).length - before.notes,
      };
    };
    const CHAT = { chat: 2, notifications: 0 };
    const OX = { chat: 0, notifications: 2 };
    expect(await where()).toEqual(CHAT);
    await world.fx.console('ensure ox_lib');
    // Players' games may not have it yet.
    expect(await where()).toEqual(CHAT);
    await world.clock.advance(LOADING_MS);
    expect(await where()).toEqual(OX);
    await world.fx.console('stop ox_lib');
    expect(await where()).toEqual(CHAT);
    await world.fx.console('start ox_lib');
    await world.clock.advance(LOADING_MS);
    expect(await where()).toEqual(OX);
    await world.fx.console('restart ox_lib');
    expect(await where()).toEqual(CHAT);
    await world.clock.advance(LOADING_MS);
    await world.fx.console('restart cmsban');
    await world.listsRead();
    expect(await where()).toEqual(OX);
    const all = [
      ...moderator.chat,
      ...notifications(world, moderator).map(({ description }) => read(description)),
    ];
    for (const id of told) expect(all.filter((text) => text.includes(`[${id}]`))).toHaveLength(2);
    expect(world.faults).toEqual([]);
  });
});

it('without cmsban_notify the chat has it all, although ox_lib runs', async () => {
  const { world, moderator } = await startNotified({ convars: {} });
  const { license } = newSomebody(world);
  await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${license} rude`));
  await inChat(moderator, /is banned in Sonoran CMS/);
  expect(notifications(world, moderator)).toEqual([]);
});

it('a wrong value of cmsban_notify is named with what it may be, and the chat has it', async () => {
  const { world, moderator } = await startNotified({ convars: { cmsban_notify: 'ox' } });
  await world.logged('cmsban_notify is "ox" but must be one of chat, ox_lib');
  const { license } = newSomebody(world);
  await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${license} rude`));
  await inChat(moderator, /is banned in Sonoran CMS/);
});
