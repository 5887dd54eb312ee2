import { describe, expect, it } from 'vitest';
import { callersBehind } from '../../../server/triggers/caller-address.ts';

/** What FXServer has when its owner sets nothing. */
const PRIVATE = '10.0.0.0/8 127.0.0.0/8 192.168.0.0/16 172.16.0.0/12';

const callerOf = (ranges: string, address: string, headers: Readonly<Record<string, string>> = {}) =>
  callersBehind(ranges)({ address, headers: new Map(Object.entries(headers)) });

describe('a caller', () => {
  it.each([
    ['203.0.113.7:40000', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.7'],
    ['[2001:db8::1]:30120', '2001:db8::1'],
    ['\u001b[31mred\n:1', '31mred'],
    ['^1red:1', '1red'],
    ['a'.repeat(500), 'a'.repeat(64)],
    ['', '?'],
    [':30120', '?'],
    ['\n\n', '?'],
    ['undefined:undefined', 'undefined:undefined'],
  ])('at %j is %s, whomever it names', (address, caller) => {
    expect(callerOf(PRIVATE, address, { 'x-real-ip': '6.6.6.6', 'x-forwarded-for': '7.7.7.7' })).toBe(caller);
  });
});

describe('a proxy', () => {
  it.each([
    [{ 'x-real-ip': '6.6.6.6' }, '6.6.6.6'],
    [{ 'x-forwarded-for': '1.1.1.1, 2.2.2.2,7.7.7.7 ' }, '7.7.7.7'],
    [{ 'x-real-ip': '6.6.6.6', 'x-forwarded-for': '7.7.7.7' }, '6.6.6.6'],
    [{ 'x-real-ip': ' 2001:db8::7 ' }, '2001:db8::7'],
    [{ 'x-real-ip': '6.6.6.6, 5.5.5.5', 'x-forwarded-for': '7.7.7.7' }, '7.7.7.7'],
    [{ 'x-real-ip': 'x', 'x-forwarded-for': '1.2.3.4, unknown' }, '10.1.2.3'],
    [{ 'x-forwarded-for': '1.2.3.4,' }, '10.1.2.3'],
    [{}, '10.1.2.3'],
  ] as const)('with %j speaks for %s', (headers, caller) => {
    expect(callerOf(PRIVATE, '10.1.2.3:5', { ...headers })).toBe(caller);
  });

  it.each([
    [PRIVATE, '172.31.255.255:1', true],
    [PRIVATE, '172.32.0.0:1', false],
    [PRIVATE, '[::ffff:10.0.0.1]:1', true],
    ['', '10.0.0.1:1', false],
    ['  203.0.113.7\t2001:db8::/32 ', '203.0.113.7:1', true],
    ['  203.0.113.7\t2001:db8::/32 ', '203.0.113.8:1', false],
    ['  203.0.113.7\t2001:db8::/32 ', '[2001:db8:1::5]:1', true],
    ['nonsense 1.2.3.4/33 1.2.3.4/x 1.2.3.4/ /8 1.2.3.4/8/8 300.1.1.1/8 203.0.113.0/24', '1.2.3.4:1', false],
    [
      'nonsense 1.2.3.4/33 1.2.3.4/x 1.2.3.4/ /8 1.2.3.4/8/8 300.1.1.1/8 203.0.113.0/24',
      '203.0.113.9:1',
      true,
    ],
    ['0.0.0.0/0', '8.8.8.8:1', true],
  ])('by %j is %s: %s', (ranges, address, isProxy) => {
    expect(callerOf(ranges, address, { 'x-real-ip': '6.6.6.6' }) === '6.6.6.6').toBe(isProxy);
  });
});
