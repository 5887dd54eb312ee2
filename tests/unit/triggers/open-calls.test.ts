import { describe, expect, it } from 'vitest';
import { createOpenCalls } from '../../../server/triggers/open-calls.ts';

/** A call that is not answered by what it runs. */
const never = () => new Promise<string>(() => {});

describe('a call', () => {
  it('is answered by what it resolves with, and can be awaited like any promise', async () => {
    const calls = createOpenCalls();
    const answer = calls.open(
      async () => 'done',
      () => 'stopped',
    );
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe('done');
    expect(await answer.then((text) => text.length)).toBe(4);
    expect(await Promise.all([answer, answer.catch(() => 'failed'), answer.finally(() => {})])).toEqual(
      Array(3).fill('done'),
    );
  });

  it('is answered by what it is handed, once', async () => {
    const calls = createOpenCalls();
    const told: string[] = [];
    const answer = calls.open<string>(
      async ({ answer: give, isAnswered }) => {
        told.push(String(isAnswered()));
        give('first');
        told.push(String(isAnswered()));
        return 'second';
      },
      () => 'stopped',
    );
    expect(await answer).toBe('first');
    expect(told).toEqual(['false', 'true']);
    calls.stop();
    expect(await answer).toBe('first');
  });
});

describe('at a stop', () => {
  it('everybody who waits has been told when it returns', () => {
    const calls = createOpenCalls();
    const told: string[] = [];
    for (const name of ['a', 'b']) {
      void calls.open(never, () => `${name} stopped`).then((text) => void told.push(text));
    }
    expect(told).toEqual([]);
    calls.stop();
    expect(told).toEqual(['a stopped', 'b stopped']);
    calls.stop();
    expect(told).toHaveLength(2);
  });

  it('and who calls from then on is told at once, without anything being begun', () => {
    const calls = createOpenCalls();
    calls.stop();
    let begun = 0;
    const told: string[] = [];
    const answer = calls.open(
      () => {
        begun++;
        return never();
      },
      () => 'stopped',
    );
    void answer.then((text) => void told.push(text));
    expect(told).toEqual(['stopped']);
    expect(begun).toBe(0);
  });

  it('that was only claimed, calls go on afterwards', async () => {
    const calls = createOpenCalls();
    const early = calls.open(
      async () => 'late',
      () => 'stopped',
    );
    calls.stop();
    calls.resume();
    expect(await early).toBe('stopped');
    expect(
      await calls.open(
        async () => 'done',
        () => 'stopped',
      ),
    ).toBe('done');
  });

  it('a listener that fails keeps nobody else from being told', async () => {
    const calls = createOpenCalls();
    const answer = calls.open(never, () => 'stopped');
    const failed = answer.then(() => {
      throw new Error('a caller that is gone');
    });
    const told: string[] = [];
    void answer.then((text) => void told.push(text));
    calls.stop();
    expect(told).toEqual(['stopped']);
    await expect(failed).rejects.toThrow('gone');
  });
});
