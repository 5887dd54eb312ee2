import { describe, expect, it } from 'vitest';
import { Hold, type HoldingFailure } from '../../../server/outbox/hold.ts';

const NOW = 5_000;
const CHECK_MS = 30_000;
const TRIAL_MS = 3_600_000;
const WRONG_KEY: HoldingFailure = { kind: 'bad-credentials', words: 'INVALID API KEY' };
const NOT_ENABLED: HoldingFailure = { kind: 'not-enabled', words: 'NOT ENABLED' };

function held(failure = WRONG_KEY) {
  const hold = new Hold();
  hold.begin(failure, NOW);
  return hold;
}

function onTrial(failure = WRONG_KEY) {
  const hold = held(failure);
  hold.look(NOW + TRIAL_MS);
  return hold;
}

it('holds nothing at first', () => {
  const hold = new Hold();
  expect([hold.reason, hold.isOnTrial, hold.lookAt]).toEqual([undefined, false, Number.POSITIVE_INFINITY]);
  expect(hold.look(NOW + TRIAL_MS)).toBe('nothing');
  expect(hold.isOnTrial).toBe(false);
});

describe('a hold', () => {
  it.each([
    [WRONG_KEY, 'BAD_CREDENTIALS'],
    [NOT_ENABLED, 'REFUSED'],
  ] as const)("has the API's words, by %o", (failure, code) => {
    const hold = new Hold();
    expect(hold.begin(failure, NOW)).toBe(true);
    expect(hold.reason).toMatchObject({ code, words: failure.words });
    expect(hold.isOnTrial).toBe(false);
  });

  it('stays as it began when it is found again', () => {
    const hold = held();
    expect(hold.begin(NOT_ENABLED, NOW + 1_000)).toBe(false);
    expect(hold.reason).toMatchObject({ code: 'BAD_CREDENTIALS', words: 'INVALID API KEY' });
    expect(hold.lookAt).toBe(NOW + CHECK_MS);
  });

  it('looks for other credentials every 30 s, not sooner', () => {
    const hold = held();
    expect(hold.look(NOW + CHECK_MS - 1)).toBe('nothing');
    expect(hold.look(NOW + CHECK_MS)).toBe('look for other credentials');
    expect(hold.look(NOW + CHECK_MS)).toBe('nothing');
    expect(hold.lookAt).toBe(NOW + 2 * CHECK_MS);
    expect(hold.reason).toBeDefined();
  });

  it('is on trial after an hour, however often it was looked at', () => {
    const hold = held();
    for (let ms = CHECK_MS; ms < TRIAL_MS; ms += CHECK_MS) {
      expect(hold.look(NOW + ms)).toBe('look for other credentials');
    }
    expect(hold.lookAt).toBe(NOW + TRIAL_MS);
    expect(hold.look(NOW + TRIAL_MS)).toBe('nothing');
    expect([hold.reason, hold.isOnTrial, hold.lookAt]).toEqual([undefined, true, Number.POSITIVE_INFINITY]);
  });

  it('is not ended by the answer to a call from before', () => {
    const hold = held();
    hold.passed();
    expect(hold.reason).toBeDefined();
  });

  it('ends when somebody wants to try, and is news when it begins again', () => {
    const hold = held();
    hold.end();
    expect([hold.reason, hold.isOnTrial]).toEqual([undefined, false]);
    expect(hold.begin(WRONG_KEY, NOW + 1_000)).toBe(true);
  });
});

describe('a hold on trial', () => {
  it('is over by an answer that says otherwise', () => {
    const hold = onTrial();
    hold.passed();
    expect(hold.isOnTrial).toBe(false);
    expect(hold.begin(WRONG_KEY, NOW + 2 * TRIAL_MS)).toBe(true);
  });

  it('goes on, which is no news, though its words are others', () => {
    const hold = onTrial();
    expect(hold.begin({ ...WRONG_KEY, words: 'another trace' }, NOW + TRIAL_MS)).toBe(false);
    expect(hold.reason).toMatchObject({ code: 'BAD_CREDENTIALS', words: 'another trace' });
    expect(hold.lookAt).toBe(NOW + TRIAL_MS + CHECK_MS);
  });

  it('is news when it is for another reason', () => {
    const hold = onTrial();
    expect(hold.begin(NOT_ENABLED, NOW + TRIAL_MS)).toBe(true);
    expect(hold.reason?.code).toBe('REFUSED');
  });

  it('ends when somebody wants to try', () => {
    const hold = onTrial();
    hold.end();
    expect(hold.isOnTrial).toBe(false);
    expect(hold.begin(WRONG_KEY, NOW + 2 * TRIAL_MS)).toBe(true);
  });
});
