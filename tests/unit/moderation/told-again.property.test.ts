import '../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ActionKind } from '../../../server/moderation/action.ts';
import { absentPerson } from '../../../server/moderation/person.ts';
import { MODERATOR } from '../action.ts';
import { settle } from '../manual-clock.ts';
import { DONE, LOST, NOT_LINKED, UNREACHABLE } from '../scripted-api.ts';
import { type Running, run } from './running.ts';

const IDENTIFIERS = ['license:a', 'discord:1'];
const ANSWERS = { done: DONE, 'not linked': NOT_LINKED, lost: LOST, down: UNREACHABLE };

/** How a decision is told once more: how much later, and by which of the names that are known to be one person's. */
const told = fc.array(
  fc.record({
    afterMs: fc.constantFrom(0, 1_000, 20_000, 59_000),
    identifiers: fc.subarray(IDENTIFIERS, { minLength: 1 }),
    isAwaited: fc.boolean(),
  }),
  { minLength: 2, maxLength: 12 },
);

function tell({ moderation }: Running, kind: ActionKind, identifiers: readonly string[], expiresAt?: number) {
  return moderation.submit(absentPerson(null, identifiers), {
    kind,
    reason: 'aimbot',
    author: MODERATOR,
    origin: 'export',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
}

it('a ban that is told again and again is one action, one line of history, and as many calls as one', async () => {
  const answer = fc.constantFrom<keyof typeof ANSWERS>('done', 'not linked', 'lost', 'down');
  await fc.assert(
    fc.asyncProperty(told, answer, fc.constantFrom<ActionKind>('ban', 'kick'), async (times, how, kind) => {
      const running = run({ products: ['cad'] });
      running.cad.answerWith(() => ANSWERS[how]);
      const once = run({ products: ['cad'] });
      once.cad.answerWith(() => ANSWERS[how]);
      for (const { seen } of [running, once]) seen.saw({ id: 1, name: 'Pat', identifiers: IDENTIFIERS });
      // Sixty seconds count from when it has settled, and this is told within them.
      const { length } = times.filter((_, place) => elapsed(times, place) < 60_000);
      const ids = new Set<string>();
      for (const [place, { afterMs, identifiers, isAwaited }] of times.slice(0, length).entries()) {
        await running.clock.advance(afterMs);
        await once.clock.advance(afterMs);
        if (place === 0) void tell(once, kind, identifiers);
        const ticket = tell(running, kind, identifiers);
        if (isAwaited) await settle();
        void ticket.then(async (given) => {
          if (given.accepted) ids.add((await given.answered).id);
        });
      }
      await running.clock.advance(1_000);
      await once.clock.advance(1_000);
      expect([...ids]).toEqual(['a1']);
      expect(running.ledger.latest(100).map(({ id }) => id)).toEqual(['a1']);
      expect(running.told.filter((text) => text.startsWith('accepted'))).toEqual(['accepted a1']);
      expect(running.cad.calls.map(({ subject }) => subject)).toEqual(
        once.cad.calls.map(({ subject }) => subject),
      );
      expect(running.bugs).toEqual([]);
    }),
    { numRuns: 150 },
  );
});

/** How long after the first it is told, in milliseconds. */
function elapsed(times: readonly { readonly afterMs: number }[], place: number): number {
  return times.slice(1, place + 1).reduce((sum, { afterMs }) => sum + afterMs, 0);
}
