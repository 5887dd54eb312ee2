import { expect, it } from 'vitest';
import { bytesOf } from '../../../server/text/bytes.ts';

const whole = Uint8Array.from([9, 1, 2, 255, 9]);

it.each([
  ['an ArrayBuffer', whole.slice(1, 4).buffer],
  ['a view', whole.subarray(1, 4)],
  ['a Buffer', Buffer.from([1, 2, 255])],
  ['another view', new DataView(whole.buffer, 1, 3)],
  ['a list of numbers', [1, 2, 255]],
])('%s is bytes', (_, value) => {
  expect([...bytesOf(value)]).toEqual([1, 2, 255]);
});

it.each([undefined, null, '', 'text', 7, {}, []])('%j has none', (value) => {
  expect(bytesOf(value)).toHaveLength(0);
});
