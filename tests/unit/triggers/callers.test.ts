import { describe, expect, it } from 'vitest';
import { Callers } from '../../../server/triggers/callers.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock } from '../manual-clock.ts';

function start() {
  const clock = createManualClock();
  const lines: string[] = [];
  const callers = new Callers(clock, (line) => lines.push(line), checkedSay);
  /** How many of so many large bodies are admitted. */
  const admitted = (caller: string, count: number) =>
    Array.from({ length: count }, () => callers.admitLarge(caller)).filter(Boolean).length;
  return { clock, lines, callers, admitted };
}

const peer = (number: number) => `10.0.${number >> 8}.${number & 255}`;

describe('all callers together', () => {
  it('may send forty large bodies at once, and then twenty a second', async () => {
    const { clock, admitted } = start();
    const round = () => Array.from({ length: 400 }, (_, number) => admitted(peer(number), 1));
    const sum = () => round().reduce((total, one) => total + one, 0);
    expect(sum()).toBe(40);
    await clock.advance(1_000);
    expect(sum()).toBe(20);
  });
});

describe('who has shown the key', () => {
  const flood = (admitted: (caller: string, count: number) => number) =>
    Array.from({ length: 50 }, (_, number) => admitted(peer(number), 10));

  it('is not held back because of others, for an hour', async () => {
    const { clock, callers, admitted } = start();
    callers.trust('10.9.9.9');
    flood(admitted);
    expect(admitted(peer(500), 1)).toBe(0);
    expect(admitted('10.9.9.9', 5)).toBe(5);
    await clock.advance(60 * 60 * 1_000 - 1);
    flood(admitted);
    expect(admitted('10.9.9.9', 5)).toBe(5);
    await clock.advance(1);
    flood(admitted);
    expect(admitted('10.9.9.9', 5)).toBe(0);
  });

  it('has a limit of their own all the same, which showing the key again does not fill', () => {
    const { callers, admitted } = start();
    flood(admitted);
    callers.trust(peer(1));
    expect(admitted(peer(1), 100)).toBe(30);
    callers.trust(peer(1));
    expect(admitted(peer(1), 100)).toBe(0);
  });

  it('uses up nothing of what the others may', () => {
    const { callers, admitted } = start();
    for (let number = 0; number < 20; number++) {
      callers.trust(peer(number));
      expect(admitted(peer(number), 30)).toBe(30);
    }
    expect(admitted(peer(100), 100)).toBe(40);
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
    callers.noteRefusal(peer(1), '404 not found');
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

  it('remembers two thousand callers, and forgets who has been silent longest', async () => {
    const { clock, lines, callers } = start();
    callers.noteRefusal(peer(1), '401');
    callers.noteRefusal(peer(1), '401');
    for (let number = 2; number < 2_001; number++) callers.noteRefusal(peer(number), '401');
    await clock.advance(60_000);
    callers.noteRefusal(peer(1), '401');
    expect(lines.at(-1)).toBe('refused a push event from 10.0.0.1: 401, and 1 more before');
    callers.noteRefusal(peer(1), '401');
    for (let number = 2; number < 3_000; number++) callers.noteRefusal(peer(number), '401');
    await clock.advance(60_000);
    callers.noteRefusal(peer(1), '401');
    expect(lines.at(-1)).toBe('refused a push event from 10.0.0.1: 401');
  });
});
