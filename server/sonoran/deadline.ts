/** A piece of work that took longer than it may. */
export class DeadlineError extends Error {
  readonly code = 'DEADLINE';

  constructor(ms: number) {
    super(`no complete answer within ${ms} ms`);
  }
}

/**
 * Ends a piece of work after `ms` milliseconds, however it hangs: the signal asks it to stop, and the
 * promise rejects with a {@link DeadlineError} whether it does or not.
 *
 * undici has a timeout each for connecting, for the headers and between two pieces of a body, but
 * none for the whole: a peer that sends a byte a second would hold a call for ever.
 */
export async function withDeadline<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DeadlineError(ms);
      reject(error);
      controller.abort(error);
    }, ms);
  });
  try {
    return await Promise.race([work(controller.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
