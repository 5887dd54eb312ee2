import { describe, expect, it } from 'vitest';
import { knownCadApiIds } from '../../../server/identity/cad-api-id.ts';
import { createManualClock, settle } from '../manual-clock.ts';

function start(ask: (playerId: number) => unknown) {
  const clock = createManualClock();
  const answers: unknown[] = [];
  void knownCadApiIds(ask, clock)(12).then((answer) => answers.push(answer));
  return { clock, answers };
}

/** A Lua promise arrives as a table that can be awaited. */
const thenable = {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is about
  then: (answered: (value: string) => void) => answered('LATER'),
};

describe("what the vendor's CAD resource says of a player", () => {
  it.each<[string, () => unknown, unknown]>([
    ['a text', () => 'ID', 'ID'],
    ['a promise of a text', async () => 'ID', 'ID'],
    ['what can be awaited', () => thenable, 'LATER'],
    ['nothing', () => undefined, undefined],
    ['null', () => null, undefined],
    ['an empty text', () => '', undefined],
    ['a text with blanks', () => 'a b', undefined],
    ['a long text', () => 'x'.repeat(129), undefined],
    ['a number', () => 5, undefined],
    ['a list', () => ['ID'], undefined],
    ['a table', () => ({ id: 'ID' }), undefined],
    ['a promise of a number', async () => 5, undefined],
    ['a promise that is broken', () => Promise.reject(new Error('no database')), undefined],
    [
      'an error',
      () => {
        throw new Error('no such export');
      },
      undefined,
    ],
  ])('as %s', async (_, answer, known) => {
    const { answers, clock } = start(answer);
    await settle();
    expect(answers).toEqual([known]);
    // No timer is left behind.
    expect(clock.timers()).toBe(0);
  });

  it('is asked at once', () => {
    const asked: number[] = [];
    start((playerId) => asked.push(playerId));
    expect(asked).toEqual([12]);
  });

  it('counts within a second, and not after it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const { answers, clock } = start(() => promise);
    await clock.advance(999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual([undefined]);
    resolve('ID');
    await settle();
    expect(answers).toEqual([undefined]);
  });
});
