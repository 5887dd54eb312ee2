import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNotices } from '../../../server/door/notice.ts';
import { inEnglish } from '../../../server/text/locale.ts';
import { action } from '../action.ts';
import { checkedSay } from '../checked-say.ts';

const NOW = Date.UTC(2026, 10, 28, 18);
const HOUR = 3_600_000;

const notices = createNotices({ appealText: 'Appeal here.', clock: { now: () => NOW }, say: checkedSay });
const ban = (changes: Parameters<typeof action>[0] = {}) => notices.of(action(changes));

describe('a notice', () => {
  it.each([
    ['for good', null, 'never'],
    ['in two days', NOW + 48 * HOUR, '2026-11-30 18:00 UTC (in 2 d)'],
    ['in an hour', NOW + HOUR, '2026-11-28 19:00 UTC (in 60 min)'],
    ['now', NOW, '2026-11-28 18:00 UTC (in a few minutes at most)'],
    ['a while ago, in doubt', NOW - HOUR, '2026-11-28 17:00 UTC (in a few minutes at most)'],
    ['so late that no calendar has it', 1e300, 'never'],
  ])('of a ban says why, by whom, its id, and that it ends %s', (_, expiresAt, end) => {
    expect(ban({ expiresAt })).toBe(
      `You are banned from this community. Reason: cheating (by Mo). Ends: ${end}. Ban id: a1. Appeal here.`,
    );
  });

  it("has txAdmin's id of a ban that came from there", () => {
    expect(ban({ key: 'txadmin:B8YE-ZQHY' })).toContain('Ban id: a1 (txAdmin: B8YE-ZQHY).');
    expect(ban({ key: 'export:anticheat:7' })).toContain('Ban id: a1.');
  });

  it('of a kick is one of a kick, without an end', () => {
    expect(ban({ kind: 'kick', reason: '' })).toBe(
      'You were removed from this community. Reason: none given (by Mo). Id: a1. Appeal here.',
    );
  });

  it('says to whom to turn when the owner has not said so', () => {
    const plain = createNotices({ appealText: '', clock: { now: () => NOW }, say: checkedSay });
    expect(plain.of(action())).toContain(inEnglish('gate.appeal'));
    expect(plain.banned).toContain(inEnglish('gate.appeal'));
  });

  it('is one line of bounded length, whatever people wrote, and whatever is stored', () => {
    fc.assert(
      fc.property(
        fc.record({
          reason: fc.string({ unit: 'binary', maxLength: 2_000 }),
          key: fc.option(fc.string({ unit: 'binary', maxLength: 2_000 }).map((id) => `txadmin:${id}`)),
          author: fc.string({ unit: 'binary', maxLength: 2_000 }),
          expiresAt: fc.option(fc.double({ noNaN: true, min: 0 })),
          kind: fc.constantFrom('ban' as const, 'kick' as const),
        }),
        ({ author, ...changes }) => {
          const text = ban({ ...changes, author: { name: author, identifiers: [], playerId: null } });
          expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}^]/u);
          expect(Array.from(text).length).toBeLessThan(700);
        },
      ),
    );
  });
});
