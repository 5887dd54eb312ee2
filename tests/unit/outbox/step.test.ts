import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTION_KINDS, type ActionKind } from '../../../server/moderation/action.ts';
import type { SanctionResult } from '../../../server/moderation/product-api.ts';
import { step } from '../../../server/outbox/step.ts';
import { DISCORD, delivery, STEAM } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import {
  BAD_CREDENTIALS,
  DONE,
  LIMITED,
  LOST,
  NOT_ENABLED,
  NOT_LINKED,
  UNREACHABLE,
} from '../scripted-api.ts';

const NOW = 1_700_000_000_000;
const context = { now: NOW, leftMs: 3_600_000, limitWindowMs: 60_000, random: 0, say: checkedSay };
const two = delivery('cad', { subjects: [STEAM, DISCORD] });
const kinds = ACTION_KINDS.map((kind) => [kind] as const);

describe.each(kinds)('a %s', (kind) => {
  it('is delivered when it is done, under the name that worked', () => {
    expect(step(kind, { ...two, candidate: 1 }, { kind: 'done', account: 'uuid' }, context)).toEqual({
      ...two,
      candidate: 1,
      state: { status: 'delivered', apiId: DISCORD.value, account: 'uuid' },
    });
  });

  it('goes on to the next name when one is not linked, and only then', () => {
    expect(step(kind, two, NOT_LINKED, context)).toEqual({ ...two, candidate: 1 });
    for (const result of [UNREACHABLE, LOST]) expect(step(kind, two, result, context).candidate).toBe(0);
  });

  it('is refused when no name is linked', () => {
    expect(step(kind, { ...two, candidate: 1 }, NOT_LINKED, context).state).toEqual({
      status: 'refused',
      code: 'NOT_LINKED',
      detail: '',
    });
  });

  it("is refused for good in the API's words", () => {
    expect(step(kind, two, { kind: 'refused', words: 'IS THE OWNER' }, context)).toEqual({
      ...two,
      state: { status: 'refused', code: 'REFUSED', detail: 'IS THE OWNER' },
    });
  });

  it.each<[SanctionResult, string, string, number | null]>([
    [BAD_CREDENTIALS, 'BAD_CREDENTIALS', 'INVALID API KEY', null],
    [NOT_ENABLED, 'REFUSED', 'NOT ENABLED', null],
    [LIMITED, 'QUEUED', 'the rate limit is reached', NOW + 60_000],
    [{ kind: 'limited', waitMs: 120_000 }, 'QUEUED', 'the rate limit is reached', NOW + 120_000],
  ])('is kept as it is by %o, which is not its fault', (result, code, detail, nextTryAt) => {
    const tried = { ...two, candidate: 1, attempts: 3, unanswered: 0 };
    expect(step(kind, tried, result, context)).toEqual({
      ...tried,
      state: { status: 'queued', code, detail, nextTryAt },
    });
  });

  it('is tried again later, under the same name', () => {
    const next = step(kind, two, UNREACHABLE, context);
    expect(next).toEqual({
      ...two,
      attempts: 1,
      state: { status: 'queued', code: 'QUEUED', detail: 'could not connect', nextTryAt: NOW + 1_000 },
    });
    expect(step(kind, next, UNREACHABLE, { ...context, random: 0.5 })).toMatchObject({
      attempts: 2,
      state: { nextTryAt: NOW + 2_500 },
    });
  });

  it('is not tried before the API wants it', () => {
    expect(step(kind, two, { ...UNREACHABLE, waitMs: 60_000 }, context)).toMatchObject({
      state: { nextTryAt: NOW + 60_000 },
    });
  });

  it('is tried a last time as its time ends, and then given up', () => {
    for (const result of [UNREACHABLE, LOST, { ...UNREACHABLE, waitMs: 3_600_001 }]) {
      expect(step(kind, two, result, { ...context, leftMs: 999 }).state).toMatchObject({
        status: 'queued',
        nextTryAt: NOW + 999,
      });
    }
    expect(step(kind, two, UNREACHABLE, { ...context, leftMs: 0 }).state).toEqual({
      status: 'refused',
      code: 'EXPIRED',
      detail: 'could not connect',
    });
  });

  it('remembers the last call that may have been heard', () => {
    expect(step(kind, two, UNREACHABLE, context).unanswered).toBeNull();
    const lost = step(kind, { ...two, candidate: 1 }, LOST, context);
    expect(lost.unanswered).toBe(1);
    expect(step(kind, lost, UNREACHABLE, context).unanswered).toBe(1);
  });

  it('has no next try in its record once it goes on to the next name', () => {
    const waiting = step(kind, two, UNREACHABLE, context);
    expect(step(kind, waiting, NOT_LINKED, context).state).toMatchObject({
      status: 'queued',
      nextTryAt: null,
    });
  });
});

describe('a call whose answer was lost', () => {
  const lost = { ...two, candidate: 0, attempts: 1, unanswered: 0 };

  it('was a kick that worked, when afterwards nobody is found under any name', () => {
    const next = step('kick', lost, NOT_LINKED, context);
    expect(next).toMatchObject({ candidate: 1, state: { status: 'queued' } });
    expect(step('kick', next, NOT_LINKED, context).state).toEqual({
      status: 'delivered',
      apiId: STEAM.value,
      account: null,
    });
  });

  it.each(['ban', 'unban'] as const)('says nothing about a %s: that can be made twice', (kind) => {
    const next = step(kind, { ...lost, candidate: 1 }, NOT_LINKED, context);
    expect(next.state).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });

  it('does not make a kick of one that was never heard', () => {
    const next = step('kick', { ...lost, candidate: 1, unanswered: null }, NOT_LINKED, context);
    expect(next.state).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });

  it('does not hide a refusal', () => {
    const next = step('kick', lost, { kind: 'refused', words: 'IS THE OWNER' }, context);
    expect(next.state).toMatchObject({ status: 'refused', code: 'REFUSED' });
  });
});

describe('any sequence of results', () => {
  const result: fc.Arbitrary<SanctionResult> = fc.oneof(
    fc.constantFrom(DONE, NOT_LINKED, UNREACHABLE, LOST),
    fc.constantFrom<SanctionResult>({ kind: 'refused', words: 'no' }, BAD_CREDENTIALS, NOT_ENABLED, LIMITED, {
      kind: 'limited',
      waitMs: 3_600_000,
    }),
    fc
      .record({ waitMs: fc.option(fc.nat({ max: 3_600_000 })), mayHaveHappened: fc.boolean() })
      .map((rest) => ({ kind: 'try-again' as const, detail: 'later', ...rest })),
  );

  it('ends, never changes the record it was given, and keeps to its bounds', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ActionKind>(...ACTION_KINDS),
        fc.array(result, { maxLength: 30 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (kind, results, random) => {
          let current = Object.freeze(two);
          let now = NOW;
          for (const one of results) {
            const next = step(kind, current, one, {
              now,
              leftMs: NOW + 600_000 - now,
              limitWindowMs: 60_000,
              random,
              say: checkedSay,
            });
            expect(next.candidate).toBeLessThan(next.subjects.length);
            expect(next.candidate).toBeGreaterThanOrEqual(current.candidate);
            expect(next.attempts - current.attempts).toBe(one.kind === 'try-again' ? 1 : 0);
            if (next.state.status !== 'queued') return;
            if (one.kind === 'try-again') {
              expect(next.state.nextTryAt).toBeGreaterThanOrEqual(Math.min(now + 1_000, NOW + 600_000));
              expect(next.state.nextTryAt).toBeLessThanOrEqual(NOW + 600_000);
              expect(Number.isInteger(next.state.nextTryAt)).toBe(true);
              now = next.state.nextTryAt ?? now;
            }
            current = Object.freeze(next);
          }
        },
      ),
    );
  });
});
