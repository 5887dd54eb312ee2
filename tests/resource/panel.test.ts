import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { PANEL_CLOSED, PANEL_RIGHTS, type PanelAsk } from '../../shared/panel.ts';
import { leastOf } from '../unit/cpu-time.ts';
import { callsToBoth } from './calls.ts';
import {
  ask,
  ban,
  closings,
  history,
  news,
  openings,
  openPanel,
  people,
  person,
  replies,
  send,
  told,
  waiting,
} from './panel.ts';
import { newSomebody } from './somebody.ts';
import { nativesCalled, startWatchedWorld } from './watched.ts';
import { CAD_KEY, CMS_KEY, startWorld } from './world.ts';

/** The server's end of `/cmspanel`, on the built bundle. */

const SECOND_MS = 1_000;

describe('the window', () => {
  it('opens with what its player may do, and what the owner has set', async () => {
    const world = await startWorld({
      convars: { cmsban_reasons: 'RDM=2d; a=b=PERM', cmsban_server_name: 'Los Santos 1' },
      config: [
        'add_ace identifier.license:bbbb command.cmspanel allow',
        'add_ace identifier.license:bbbb command.cmslookup allow',
      ],
    });
    expect(await openPanel(await world.moderator())).toEqual({
      locale: 'en',
      texts: expect.any(Object),
      rights: [...PANEL_RIGHTS],
      reasons: [
        { reason: 'RDM', duration: '2d' },
        { reason: 'a=b', duration: 'PERM' },
      ],
      products: [
        { product: 'cms', name: 'Sonoran CMS' },
        { product: 'cad', name: 'Sonoran CAD' },
      ],
      server: 'Los Santos 1',
      now: world.clock.now(),
      person: null,
    });
    const helper = await world.join('Hal', ['license:bbbb']);
    expect(await openPanel(helper)).toMatchObject({ rights: ['lookup'] });
  });

  it('opens on whoever is named, and says who cannot be found', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const somebody = newSomebody(world);
    const player = await world.join(somebody.name, somebody.identifiers);
    const { person: shown } = await openPanel(moderator, String(player.id));
    expect(shown).toEqual({
      target: String(player.id),
      name: somebody.name,
      id: player.id,
      where: 'here',
      since: world.clock.now(),
      identifiers: somebody.identifiers.filter((each) => !each.startsWith('ip:')),
      ban: null,
      isImmune: false,
    });
    await moderator.chatInput('/cmspanel 4711');
    await until(() => moderator.chat.at(-1)?.includes('4711'), 'the answer');
    expect(openings(moderator)).toHaveLength(1);
  });

  it('is for players', async () => {
    const world = await startWorld();
    await world.fx.console('cmspanel');
    await world.logged('only players can use it');
    const stranger = await world.join('Sven', ['license:5']);
    await stranger.chatInput('/cmspanel');
    expect(openings(stranger)).toEqual([]);
  });

  it('names reasons that cannot be used, and goes on without', async () => {
    const world = await startWorld({ convars: { cmsban_reasons: 'RDM=sometimes' } });
    expect(world.log.join('\n')).toContain('cmsban_reasons is "RDM=sometimes" but must be reasons');
    expect(await openPanel(await world.moderator())).toMatchObject({ reasons: [] });
  });

  it('suggests its command', async () => {
    const world = await startWorld();
    const moderator = await world.join('Mia', ['license:aaaa'], { client: true });
    await until(() => moderator.suggestions.has('/cmspanel'), 'the suggestion');
  });
});

describe('who is here', () => {
  it('is shown with since when, who is on the way in or has left, and who is banned', async () => {
    const world = await startWorld({ convars: { cmsban_join_gate: 'false' } });
    const moderator = await world.moderator();
    const [nora, lea, tom] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    const here = await world.join('Nóra', nora.identifiers);
    const gone = await world.join('Léa', lea.identifiers);
    await world.clock.advance(5 * SECOND_MS);
    gone.leave();
    await world.clock.advance(5 * SECOND_MS);
    const list = await people(moderator);
    expect(list.items.map(({ name, where, since }) => ({ name, where, since }))).toEqual([
      { name: 'Mia', where: 'here', since: world.clock.now() - 10 * SECOND_MS },
      { name: 'Nóra', where: 'here', since: world.clock.now() - 10 * SECOND_MS },
      { name: 'Léa', where: 'left', since: world.clock.now() - 5 * SECOND_MS },
    ]);
    expect(await people(moderator, 'nora')).toMatchObject({ count: 1, items: [{ id: here.id }] });
    expect(await people(moderator, String(here.id))).toMatchObject({ items: [{ name: 'Nóra' }] });
    expect(await people(moderator, lea.license)).toMatchObject({ items: [{ name: 'Léa' }] });
    expect(await people(moderator, 'nobody like that')).toMatchObject({
      items: [],
      page: 1,
      pages: 1,
      count: 0,
    });
    const calls = callsToBoth(world.sonoran).length;
    await told(moderator, ban(`license:${tom.license}`, { reason: 'rude', duration: '2d' }));
    const back = await world.join('Tom', tom.identifiers);
    expect(await people(moderator, 'tom')).toMatchObject({
      items: [
        {
          target: String(back.id),
          ban: { reason: 'rude', author: 'Mia', until: world.clock.now() + 172_800_000 },
        },
      ],
    });
    expect(callsToBoth(world.sonoran)).toHaveLength(calls + 1);
    await told(moderator, ban(`discord:${nora.discord}`));
    expect(await people(moderator, `discord:${nora.discord}`)).toMatchObject({
      items: [{ name: 'Nóra', where: 'left' }],
    });
  });

  it('includes whoever only a list knows as banned, and who cannot be banned here', async () => {
    const world = await startWorld({
      convars: { cmsban_join_gate: 'false' },
      config: ['add_ace identifier.license:1abc cmsban.immune allow'],
      records: ({ cms }) => {
        const { accId } = cms.addAccount({ apiIds: ['ba4', '1100001000000ba'] });
        cms.updateAccount(accId, { banned: true });
        return {};
      },
    });
    const moderator = await world.moderator();
    await world.join('Listed', ['license:ba4', 'steam:1100001000000ba']);
    await world.join('Immune', ['license:1abc']);
    expect((await people(moderator)).items).toMatchObject([
      { name: 'Mia', ban: null, isImmune: false },
      { name: 'Listed', ban: { id: null, reason: null, author: null, until: null } },
      { name: 'Immune', ban: null, isImmune: true },
    ]);
  });

  it('has whoever is on the way in, and finds by name whoever was never here', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const connecting = world.fx.startConnecting({ name: 'Wim', identifiers: ['license:3a'] });
    expect((await people(moderator, 'wim')).items).toMatchObject([{ where: 'arriving' }]);
    await connecting.result;
    expect((await people(moderator, 'license:dead')).items).toEqual([
      {
        target: 'license:dead',
        name: 'license:dead',
        id: null,
        where: 'elsewhere',
        since: null,
        identifiers: ['license:dead'],
        ban: null,
        isImmune: false,
      },
    ]);
  });

  it('are 200 within milliseconds, in pages of 50', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    for (let number = 0; number < 199; number++) {
      const identifiers = ['license', 'license2', 'steam', 'discord', 'fivem'].map(
        (type) => `${type}:${1_000_000 + number}`,
      );
      await world.join(`Player${number}`, [...identifiers, 'ip:10.0.0.1']);
    }
    const took: number[] = [];
    const least = await leastOf(50, async () => {
      const page = (took.length % 4) + 1;
      await world.clock.advance(SECOND_MS);
      const before = replies(moderator).length;
      const began = performance.now();
      send(moderator, { number: 900 + took.length, question: { ask: 'players', search: '', page } });
      await until(() => replies(moderator).length > before, 'the answer');
      took.push(performance.now() - began);
      return took.at(-1) ?? 0;
    });
    expect(await people(moderator, '', 9)).toMatchObject({ page: 4, pages: 4, count: 200 });
    expect((await people(moderator, '', 4)).items).toHaveLength(50);
    console.log('200 players, a page:', took.map((time) => time.toFixed(1)).join(' '));
    expect(least).toBeLessThan(50);
  });
});

describe('a decision', () => {
  it('is made, told in the window and in chat, and the same sent again is that one', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const somebody = newSomebody(world);
    const player = await world.join(somebody.name, somebody.identifiers);
    const wanted = ban(String(player.id), { duration: '2d', reason: 'RDM', key: 'one' });
    const first = await told(moderator, wanted);
    expect(first).toMatchObject({ tone: 'good', id: expect.stringMatching(/^[0-9a-f]{10}$/) });
    expect(first.message).toContain('is banned in Sonoran CAD');
    expect(player.dropReason).toContain('RDM');
    expect(moderator.chat.join('\n')).toContain(first.message);
    expect(await told(moderator, wanted)).toMatchObject({ tone: 'good', id: first.id });
    await world.clock.advance(120 * SECOND_MS);
    expect(await told(moderator, wanted)).toMatchObject({ id: first.id });
    expect(world.events.filter(({ name }) => name === 'delivered')).toHaveLength(1);
    expect(world.events[0]?.outcome).toMatchObject({ author: 'Mia', origin: 'chat', reason: 'RDM' });
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['ban']);
  });

  it('of one moderator cannot be named by another', async () => {
    const world = await startWorld({ config: ['add_principal identifier.license:cccc group.admin'] });
    const [mia, max] = [await world.moderator(), await world.join('Max', ['license:cccc'])];
    const [one, other] = [newSomebody(world), newSomebody(world)];
    const first = await told(mia, ban(`license:${one.license}`, { key: 'same' }));
    const second = await told(max, ban(`license:${other.license}`, { key: 'same' }));
    expect(second.id).not.toBe(first.id);
    expect(second.tone).toBe('good');
  });

  it('that somebody else has made already says whose it is', async () => {
    const world = await startWorld({ config: ['add_principal identifier.license:cccc group.admin'] });
    const [mia, max] = [await world.moderator(), await world.join('Max', ['license:cccc'])];
    const { license } = newSomebody(world);
    const first = await told(mia, ban(`license:${license}`));
    const again = await told(max, ban(`license:${license}`));
    expect(again.id).toBe(first.id);
    expect(again.message).toContain('decided already, by Mia');
  });

  it('is refused for whoever is immune or not found, and for a duration that is none', async () => {
    const world = await startWorld({ config: ['add_ace identifier.license:1abc cmsban.immune allow'] });
    const moderator = await world.moderator();
    expect(await told(moderator, ban('license:1abc'))).toMatchObject({ tone: 'bad', id: null });
    expect(
      await told(moderator, { ask: 'kick', target: 'license:1abc', reason: '', key: 'k' }),
    ).toMatchObject({
      tone: 'bad',
    });
    expect(await told(moderator, ban('4711'))).toMatchObject({ message: expect.stringContaining('4711') });
    for (const duration of ['90min', 'soon', '2 d']) {
      expect(await told(moderator, ban('license:2', { duration }))).toMatchObject({
        tone: 'bad',
        message: expect.stringContaining('A duration is'),
      });
    }
    expect(callsToBoth(world.sonoran)).toEqual([]);
  });

  it('that Sonoran is slow with is told to be on its way, in chat how it ends', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const { license } = newSomebody(world);
    for (const host of [world.sonoran.cms, world.sonoran.cad]) {
      host.fault('*', { kind: 'latency', ms: 8_000, effect: true });
    }
    const answer = told(moderator, ban(`license:${license}`));
    await until(() => world.sonoran.cms.openRequests + world.sonoran.cad.openRequests === 2, 'the calls');
    await world.clock.advance(3 * SECOND_MS);
    const { tone, message, id } = await answer;
    expect([tone, message]).toEqual(['neutral', expect.stringMatching(/^Banning license:\w+…$/)]);
    expect((await waiting(moderator)).items).toMatchObject([{ id }]);
    await world.clock.advance(5 * SECOND_MS);
    await until(() => moderator.chat.at(-1)?.includes('is banned in Sonoran CMS and Sonoran CAD'), 'the end');
  });

  it('kicks at once, lifts, and looks up', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const somebody = newSomebody(world);
    const target = `license:${somebody.license}`;
    await told(moderator, ban(target, { duration: '' }));
    expect(await told(moderator, { ask: 'lookup', target })).toMatchObject({
      tone: 'good',
      message: expect.stringContaining('BANNED'),
    });
    expect(await told(moderator, { ask: 'unban', target, reason: 'sorry', key: 'u' })).toMatchObject({
      tone: 'good',
    });
    expect(await told(moderator, { ask: 'kick', target, reason: 'idle', key: 'k' })).toMatchObject({
      tone: 'good',
    });
    expect(world.sonoran.cms.effects.map(({ kind }) => kind)).toContain('kick');
    expect(await person(moderator, target)).toMatchObject({ where: 'elsewhere' });
  });
});

describe('what waits', () => {
  it('is shown with why, tried again, and cancelled', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const [one, two] = [newSomebody(world), newSomebody(world, { cms: [], cad: [] })];
    await told(moderator, ban(`license:${two.license}`));
    await world.sonoran.cad.down();
    const { id, tone } = await told(moderator, ban(`license:${one.license}`));
    expect(tone).toBe('neutral');
    const list = await waiting(moderator);
    expect(list.items).toMatchObject([
      { id, status: 'queued', isKept: false, inForce: true, author: 'Mia' },
      { isKept: true, inForce: true },
    ]);
    const shares = list.items[0]?.shares ?? [];
    expect(shares.map(({ product, status }) => [product, status])).toEqual([
      ['cms', 'delivered'],
      ['cad', 'queued'],
    ]);
    expect(shares[1]?.nextTryAt).toBeGreaterThan(world.clock.now());
    expect(await ask(moderator, { ask: 'waiting', page: 7 })).toMatchObject({
      worker: null,
      actions: { page: 1 },
    });
    expect(await told(moderator, { ask: 'retry', id: null })).toMatchObject({ tone: 'good' });
    expect(await told(moderator, { ask: 'retry', id: 'ffffffffff' })).toMatchObject({ tone: 'bad' });
    expect(await told(moderator, { ask: 'retry', id: list.items[1]?.id ?? '' })).toMatchObject({
      tone: 'neutral',
    });
    const cancelled = await told(moderator, { ask: 'cancel', id: list.items[1]?.id.toUpperCase() ?? '' });
    expect(cancelled).toMatchObject({ tone: 'good' });
    expect(await told(moderator, { ask: 'cancel', id: 'nothing' })).toMatchObject({ tone: 'bad' });
    expect((await waiting(moderator)).count).toBe(1);
  });
});

describe('the history', () => {
  it('is searched by name, identifier, reason, author and id, also of one person, also in force alone', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const somebody = newSomebody(world);
    const player = await world.join('Zoë', somebody.identifiers);
    const { id } = await told(moderator, ban(String(player.id), { reason: 'Rammte Ämter' }));
    const { license } = newSomebody(world);
    await told(moderator, ban(`license:${license}`, { reason: 'spam' }));
    await told(moderator, { ask: 'unban', target: `license:${license}`, reason: '', key: 'u' });
    expect(await history(moderator)).toMatchObject({ count: 3, items: [{ kind: 'unban' }, {}, {}] });
    for (const search of ['zoe', somebody.steam, 'amter', String(id), `discord:${somebody.discord}`]) {
      expect(await history(moderator, { search })).toMatchObject({
        count: 1,
        items: [{ id, inForce: true }],
      });
    }
    expect(await history(moderator, { search: 'mia' })).toMatchObject({ count: 3 });
    expect(await history(moderator, { inForce: true })).toMatchObject({ count: 1, items: [{ id }] });
    expect(await history(moderator, { person: String(id) })).toMatchObject({ count: 1, items: [{ id }] });
    expect(await history(moderator, { person: `license:${license}`, inForce: true })).toMatchObject({
      count: 0,
    });
    expect(
      await ask(moderator, { ask: 'history', search: '', inForce: false, person: '99', page: 1 }),
    ).toMatchObject({
      kind: 'refused',
    });
  });
});

describe('news', () => {
  it('come when something changes, four times a second at most, and of what its reader may see', async () => {
    const world = await startWorld({
      config: [
        'add_ace identifier.license:bbbb command.cmspanel allow',
        'add_ace identifier.license:bbbb command.cmsqueue allow',
      ],
    });
    const moderator = await world.moderator();
    const helper = await world.join('Hal', ['license:bbbb']);
    await openPanel(moderator);
    await openPanel(helper);
    await world.clock.advance(SECOND_MS);
    const [before, beforeOfHelper] = [news(moderator).length, news(helper).length];
    await world.join('Una', ['license:11']);
    await world.clock.advance(1);
    expect(news(moderator).slice(before)).toEqual([['players']]);
    for (let number = 0; number < 30; number++) await world.join(`Many${number}`, [`license:77${number}`]);
    await world.clock.advance(249);
    expect(news(moderator).length - before).toBe(1);
    await world.clock.advance(1);
    expect(news(moderator).length - before).toBe(2);
    await world.clock.advance(SECOND_MS);
    expect(news(moderator).length - before).toBe(2);
    await told(moderator, ban('license:11'));
    await world.clock.advance(SECOND_MS);
    expect(news(moderator).at(-1)).toEqual(['players', 'waiting', 'history']);
    expect(news(helper).slice(beforeOfHelper).at(-1)).toEqual(['players', 'waiting']);
    await world.fx.console('remove_ace identifier.license:bbbb command.cmsqueue allow');
    await world.join('Ida', ['license:13']);
    await world.clock.advance(SECOND_MS);
    expect(openings(helper).at(-1)).toMatchObject({ rights: [], person: null });
    expect(news(helper).at(-1)).toEqual(['players']);
    moderator.trigger(PANEL_CLOSED);
    helper.leave();
    const after = news(moderator).length;
    await world.join('Late', ['license:12']);
    await world.clock.advance(SECOND_MS);
    expect(news(moderator)).toHaveLength(after);
    expect(world.faults).toEqual([]);
  });

  it('are looked for by nobody: an open window, and a closed one, cost nothing while nothing happens', async () => {
    const world = await startWatchedWorld();
    const moderator = await world.moderator();
    await openPanel(moderator);
    await people(moderator);
    await world.clock.advance(60 * SECOND_MS);
    nativesCalled(world);
    const sent = moderator.events.length;
    await world.clock.advance(8 * 3_600 * SECOND_MS);
    expect(nativesCalled(world)).toEqual({});
    expect(moderator.events).toHaveLength(sent);
    expect(world.clock.untilNext()).toBeGreaterThan(8 * 3_600 * SECOND_MS);
  });
});

describe('a right', () => {
  const QUESTIONS: Readonly<Record<string, PanelAsk>> = {
    cmsban: ban('license:1'),
    cmskick: { ask: 'kick', target: 'license:1', reason: '', key: 'k' },
    cmsunban: { ask: 'unban', target: 'license:1', reason: '', key: 'u' },
    cmslookup: { ask: 'lookup', target: 'license:1' },
    cmsqueue: { ask: 'waiting', page: 1 },
    'cmsqueue ': { ask: 'retry', id: null },
    'cmsqueue  ': { ask: 'cancel', id: 'x' },
    cmshistory: { ask: 'history', search: '', inForce: false, person: null, page: 1 },
  };

  it.each(Object.entries(QUESTIONS))('%s is asked for at each question', async (name, question) => {
    const command = name.trim();
    const ace = (what: 'add' | 'remove', right: string) =>
      `${what}_ace identifier.license:bbbb command.${right} allow`;
    const others = PANEL_RIGHTS.map((right) => `cms${right}`).filter((right) => right !== command);
    const world = await startWorld({ config: ['cmspanel', ...others].map((right) => ace('add', right)) });
    const player = await world.join('Hal', ['license:bbbb']);
    await openPanel(player);
    const refused = { kind: 'refused', message: expect.stringContaining(`/${command}`) };
    expect(await ask(player, question)).toEqual(refused);
    expect(callsToBoth(world.sonoran)).toEqual([]);
    await world.fx.console(ace('add', command));
    const before = openings(player).length;
    expect((await ask(player, question)).kind).not.toBe('refused');
    expect(openings(player).slice(before)).toMatchObject([{ rights: [...PANEL_RIGHTS], person: null }]);
    await world.fx.console(ace('remove', command));
    expect(await ask(player, question)).toEqual(refused);
  });

  it('to the window that is taken away closes it: at the next question, or at the next news', async () => {
    const ace = (what: 'add' | 'remove') => `${what}_ace identifier.license:bbbb command.cmspanel allow`;
    const world = await startWorld({ config: [ace('add')] });
    const player = await world.join('Hal', ['license:bbbb']);
    await openPanel(player);
    await world.fx.console(ace('remove'));
    send(player, { number: 1, question: { ask: 'players', search: '', page: 1 } });
    await until(() => closings(player) === 1, 'the end');
    expect(replies(player)).toEqual([]);
    await until(() => player.chat.at(-1)?.includes('may not use /cmspanel any more'), 'why');
    await world.fx.console(ace('add'));
    await openPanel(player);
    await world.fx.console(ace('remove'));
    await world.join('Una', ['license:11']);
    await world.clock.advance(SECOND_MS);
    expect(closings(player)).toBe(2);
  });
});

describe('the end of the resource', () => {
  it('closes the windows that are open', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    await openPanel(moderator);
    await world.fx.console('restart cmsban');
    expect(closings(moderator)).toBe(1);
    await world.listsRead();
    expect((await people(moderator)).items).toMatchObject([{ name: 'Mia', since: null }]);
    await openPanel(moderator);
    expect(world.faults).toEqual([]);
  });
});

it('no key and no address of anybody is in anything that the panel says', async () => {
  const world = await startWorld();
  const moderator = await world.moderator();
  const somebody = newSomebody(world);
  const player = await world.join(`${CMS_KEY} ${CAD_KEY}`, somebody.identifiers);
  await openPanel(moderator, String(player.id));
  expect((await people(moderator)).items).toMatchObject([{ name: 'Mia' }, { name: '••• •••' }]);
  await person(moderator, String(player.id));
  const all = JSON.stringify(moderator.events);
  expect(all).not.toContain('ip:');
  for (const key of [CMS_KEY, CAD_KEY]) expect(all).not.toContain(key);
});
