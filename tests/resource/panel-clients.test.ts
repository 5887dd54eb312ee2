import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../unit/fixed-seed.ts';
import { until } from '../../devserver/clock.ts';
import { PANEL_CLOSED } from '../../shared/panel.ts';
import { callsToBoth } from './calls.ts';
import { openings, openPanel, people, replies, send, told } from './panel.ts';
import { newSomebody } from './somebody.ts';
import { CAD_KEY, CMS_KEY, startWorld } from './world.ts';

/** Clients that send what they like in the place of the panel's page. */

const RUNS = 60;
const QUESTIONS = 20;
const SECOND_MS = 1_000;

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.constantFrom<unknown>(Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 2 ** 53, undefined, null, '', []),
  fc.constant('x'.repeat(200_000)),
  fc.constant(deep(500)),
  fc.string({ unit: 'binary', maxLength: 80 }),
);
const target = fc.oneof(
  fc.constantFrom<unknown>(
    '1',
    '2',
    '65537',
    'license:aaaa',
    'account:x',
    '__proto__',
    '83a12779c3',
    '99999999999',
  ),
  odd,
);
const seldom = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual as fc.Arbitrary<unknown>, weight: 6 }, { arbitrary: odd, weight: 1 });
const text = seldom(fc.string({ maxLength: 20 }));
const page = seldom(fc.integer({ min: -3, max: 2 ** 31 }));
const key = seldom(fc.stringMatching(/^[a-z-]{1,20}$/));
const question = fc.oneof(
  fc.record({ ask: fc.constant('players'), search: text, page }),
  fc.record({ ask: fc.constant('waiting'), page }),
  fc.record({
    ask: fc.constant('history'),
    search: text,
    inForce: seldom(fc.boolean()),
    person: fc.oneof(fc.constant(null), target),
    page,
  }),
  fc.record({ ask: fc.constantFrom('person', 'lookup'), target }),
  fc.record({ ask: fc.constantFrom('kick', 'unban'), target, reason: text, key }),
  fc.record({
    ask: fc.constant('ban'),
    target,
    duration: seldom(fc.constantFrom('2d', 'perm', 'soon')),
    reason: text,
    key,
  }),
  fc.record({ ask: fc.constant('retry'), id: fc.oneof(fc.constant(null), target) }),
  fc.record({ ask: fc.constant('cancel'), id: target }),
  fc.record({ ask: seldom(fc.constantFrom('unknown', 'toString', '__proto__')) }),
  odd,
);
const sent = fc.oneof(
  { arbitrary: fc.record({ number: seldom(fc.integer()), question }), weight: 9 },
  { arbitrary: odd, weight: 1 },
);

function deep(levels: number): unknown {
  let value: unknown = 'end';
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

describe('whatever a client sends', () => {
  it('nobody without the right to the window gets a word, and nothing happens', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const stranger = await world.join('Sven', ['license:5']);
    const lines = world.log.length;
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: QUESTIONS, maxLength: QUESTIONS }), async (all) => {
        for (const each of all) send(stranger, each);
        stranger.trigger(PANEL_CLOSED, all[0]);
        await world.clock.advance(3 * SECOND_MS);
      }),
      { numRuns: RUNS },
    );
    expect(stranger.events).toEqual([]);
    expect(moderator.events).toEqual([]);
    expect(world.log).toHaveLength(lines);
    expect([callsToBoth(world.sonoran), world.events, world.faults]).toEqual([[], [], []]);
  });

  it('who has the right gets at most one answer for each question, without a key or an address', async () => {
    const world = await startWorld({ config: ['add_ace identifier.license:aaaa cmsban.immune allow'] });
    const moderator = await world.moderator();
    const somebody = newSomebody(world);
    await world.join(somebody.name, somebody.identifiers);
    await openPanel(moderator);
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { minLength: QUESTIONS, maxLength: QUESTIONS }), async (all) => {
        const before = replies(moderator).length;
        for (const each of all) send(moderator, each);
        await world.clock.advance(3 * SECOND_MS);
        expect(replies(moderator).length - before).toBeLessThanOrEqual(QUESTIONS);
      }),
      { numRuns: RUNS },
    );
    const said = JSON.stringify(replies(moderator));
    expect(said.match(/"kind":"refused"/g)?.length).toBeGreaterThan(100);
    expect(said.match(/"kind":"people"/g)?.length).toBeGreaterThan(10);
    for (const secret of ['ip:', CMS_KEY, CAD_KEY]) expect(said).not.toContain(secret);
    expect(world.faults).toEqual([]);
    await world.clock.advance(10 * SECOND_MS);
    expect((await people(moderator, 'mia')).items).toMatchObject([{ name: 'Mia', where: 'here' }]);
    expect(moderator.connected).toBe(true);
  });

  it('no event that the server sends is taken from one', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const stranger = await world.join('Sven', ['license:5']);
    for (const event of ['cmsban:panelOpen', 'cmsban:panelAnswer', 'cmsban:panelNews', 'cmsban:panelClose']) {
      stranger.trigger(event, { number: 1 });
    }
    expect([stranger.events, moderator.events, world.faults]).toEqual([[], [], []]);
  });

  it('no question is taken from another resource of the server', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    world.fx.emitFrom('caller', 'cmsban:panelAsk', { number: 1, question: { ask: 'waiting', page: 1 } });
    world.fx.emitFrom('caller', 'cmsban:panelClosed');
    await world.clock.advance(SECOND_MS);
    expect([moderator.events, world.faults]).toEqual([[], []]);
  });
});

describe('too many questions', () => {
  const question = { ask: 'players', search: '', page: 1 } as const;

  it('are refused in words, a flood silently; a while later all is well', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    for (let number = 0; number < 1_000; number++) send(moderator, { number, question });
    await until(() => replies(moderator).length >= 23, 'the answers');
    await world.clock.advance(0);
    const kinds = replies(moderator).map(({ answer }) => answer.kind);
    expect(kinds.filter((kind) => kind === 'people')).toHaveLength(20);
    const refused = replies(moderator).filter(({ answer }) => answer.kind === 'refused');
    expect(refused.map(({ answer }) => answer)).toEqual(
      Array.from({ length: 3 }, () => ({
        kind: 'refused',
        message: expect.stringContaining('too much at once'),
      })),
    );
    await world.clock.advance(SECOND_MS);
    const before = replies(moderator).length;
    for (let number = 0; number < 10; number++) send(moderator, { number, question });
    await until(() => replies(moderator).length === before + 10, 'the answers');
    expect(
      replies(moderator)
        .slice(before)
        .every(({ answer }) => answer.kind === 'people'),
    ).toBe(true);
  });

  it('of one player keep nobody else waiting', async () => {
    const world = await startWorld({ config: ['add_principal identifier.license:cccc group.admin'] });
    const moderator = await world.moderator();
    const other = await world.join('Max', ['license:cccc']);
    for (let number = 0; number < 5_000; number++) send(moderator, { number, question });
    expect((await people(other)).count).toBe(2);
    expect(openings(other)).toEqual([]);
  });

  it('with one key at once are one decision', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const { license } = newSomebody(world);
    const ban = {
      ask: 'ban',
      target: `license:${license}`,
      duration: 'perm',
      reason: 'rude',
      key: 'same',
    } as const;
    const all = await Promise.all(Array.from({ length: 10 }, () => told(moderator, ban)));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.map(({ tone }) => tone)).toEqual(Array.from({ length: 10 }, () => 'good'));
    expect(world.events).toHaveLength(1);
    expect(callsToBoth(world.sonoran)).toHaveLength(2);
  });
});
