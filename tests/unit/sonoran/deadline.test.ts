import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DeadlineError, withDeadline } from '../../../server/sonoran/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('work with a deadline', () => {
  it('gives its result, and leaves no timer behind', async () => {
    expect(await withDeadline(1_000, async () => 'done')).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails as it fails, and leaves no timer behind', async () => {
    const failure = new Error('broken');
    await expect(withDeadline(1_000, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that throws before it is a promise fails the same way', async () => {
    const failure = new Error('broken');
    const work = () => {
      throw failure;
    };
    await expect(withDeadline(1_000, work)).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends on time though it ignores the signal', async () => {
    let seen: AbortSignal | undefined;
    const call = withDeadline(1_000, (signal) => {
      seen = signal;
      return new Promise<never>(() => {});
    });
    const ended = expect(call).rejects.toThrow(DeadlineError);
    await vi.advanceTimersByTimeAsync(999);
    expect(seen?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await ended;
    expect(seen?.aborted).toBe(true);
  });

  it('that fails after its deadline disturbs nobody', async () => {
    const call = withDeadline(
      10,
      (signal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('late')));
        }),
    );
    const ended = expect(call).rejects.toMatchObject({ code: 'DEADLINE' });
    await vi.advanceTimersByTimeAsync(10);
    await ended;
  });
});
