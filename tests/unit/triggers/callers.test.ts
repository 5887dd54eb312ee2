import { describe, expect, it } from 'vitest';
import { Callers } from '../../../server/triggers/callers.ts';
import { createManualClock } from '../manual-clock.ts';

function start() {
  const clock = createManualClock();
  const lines: string[] = [];
  const callers = new Callers(clock, (line) => lines.push(line));
  /** How many of so many requests are admitted. */
  const admitted = (address: string, count: number) =>
    Array.from({ length: count }, () => callers.admit(address)).filter(Boolean).length;
  return { clock, lines, callers, admitted };
}

const peer = (number: number) => `10.0.${number >> 8}.${number & 255}:4000`;

describe('one caller', () => {
  it('may send thirty requests at once, and then ten a second', async () => {
    const { clock, admitted } = start();
    expect(admitted(peer(1), 100)).toBe(30);
    await clock.advance(99);
    expect(admitted(peer(1), 5)).toBe(0);
    await clock.advance(1_050);
    expect(admitted(peer(1), 100)).toBe(11);
    await clock.advance(60_000);
    expect(admitted(peer(1), 100)).toBe(30);
  });

  it('is the same whatever the port', () => {
    const { admitted } = start();
    expect(admitted('10.0.0.1:1', 20)).toBe(20);
    expect(admitted('10.0.0.1:2', 20)).toBe(10);
    expect(admitted('10.0.0.2:1', 20)).toBe(20);
    expect(admitted('[2001:db8::1]:30120', 30)).toBe(30);
    expect(admitted('[2001:db8::1]:30121', 30)).toBe(0);
    expect(admitted('[2001:db8::2]:30121', 30)).toBe(30);
  });

  it('may have sixteen requests that wait for their body', () => {
    const { callers } = start();
    for (let count = 0; count < 16; count++) {
      expect(callers.admit(peer(1))).toBe(true);
      callers.opened(peer(1));
    }
    expect(callers.admit(peer(1))).toBe(false);
    expect(callers.admit(peer(2))).toBe(true);
    callers.closed(peer(1));
    expect(callers.admit(peer(1))).toBe(true);
  });
});

describe('all callers together', () => {
  it('may send two hundred requests at once, and then a hundred a second', async () => {
    const { clock, admitted } = start();
    const round = () => Array.from({ length: 400 }, (_, number) => admitted(peer(number), 1));
    const sum = () => round().reduce((total, one) => total + one, 0);
    expect(sum()).toBe(200);
    await clock.advance(1_000);
    expect(sum()).toBe(100);
  });

  it('may have 256 requests that wait for their body', async () => {
    const { clock, callers } = start();
    for (let number = 0; number < 256; number++) {
      await clock.advance(10);
      expect(callers.admit(peer(number))).toBe(true);
      callers.opened(peer(number));
    }
    await clock.advance(1_000);
    expect(callers.admit(peer(999))).toBe(false);
    callers.closed(peer(0));
    expect(callers.admit(peer(999))).toBe(true);
  });
});

describe('who has shown the key', () => {
  it('is not held back because of others, for an hour', async () => {
    const { clock, callers, admitted } = start();
    callers.trust('10.9.9.9:1');
    const flood = () => Array.from({ length: 50 }, (_, number) => admitted(peer(number), 10));
    flood();
    expect(admitted(peer(500), 1)).toBe(0);
    expect(admitted('10.9.9.9:2', 5)).toBe(5);
    await clock.advance(60 * 60 * 1_000 - 1);
    flood();
    expect(admitted('10.9.9.9:3', 5)).toBe(5);
    await clock.advance(1);
    flood();
    flood();
    expect(admitted('10.9.9.9:3', 5)).toBe(0);
  });

  it('has a limit of their own all the same', () => {
    const { callers, admitted } = start();
    callers.trust(peer(1));
    expect(admitted(peer(1), 100)).toBe(30);
  });

  it('uses up nothing of what the others may', () => {
    const { callers, admitted } = start();
    for (let number = 0; number < 20; number++) {
      callers.trust(peer(number));
      expect(admitted(peer(number), 30)).toBe(30);
    }
    expect(Array.from({ length: 20 }, (_, number) => admitted(peer(100 + number), 10)).join()).toBe(
      Array.from({ length: 20 }, () => 10).join(),
    );
  });

  it('is not forgotten for those who have not, however many they are', () => {
    const { callers, admitted } = start();
    callers.trust('10.9.9.9:1');
    for (let number = 0; number < 5_000; number++) callers.admit(peer(number));
    expect(admitted(peer(6_000), 1)).toBe(0);
    expect(admitted('10.9.9.9:1', 1)).toBe(1);
  });
});

describe('what is written', () => {
  it('is one line a minute for a caller, with how many there were', async () => {
    const { clock, lines, callers } = start();
    callers.noteRefusal(peer(1), '401 wrong key');
    for (let count = 0; count < 1_000; count++) callers.noteRefusal(peer(1), '401 wrong key');
    expect(lines).toEqual(['refused a push event from 10.0.0.1: 401 wrong key']);
    await clock.advance(59_999);
    callers.noteRefusal(peer(1), '404 not found');
    expect(lines).toHaveLength(1);
    await clock.advance(1);
    callers.noteRefusal('10.0.0.1:5000', '404 not found');
    expect(lines.slice(1)).toEqual([
      'refused a push event from 10.0.0.1: 404 not found, and 1001 more before',
    ]);
    await clock.advance(60_000);
    callers.noteRefusal(peer(1), '404 not found');
    expect(lines.at(-1)).toBe('refused a push event from 10.0.0.1: 404 not found');
  });

  it('is twenty lines a minute, however many callers there are', async () => {
    const { clock, lines, callers } = start();
    for (let number = 0; number < 10_000; number++) callers.noteRefusal(peer(number), '401');
    expect(lines).toHaveLength(20);
    await clock.advance(60_000);
    for (let number = 0; number < 10_000; number++) callers.noteRefusal(peer(number), '401');
    expect(lines).toHaveLength(40);
  });

  it.each([
    ['\u001b[31mred\n:1', '[31mred'],
    ['^1red:1', '1red'],
    ['a'.repeat(500), 'a'.repeat(64)],
    ['', 'nowhere'],
    [':30120', 'nowhere'],
    ['\n\n', 'nowhere'],
    ['[2001:db8::1]:30120', '[2001:db8::1]'],
  ])('names the caller %j in one line that is fit to be shown', (address, shown) => {
    const { lines, callers } = start();
    callers.noteRefusal(address, '401');
    expect(lines).toEqual([`refused a push event from ${shown}: 401`]);
  });
});

it('forgets who has been silent longest, and keeps two thousand', async () => {
  const { clock, callers, admitted } = start();
  for (let count = 0; count < 16; count++) callers.opened(peer(1));
  const others = async (count: number) => {
    for (let number = 2; number < 2 + count; number++) callers.admit(peer(number));
    await clock.advance(2_000);
  };
  await others(1_999);
  expect(admitted(peer(1), 1)).toBe(0);
  await others(2_000);
  expect(admitted(peer(1), 1)).toBe(1);
});

it('does not count below zero when who was forgotten hangs up', () => {
  const { callers } = start();
  callers.admit(peer(1));
  callers.opened(peer(1));
  for (let number = 2; number < 3_000; number++) callers.admit(peer(number));
  callers.closed(peer(1));
  callers.closed(peer(1));
  for (let count = 0; count < 16; count++) callers.opened(peer(1));
  expect(callers.admit(peer(1))).toBe(false);
});
