import { backoff } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import type { Subject } from '../identity/subject.ts';
import type { Account, LookupResult, ProductApi } from '../moderation/product-api.ts';

/** Most questions that wait; what is more, the next read of the list answers. */
const MOST = 1_000;
/** How often a question is asked that gets no answer. */
const TRIES = 5;

/** Look-ups that nobody waits for, one at a time, after those of people. */
export interface BackgroundLookUps {
  /**
   * Asks who an account is. What waits is asked once for all who want to know it.
   *
   * @param found gets the account.
   * @param notLinked called when nobody goes by that name. Neither is, when there is no answer.
   */
  ask(subject: Subject, found: (account: Account) => void, notLinked?: () => void): void;
  stop(): void;
}

type Answer = Extract<LookupResult, { kind: 'found' | 'not-linked' }>;

/** What they are made of. */
export interface BackgroundLookUpsOptions {
  readonly api: ProductApi;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded), for the jitter. */
  readonly random: () => number;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

export function createBackgroundLookUps(options: BackgroundLookUpsOptions): BackgroundLookUps {
  const { api, clock } = options;
  /** Those who wait for an answer, by question, oldest first. */
  const waiting = new Map<
    string,
    { readonly subject: Subject; readonly told: Array<(answer: Answer) => void> }
  >();
  let isRunning = false;
  let isStopped = false;

  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    // After whoever asks, whose call gives its connection back then.
    await clock.pause();
    for (const [question, { subject, told }] of waiting) {
      if (isStopped) break;
      // Whoever asks from here on wants to know how it is then.
      waiting.delete(question);
      try {
        const result = await lookUp(subject);
        if (result) for (const answered of told) answered(result);
      } catch (error) {
        options.onBug(error);
      }
    }
    isRunning = false;
  }

  async function lookUp(subject: Subject): Promise<Answer | undefined> {
    for (let attempt = 1; attempt <= TRIES && !isStopped; attempt++) {
      const result = await api.lookup(subject, 'background');
      if (isStopped) return undefined;
      if (result.kind === 'found' || result.kind === 'not-linked') return result;
      if (result.kind !== 'try-again' && result.kind !== 'limited') return undefined;
      await sleep(clock, backoff(attempt, result.waitMs, options.random()));
    }
    return undefined;
  }

  return {
    ask(subject, found, notLinked = () => {}) {
      const answered = (answer: Answer) => (answer.kind === 'found' ? found(answer.account) : notLinked());
      if (!api.lookupFields.has(subject.by)) return;
      const question = `${subject.by} ${subject.value}`;
      const same = waiting.get(question);
      if (same) same.told.push(answered);
      else if (waiting.size < MOST) waiting.set(question, { subject, told: [answered] });
      void run();
    },
    stop() {
      isStopped = true;
      waiting.clear();
    },
  };
}
