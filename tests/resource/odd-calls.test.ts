import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { pass } from './ban-lists.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/**
 * Scripts in both languages that call every export in every odd way (`resources/odd-calls…`): whatever they pass, and
 * wherever they call from, they get plain data, and never an error.
 */

const LANGUAGES = {
  JavaScript: { resource: 'odd-calls', command: 'oddcallsjs' },
  Lua: { resource: 'odd-calls-lua', command: 'oddcalls' },
} as const;
type Language = keyof typeof LANGUAGES;
type Answer = Record<string, unknown>;

const resources = Object.fromEntries(
  Object.values(LANGUAGES).map(({ resource }) => [
    resource,
    new URL(`./resources/${resource}`, import.meta.url).pathname,
  ]),
);

/** What a resource has printed for its cases, by case; the last of each. */
function casesOf(world: World, language: Language, from = 0): Map<string, Answer> {
  const lines = world.printedBy(LANGUAGES[language].resource).slice(from);
  return new Map(
    lines.flatMap((line): [string, Answer][] => {
      const [, name, json] = /^odd (.*?) ([{[].*)$/s.exec(line) ?? [];
      return name === undefined || json === undefined ? [] : [[name, JSON.parse(json)]];
    }),
  );
}

/** Lets a resource make its calls. @returns what came back, by case, once all of these cases are there. */
async function run(
  world: World,
  language: Language,
  what: string,
  targets: readonly string[] = [],
  awaited: readonly string[] = [],
): Promise<Map<string, Answer>> {
  const { resource, command } = LANGUAGES[language];
  const from = world.printedBy(resource).length;
  await world.fx.console([command, what, ...targets].join(' '));
  return until(() => {
    const cases = casesOf(world, language, from);
    return ['done', ...awaited].every((name) => cases.has(name)) ? cases : undefined;
  }, `the answers to "${what}" in ${language}`);
}

describe.each(['JavaScript', 'Lua'] as const)('from %s', (language) => {
  let shared: World;
  beforeAll(async () => {
    shared = await openWorld({ resources });
  });
  afterAll(() => shared.close());

  it('whatever the target is, the answer says that it is none', async () => {
    const requests = callsToBoth(shared.sonoran).length;
    const cases = await run(shared, language, 'targets');
    cases.delete('done');
    expect(cases.size).toBeGreaterThan(25);
    const NOBODY = ['nobody here', 'nobody here as a float', 'a temporary id'];
    for (const [name, answers] of cases) {
      expect(Object.keys(answers)).toHaveLength(5);
      for (const answer of Object.values(answers)) {
        const code = NOBODY.includes(name)
          ? expect.stringMatching(/^(PLAYER_NOT_FOUND|INVALID_TARGET)$/)
          : 'INVALID_TARGET';
        expect({ name, answer }).toMatchObject({ name, answer: { code, message: expect.any(String) } });
        const { message } = answer as { message: string };
        expect(message.length).toBeLessThan(400);
        expect(message.isWellFormed()).toBe(true);
        expect(message).not.toMatch(/[\p{Cc}^]|object|undefined|null/u);
      }
    }
    expect(callsToBoth(shared.sonoran)).toHaveLength(requests);
    const said = (name: string) => JSON.stringify(cases.get(name)?.['banPlayer']).replaceAll('\\"', '"');
    for (const name of ['nothing at all', 'nil', 'nil in the middle', 'nil at the end']) {
      expect(said(name)).toContain('"nothing" is not a target.');
    }
    for (const name of ['nobody here', ...(language === 'Lua' ? ['nobody here as a float'] : [])]) {
      expect(said(name)).toContain('There is no player with the id 999.');
    }
    expect(said('a list')).toContain('"a list" is not a target.');
    expect(said('a table')).toContain('"a table" is not a target.');
    expect(said('a function')).toContain('"a function" is not a target.');
    expect(said('true')).toContain('"true" is not a target.');
    expect(said('not a number')).toContain('"NaN" is not a target.');
    expect(cases.get('nil in the middle')?.['banPlayer']).toMatchObject({ author: 'odd', reason: '' });
  });

  it('whatever the options are, what is wrong is named, and nothing is done', async () => {
    const people = Array.from({ length: 11 }, () => newSomebody(shared));
    const targets = people.map(({ license }) => `license:${license}`);
    const cases = await run(shared, language, 'choices', targets);
    const WRONG: Readonly<Record<string, string>> = {
      'a text': 'options must be a table with names from these: author, drop, duration, id, products',
      'a number': 'options must be a table',
      true: 'options must be a table',
      false: 'options must be a table',
      'a function': 'options must be a table',
      'a list': 'options must be a table',
      // A list with a hole comes from Lua as a table with numbers for names.
      'a list with a hole': language === 'Lua' ? 'there is no option "2"' : 'options must be a table',
      unknown: 'there is no option "reason"; there are author, drop, duration, id, products',
      'unknown number': 'there is no option "1.5"',
      duration: 'duration must be a text such as',
      'author a number': 'author must be a text',
      'author a table': 'author must be a text',
      'drop unknown': 'drop must be one of success, all, always',
      'drop true': 'drop must be one of',
      'products a text': 'products must be a list of at least one of cms, cad',
      'products empty': 'products must be a list',
      'products with a hole': 'products must be a list',
      'products a map': 'products must be a list',
      'products unknown': 'products must be a list',
      'id empty': 'id must be a text of 1 to 128 characters',
      'id a number': 'id must be a text',
      'id long': 'id must be a text',
      'reason a number': 'reason must be a text',
      'reason true': 'reason must be a text',
      'reason a table': 'reason must be a text',
      'reason a function': 'reason must be a text',
      ...(language === 'Lua' ? { 'unknown of bytes': 'there is no option "' } : {}),
      ...(language === 'JavaScript'
        ? { bytes: 'options must be a table', 'no bytes': 'options must be a table' }
        : {}),
    };
    for (const [name, words] of Object.entries(WRONG)) {
      const answers = Object.entries(cases.get(name) ?? {});
      expect(answers.map(([kind]) => kind).sort()).toEqual(['banPlayer', 'kickPlayer', 'unbanPlayer']);
      for (const [, answer] of answers) {
        expect({ name, answer }).toMatchObject({
          answer: {
            status: 'refused',
            code: 'REFUSED',
            message: expect.stringContaining(words),
            dropped: false,
          },
        });
        const { message } = answer as { message: string };
        expect(message).toMatch(/^Nothing was done, because the call is not right: /);
        expect(message).not.toMatch(/[\p{Cc}^]/u);
      }
    }
    const ACCEPTED: Readonly<Record<string, Answer>> = {
      ...(language === 'JavaScript' ? { 'an empty list': { reason: 'odd' } } : {}),
      nothing: { reason: '', author: LANGUAGES[language].resource },
      'nil for both': { reason: '' },
      'nil for the reason': { reason: '', author: 'odd' },
      'an empty table': { reason: 'odd' },
      'more than three': { reason: 'odd' },
      'reason of bytes': { reason: expect.stringMatching(/cheats \[cmsban\]/) },
      'author of bytes': { author: expect.stringMatching(/^1.me$/) },
      'id of bytes': { reason: 'odd' },
      'products twice': { products: { cad: { status: 'delivered' } } },
    };
    for (const [name, answer] of Object.entries(ACCEPTED)) {
      expect({ name, ...cases.get(name) }).toMatchObject({
        name,
        answer: { status: 'delivered', action: 'unban', ...answer },
      });
    }
    // Each lift that was accepted went out, and nothing else.
    const isAbout = ({ body }: { readonly body?: unknown }) =>
      people.some(({ license }) => JSON.stringify(body).includes(`"${license}"`));
    expect(callsTo(shared.sonoran.cad).filter(isAbout)).toHaveLength(Object.keys(ACCEPTED).length);
    expect(callsTo(shared.sonoran.cms).filter(isAbout)).toEqual([]);
  });

  it('wherever it is called from', async () => {
    const who = newSomebody(shared);
    const target = `license:${who.license}`;
    const cases = await run(
      shared,
      language,
      'places',
      [target, `license:${newSomebody(shared).license}`],
      ['in a timeout', 'in a thread', 'in an event'],
    );
    const answer = { banned: false, code: 'OK', message: expect.stringContaining(target) };
    for (const name of [
      'in a timeout',
      'in a thread',
      'in an event',
      'by name',
      'more than it takes',
      'through a promise',
      'kept',
      ...(language === 'Lua' ? ['after a wait', 'packed and unpacked'] : []),
    ]) {
      expect({ name, answer: cases.get(name) }).toMatchObject({ name, answer });
    }
    expect(cases.get('unknown export')).toMatchObject({
      threw: expect.stringContaining('No such export eraseEverything in resource cmsban'),
    });
    if (language === 'JavaScript') expect(cases.get('without waiting')).toEqual({ isPromise: true });
    if (language === 'Lua') {
      expect(cases.get('with a dot')).toMatchObject({
        answer: { message: expect.stringContaining('license:nobody') },
      });
      expect(cases.get('where nothing can wait')).toMatchObject({
        ok: false,
        threw: expect.stringContaining('attempt to yield across a C-call boundary'),
      });
      // Both lifts went out, though nobody could wait for their end.
      await until(() => callsTo(shared.sonoran.cad).length >= 2, 'the calls');
      const reasons = async () =>
        (await shared.call<Array<{ reason: string }>>('getHistory', 5)).map(({ reason }) => reason);
      expect(await reasons()).toEqual(expect.arrayContaining(['own routine']));
    }
    expect(casesOf(shared, language).get('top level')).toMatchObject({
      threw: expect.stringContaining('No such export'),
    });
  });

  it('within its own events, which never come in the middle of a call', async () => {
    const who = newSomebody(shared);
    const cases = await run(
      shared,
      language,
      'events',
      [`license:${who.license}`],
      ['from event refused', 'from event delivered', 'sanctions from event refused'],
    );
    const { resource } = LANGUAGES[language];
    const events = shared
      .printedBy(resource)
      .filter((line) => line.startsWith('odd event '))
      .map((line) => line.replace(/^odd event /, ''));
    const heard = events.map((line) => {
      const [, name, json] = /^(\w+) (.*)$/.exec(line) ?? [];
      return [name, JSON.parse(json ?? '')];
    });
    expect(heard).toEqual([
      ['refused', { inside: false, reason: 'first' }],
      ['refused', { inside: false, reason: 'second' }],
      ['refused', { inside: false, reason: 'third' }],
      ['delivered', { inside: false, reason: 'fourth' }],
    ]);
    expect(cases.get('from event delivered')).toMatchObject({ banned: { code: 'OK' }, history: 1 });
    for (const answer of Object.values(cases.get('sanctions from event refused') ?? {})) {
      expect(answer).toMatchObject({ code: 'INVALID_TARGET', reason: 'from an event' });
    }
  });

  it('many at once are all answered', async () => {
    const people = Array.from({ length: 40 }, () => newSomebody(shared));
    const cases = await run(
      shared,
      language,
      'crowd',
      people.map(({ license }) => `license:${license}`),
      ['crowd'],
    );
    for (const [index, { license }] of people.entries()) {
      expect(cases.get(`crowd ${index + 1}`)).toMatchObject({
        code: expect.stringMatching(/^(OK|QUEUED)$/),
        reason: `raid ${index + 1}`,
        target: { identifiers: [`license:${license}`] },
      });
    }
    // What is left of them would go before the calls of other tests.
    while ((await shared.call<unknown[]>('getPending', 1)).length > 0) await pass(shared, 10_000);
  });

  it('never fails inside', () => {
    expect(shared.log.join('\n')).not.toMatch(/internal error|SCRIPT ERROR/);
    const own = shared.fx.swallowed.filter(({ resource }) => resource === 'cmsban');
    expect(own).toEqual([]);
  });
});

describe.each(['JavaScript', 'Lua'] as const)('lists for %s', (language) => {
  it('have fifty at most when the caller does not say', async () => {
    const own = await startWorld({ resources });
    await Promise.all([own.sonoran.cms.down(), own.sonoran.cad.down()]);
    const calls = Array.from({ length: 60 }, (_, index) =>
      own.startCall('banPlayer', `license:${newSomebody(own).license}`, `ban ${index}`),
    );
    await Promise.all(calls.map((number) => own.answerOf(number)));
    const cases = await run(own, language, 'limits');
    const fifty = { history: 50, pending: 50 };
    for (const name of [
      'no limit',
      'nil',
      'zero',
      'negative',
      'half',
      'infinite',
      'not a number',
      'text',
      'table',
      'true',
    ]) {
      expect({ name, counts: cases.get(name) }).toEqual({ name, counts: fifty });
    }
    expect(cases.get('two')).toEqual({ history: 2, pending: 2 });
    expect(cases.get('all')).toEqual({ history: 60, pending: 60 });
    const reasons = async (name: string) =>
      (await own.call<Array<{ reason: string }>>(name, 2)).map(({ reason }) => reason);
    expect(await reasons('getHistory')).toEqual(['ban 59', 'ban 58']);
    expect(await reasons('getPending')).toEqual(['ban 0', 'ban 1']);
  });
});

it('an event that is due when cmsban stops is heard before it is gone', async () => {
  const own = await startWorld();
  own.startCall('banPlayer', null, 'just before');
  expect(own.events).toEqual([]);
  await own.fx.console('stop cmsban');
  expect(own.events).toMatchObject([{ name: 'refused', outcome: { reason: 'just before' } }]);
});

describe.each(['JavaScript', 'Lua'] as const)('restarts, %s', (language) => {
  const { resource } = LANGUAGES[language];

  it('a file asks at its top level, and goes on with the answer', async () => {
    const own = await startWorld({ resources });
    await own.fx.console(`restart ${resource}`);
    const answer = await until(() => {
      const found = casesOf(own, language).get('top level');
      return found !== undefined && !('threw' in found) ? found : undefined;
    }, 'the answer at the top level');
    expect(answer).toMatchObject({ banned: false, code: 'OK' });
    if (language === 'Lua') expect(casesOf(own, language).has('second file')).toBe(true);
  });

  it.each(['stop', 'restart'])(
    'a caller that %ss while its call is pending costs nothing',
    async (command) => {
      const own = await startWorld({ resources });
      const who = newSomebody(own);
      own.sonoran.cad.fault('*', { kind: 'latency', ms: 1_000 }, 1);
      const requests = callsTo(own.sonoran.cad).length;
      await run(own, language, 'wait', [`license:${who.license}`]);
      await until(() => callsTo(own.sonoran.cad).length > requests, 'the request');
      await own.fx.console(`${command} ${resource}`);
      await own.clock.advance(1_000);
      await own.logged('Reason: waits');
      await eventLoopTurn();
      expect(casesOf(own, language).has('waited')).toBe(false);
      expect(own.log.join('\n')).not.toContain('internal error');
      expect(await own.call('getHistory', 1)).toMatchObject([{ reason: 'waits', status: 'delivered' }]);
      expect(await own.call('isBanned', `license:${who.license}`)).toMatchObject({ banned: true });
    },
  );

  it('a function that is kept over ours fails; one that is looked up again does not', async () => {
    const own = await startWorld({ resources });
    const target = `license:${newSomebody(own).license}`;
    await run(own, language, 'places', [target], ['kept']);
    await own.fx.console('restart cmsban');
    await own.listsRead();
    own.fx.emit(`${resource}:kept`);
    const cases = await until(
      () => (casesOf(own, language).has('looked up again') ? casesOf(own, language) : undefined),
      'the answers',
    );
    expect(cases.get('kept over a restart')).toMatchObject({ threw: expect.any(String) });
    expect(cases.get('looked up again')).toMatchObject({ code: 'OK' });
  });
});
