import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { WEBHOOK_ID, WEBHOOK_TOKEN } from '../../devserver/discord/discord.ts';
import type { Embed } from '../../devserver/discord/message.ts';
import { knock, saying, timesSaid } from './ban-lists.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What a Discord channel hears of, and that nothing of it is in the way of a ban. */

const HOUR_MS = 60 * 60 * 1000;

const discordWorld = (convars: WorldOptions['convars'] = {}, more: WorldOptions = {}) =>
  startWorld({ discord: true, ...more, convars });

/** Lets virtual time pass until the channel has so many embeds. */
async function told(world: World, count: number, stepMs = 2_000): Promise<readonly Embed[]> {
  for (let step = 0; step < 100 && world.discord.embeds.length < count; step += 1) {
    await until(() => isAtRest(world), 'an answer of Discord');
    if (world.discord.embeds.length < count) await world.clock.advance(stepMs);
  }
  expect(world.discord.embeds).toHaveLength(count);
  return world.discord.embeds;
}

/** Whether every call that has arrived was answered. */
const isAtRest = ({ discord }: World) => discord.calls.every(({ status }) => status !== undefined);

/** Waits, in real time, for an embed that comes without time passing. */
const nextEmbed = (world: World, index = 0): Promise<Embed> =>
  until(() => world.discord.embeds[index], `embed ${index}`);

const fieldOf = (embed: Embed | undefined, name: string) =>
  embed?.fields?.find((field) => field.name === name)?.value;

/** What is read of a text that Discord formats, when nothing in it is formatted. */
const shown = (text = '') => text.replaceAll('\u200b', '').replaceAll(/\\([^0-9A-Za-z\s])/g, '$1');

const ban = (world: World, who: Somebody, reason = 'cheating') =>
  world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} ${reason}`));

let passersBy = 0;

/** A decision that is settled at once, without a call: about somebody without an identifier that is looked for. */
const settleOne = (world: World, reason: string) =>
  world.outcomeOf(() => world.fx.console(`cmskick fivem:${++passersBy} ${reason}`));

describe('an action', () => {
  it('that is a ban is told with who, what, why, until, by whom, where and ids', async () => {
    const world = await discordWorld();
    const somebody = newSomebody(world);
    const player = await world.join(somebody.name, somebody.identifiers);
    const outcome = await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} RDM at the bank`));
    const embed = await nextEmbed(world);
    expect(embed).toMatchObject({
      title: 'Banned',
      footer: { text: `id ${outcome['id']}` },
      timestamp: new Date(Number(outcome['at'])).toISOString(),
    });
    expect(shown(embed.description)).toBe(outcome['message']);
    expect(shown(fieldOf(embed, 'Who'))).toBe(`${somebody.name} (${player.id})`);
    expect(fieldOf(embed, 'Until')).toBe('for good');
    expect(shown(fieldOf(embed, 'By'))).toBe('console (console)');
    expect(shown(fieldOf(embed, 'Reason'))).toBe('RDM at the bank');
    expect(shown(fieldOf(embed, 'Products'))).toBe('Sonoran CMS: done.\nSonoran CAD: done.');
    const ids = shown(fieldOf(embed, 'Identifiers and accounts')).split('\n');
    for (const id of [`license:${somebody.license}`, `discord:${somebody.discord}`])
      expect(ids).toContain(id);
    expect(JSON.stringify(embed)).not.toContain('127.0.0.1');
    expect(world.discord.calls[0]?.body).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it('that is a kick or a lift is told, and what was refused in grey', async () => {
    const world = await discordWorld();
    const [idler, banned] = [newSomebody(world), newSomebody(world)];
    const stranger = newSomebody(world, { cms: [], cad: [] });
    world.sonoran.cad.ban(banned.uuid);
    await world.outcomeOf(() => world.fx.console(`cmskick license:${idler.license} idle`));
    await world.outcomeOf(() => world.call('unbanPlayer', `license:${banned.license}`, 'sorry'));
    await world.outcomeOf(() => world.fx.console(`cmskick license:${stranger.license}`));
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${stranger.license}`));
    const embeds = await told(world, 4);
    expect(embeds.map(({ title }) => title)).toEqual([
      'Removed from the community',
      'Ban lifted',
      'NOT removed from the community',
      'Ban NOT lifted',
    ]);
    expect(new Set(embeds.map((embed) => fieldOf(embed, 'Until')))).toEqual(new Set([undefined]));
    expect(new Set(embeds.map(({ color }) => color)).size).toBe(3);
  });

  it('that ends says when, in the time of whoever reads it', async () => {
    const world = await discordWorld();
    const somebody = newSomebody(world);
    const expiration = world.clock.now() + 2 * HOUR_MS;
    await world.outcomeOf(() =>
      world.txAdmin.ban({
        author: 'Ada',
        reason: 'RDM',
        identifiers: [`license:${somebody.license}`],
        duration: '2 hours',
        playerName: somebody.name,
      }),
    );
    const seconds = Math.floor(expiration / 1000);
    expect(fieldOf(await nextEmbed(world), 'Until')).toBe(`<t:${seconds}:f> (<t:${seconds}:R>)`);
  });

  it('is not told when its kind is not chosen, nor a call that was none', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'kick, problem' });
    const [one, other] = [newSomebody(world), newSomebody(world)];
    await ban(world, one);
    await world.fx.console('cmsban nonsense');
    await world.outcomeOf(() => world.fx.console(`cmskick license:${other.license}`));
    await nextEmbed(world);
    expect((await told(world, 1)).map(({ title }) => title)).toEqual(['Removed from the community']);
  });
});

describe('text from people', () => {
  it('mentions nobody, links nowhere and formats nothing', async () => {
    const world = await discordWorld();
    const somebody = newSomebody(world);
    const reason = '@everyone <@1234567890> **big** [free](https://evil.example) discord.gg/abc `x` ||y||';
    await world.call('banPlayer', `license:${somebody.license}`, reason, { author: '# <@&42> _Ada_' });
    const embed = await nextEmbed(world);
    expect(shown(fieldOf(embed, 'Reason'))).toBe(reason);
    expect(shown(fieldOf(embed, 'By'))).toBe('# <@&42> _Ada_ (export)');
    const text = JSON.stringify(embed);
    for (const word of ['@everyone', '<@', '](', '://', 'discord.gg', '**', '||'])
      expect(text).not.toContain(word);
  });
});

describe('the door', () => {
  it('tells of the same person once an hour, with how often they have tried since', async () => {
    const world = await discordWorld();
    const somebody = newSomebody(world);
    await ban(world, somebody);
    await told(world, 1);
    for (let tries = 0; tries < 30; tries += 1) await knock(world, somebody.identifiers);
    const [, first] = await told(world, 2);
    expect(first?.title).toBe('Refused at the door');
    expect(shown(first?.description)).toBe(
      world.log.find((line) => saying('gate.log.here.refused').test(line)),
    );
    expect(fieldOf(first, 'Tries since the last message')).toBe('1');
    expect(shown(fieldOf(first, 'Identifiers and accounts'))).toContain(`license:${somebody.license}`);
    expect(JSON.stringify(first)).not.toContain('127.0.0.1');
    await world.clock.advance(HOUR_MS);
    const [, , second] = await told(world, 3);
    expect(fieldOf(second, 'Tries since the last message')).toBe('29');
    // Nobody tried again: nothing more is told, and the next try is news.
    await world.clock.advance(3 * HOUR_MS);
    await told(world, 3);
    await knock(world, somebody.identifiers);
    await told(world, 4);
  });

  it('tells of two people apart', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'door' });
    const people = [newSomebody(world), newSomebody(world)];
    for (const each of people) {
      await ban(world, each);
      await knock(world, each.identifiers);
    }
    await told(world, 2);
  });
});

describe('a problem', () => {
  it('is told when a queue is held, and when it goes on', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'problem' }, { use: { cad: false } });
    const key = world.sonoran.cms.settings.apiKey;
    world.sonoran.cms.settings.apiKey = 'another';
    await ban(world, newSomebody(world));
    const problem = await nextEmbed(world);
    expect(problem.title).toBe('Problem');
    expect(shown(problem.description)).toMatch(saying('hold'));
    world.sonoran.cms.settings.apiKey = key;
    await world.fx.console('cmsqueue retry');
    const [, mended] = await told(world, 2);
    expect(mended).toMatchObject({
      title: 'Works again',
      description: 'Sonoran CMS answers again\\. What was on hold is sent now\\.',
    });
  });

  it('is told when a ban list cannot be read, and when it can be read again', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'problem', cmsban_mirror_minutes: '1' });
    world.sonoran.cad.fault('accounts', { kind: 'status', status: 500 });
    const [problem] = await told(world, 1, 10_000);
    expect(problem?.title).toBe('Problem');
    expect(shown(problem?.description)).toMatch(saying('list.failed', { product: 'Sonoran CAD' }));
    world.sonoran.cad.clearFaults();
    const [, mended] = await told(world, 2, 30_000);
    expect(mended?.title).toBe('Works again');
    expect(shown(mended?.description)).toMatch(saying('list.back', { product: 'Sonoran CAD' }));
  });
});

describe('the limits of Discord', () => {
  it('are kept with a flood: what waits shares messages, and no call is refused', async () => {
    const world = await discordWorld();
    for (let count = 0; count < 60; count += 1) await settleOne(world, 'x'.repeat(240));
    await told(world, 60);
    const { calls, messages } = world.discord;
    expect(new Set(calls.map(({ status }) => status))).toEqual(new Set([200]));
    expect(messages.length).toBeLessThan(30);
    const times = calls.map(({ elapsed }) => elapsed);
    for (const from of times) {
      expect(times.filter((at) => at >= from && at < from + 60_000).length).toBeLessThanOrEqual(30);
    }
  });

  it('are obeyed when it says how long to wait', async () => {
    const world = await discordWorld();
    world.discord.fault({ kind: 'rate-limit', retryAfter: 61.5 }, 1);
    await ban(world, newSomebody(world));
    await until(() => world.discord.calls.length === 1 && isAtRest(world));
    await world.clock.advance(61_400);
    expect(world.discord.calls).toHaveLength(1);
    await told(world, 1, 500);
    const [first, second] = world.discord.calls;
    expect((second?.elapsed ?? 0) - (first?.elapsed ?? 0)).toBeGreaterThanOrEqual(61_500);
    expect(timesSaid(world, 'discord.log.failing')).toBe(0);
  });

  it('are kept with longest texts and many identifiers', async () => {
    const world = await discordWorld();
    const identifiers = Array.from(
      { length: 40 },
      (_, number) => `license:${String(number).padStart(40, '_')}`,
    );
    const player = await world.join('*'.repeat(64), identifiers);
    await world.outcomeOf(() =>
      world.call('banPlayer', player.id, '@'.repeat(400), { author: '_'.repeat(100), drop: 'always' }),
    );
    await told(world, 1);
    expect(world.discord.calls.map(({ status }) => status)).toEqual([200]);
  });
});

describe('a Discord that does not work', () => {
  it('that never answers does not slow a ban', async () => {
    const world = await discordWorld();
    world.discord.fault({ kind: 'hang' });
    for (let count = 0; count < 3; count += 1) {
      const before = world.clock.elapsed();
      expect(await ban(world, newSomebody(world))).toMatchObject({ status: 'delivered' });
      expect(world.clock.elapsed()).toBe(before);
    }
    expect(world.faults).toEqual([]);
  });

  it('that fails is tried again, and said once', async () => {
    const world = await discordWorld();
    world.discord.fault({ kind: 'status', status: 503 }, 3);
    world.discord.fault({ kind: 'reset' }, 2);
    await ban(world, newSomebody(world));
    await told(world, 1, 30_000);
    expect(world.discord.calls).toHaveLength(6);
    await world.logged(saying('discord.log.works'));
    expect(timesSaid(world, 'discord.log.failing', { detail: '503: upstream \\(0\\)' })).toBe(1);
    expect(timesSaid(world, 'discord.log.failing')).toBe(1);
    expect(timesSaid(world, 'discord.log.works')).toBe(1);
  });

  it.each([
    ['deleted', (world: World) => world.discord.deleteWebhook(), '404: Unknown Webhook'],
    [
      'not known by its token',
      (world: World) =>
        world.discord.fault({
          kind: 'status',
          status: 401,
          body: { message: 'Invalid Webhook Token', code: 50027 },
        }),
      '401: Invalid Webhook Token',
    ],
  ])('because the webhook is %s is said once, and left alone', async (_, happens, words) => {
    const world = await discordWorld();
    happens(world);
    await ban(world, newSomebody(world));
    expect(await world.logged(saying('discord.log.gone'))).toContain(words);
    for (let count = 0; count < 3; count += 1) await ban(world, newSomebody(world));
    await world.clock.advance(2 * HOUR_MS);
    expect(world.discord.calls).toHaveLength(1);
    expect(timesSaid(world, 'discord.log.gone')).toBe(1);
  });

  it('for long loses the oldest news, and says so once in the console and in the channel', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'kick' });
    world.discord.fault({ kind: 'status', status: 500 });
    for (let count = 0; count < 230; count += 1) await settleOne(world, `number ${count}`);
    await world.logged(saying('discord.log.leftOut'));
    world.discord.clearFaults();
    const embeds = await told(world, 201, 10_000);
    expect(timesSaid(world, 'discord.log.leftOut')).toBe(1);
    expect(embeds[0]).toMatchObject({ title: 'Messages are missing here' });
    expect(embeds[0]?.description).toContain('left out: 30.');
    expect(shown(fieldOf(embeds[1], 'Reason'))).toBe('number 30');
    expect(shown(fieldOf(embeds.at(-1), 'Reason'))).toBe('number 229');
  }, 60_000);

  it('for more than an hour gives up what is old', async () => {
    const world = await discordWorld();
    world.discord.fault({ kind: 'status', status: 500 });
    await ban(world, newSomebody(world));
    for (let minutes = 0; minutes < 90 && timesSaid(world, 'discord.log.leftOut') === 0; minutes += 1) {
      await until(() => isAtRest(world));
      await world.clock.advance(60_000);
    }
    world.discord.clearFaults();
    const [embed] = await told(world, 1, 60_000);
    expect(embed?.title).toBe('Messages are missing here');
  });

  it('refuses one message for what is in it: the others are posted all the same', async () => {
    const world = await discordWorld();
    world.discord.fault({ kind: 'rate-limit', retryAfter: 5 }, 1);
    world.discord.fault(
      { kind: 'status', status: 400, body: { message: 'Invalid Form Body', code: 50035 } },
      2,
    );
    for (let count = 0; count < 3; count += 1) await ban(world, newSomebody(world));
    await told(world, 2);
    expect(timesSaid(world, 'discord.log.refused', { detail: '400: Invalid Form Body \\(50035\\)' })).toBe(1);
  });
});

describe('the address of the webhook', () => {
  const BAD = [
    [
      'another host',
      `https://discord.com.evil.example/api/webhooks/${WEBHOOK_ID}/${WEBHOOK_TOKEN}`,
      'setting.webhook.host',
    ],
    [
      'no encryption',
      `http://discord.com/api/webhooks/${WEBHOOK_ID}/${WEBHOOK_TOKEN}`,
      'setting.webhook.host',
    ],
    ['the token alone', WEBHOOK_TOKEN, 'setting.webhook'],
  ] as const;

  it.each(BAD)('that is %s is refused without being shown', async (_, value, key) => {
    const world = await startWorld({ convars: { cmsban_discord_webhook: value } });
    expect(timesSaid(world, key, { convar: 'cmsban_discord_webhook' })).toBe(1);
    expect(await ban(world, newSomebody(world))).toMatchObject({ status: 'delivered' });
    expect(world.log.join('\n')).not.toContain(WEBHOOK_TOKEN);
  });

  it('is taken out of what others repeat', async () => {
    const world = await discordWorld();
    const somebody = newSomebody(world);
    const body = { message: `no such thing: ${WEBHOOK_TOKEN}`, code: 1 };
    world.discord.fault({ kind: 'status', status: 500, body }, 1);
    await ban(world, somebody);
    await told(world, 1);
    expect(await world.logged(saying('discord.log.failing'))).toContain('no such thing: •••');
  });

  it('comes with a word in the start line', async () => {
    const world = await discordWorld({ cmsban_discord_events: 'ban,door' });
    expect(world.log.find((line) => line.startsWith('cmsban '))).toContain('Discord: ban, door');
  });
});

it('a stop with news that wait is quiet, and what comes after a restart is told', async () => {
  const world = await discordWorld();
  world.discord.fault({ kind: 'hang' });
  await ban(world, newSomebody(world));
  await world.restart();
  world.discord.clearFaults();
  const calls = world.discord.calls.length;
  await ban(world, newSomebody(world));
  await until(() => world.discord.calls.length > calls);
  await nextEmbed(world);
  expect(world.faults).toEqual([]);
});
