import '../../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readMessage } from '../../../../devserver/discord/message.ts';
import { cut, type Embed, fitted, sizeOf } from '../../../../server/notify/discord/embed.ts';
import { anyText } from '../../identity/arbitraries.ts';

/** Short texts, long ones, and some at the very limits. */
const text = fc.oneof(
  anyText,
  fc
    .tuple(fc.constantFrom('x', '😀', ' x', '\ud83d'), fc.integer({ min: 0, max: 5_000 }))
    .map(([piece, times]) => piece.repeat(times)),
  fc
    .constantFrom(255, 256, 257, 1_023, 1_024, 1_025, 2_048, 2_049, 4_096, 4_097)
    .map((length) => 'x'.repeat(length)),
);

const embed: fc.Arbitrary<Embed> = fc.record({
  title: text.map((title) => `t${title}`),
  description: text,
  color: fc.integer({ min: 0, max: 0xffffff }),
  fields: fc.array(fc.record({ name: text, value: text, inline: fc.boolean() }), { maxLength: 30 }),
  footer: fc.record({ text }),
  timestamp: fc.constant('2026-11-21T08:15:00.000Z'),
});

it('Discord takes every embed that was made to fit', () => {
  fc.assert(
    fc.property(embed, (any) => {
      const fit = fitted(any);
      expect(sizeOf(fit)).toBeLessThanOrEqual(6_000);
      expect(readMessage({ embeds: [fit] })).toMatchObject({ kind: 'message' });
      expect(fitted(fit)).toEqual(fit);
    }),
    { numRuns: 1_000 },
  );
});

it('an embed that fits is left as it is', () => {
  const fine: Embed = {
    title: 'Banned',
    description: 'd'.repeat(1_000),
    color: 1,
    fields: [{ name: 'Who', value: 'Nora', inline: true }],
    footer: { text: 'id 1' },
    timestamp: '2026-11-21T08:15:00.000Z',
  };
  expect(fitted(fine)).toEqual(fine);
});

it.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdefg', 6, 'abcde…'],
  [' abc ', 3, 'abc'],
  ['ab cdef', 4, 'ab…'],
  ['😀😀😀', 4, '😀…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j in %i characters is %j', (text, most, expected) => {
  expect(cut(text, most)).toBe(expected);
});

it.each([
  [
    { embeds: [{ title: 'x'.repeat(257) }] },
    { embeds: { 0: { title: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH' }] } } } },
  ],
  [
    { embeds: [{ fields: [{ name: 'x', value: ' ' }] }] },
    { embeds: { 0: { fields: { 0: { value: { _errors: [{ code: 'BASE_TYPE_REQUIRED' }] } } } } } },
  ],
  [{ embeds: Array(11).fill({ title: 'x' }) }, { embeds: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH' }] } }],
  [
    { embeds: Array(2).fill({ description: 'x'.repeat(3_001) }) },
    { embeds: { _errors: [{ code: 'MAX_EMBED_SIZE_EXCEEDED' }] } },
  ],
])('the stand-in does not take what Discord does not take (%#)', (body, errors) => {
  expect(readMessage(body)).toMatchObject({ kind: 'refusal', refusal: { code: 50035, errors } });
});
