import type { Outcome } from './outcome.ts';

/** Those who wait for the first answer to an action. */
export interface Answers {
  /** The first answer. @param onAnswer told in the moment in which it is given; who awaits hears of it a little later. */
  to(id: string, onAnswer?: (outcome: Outcome) => void): Promise<Outcome>;
  isAwaited(id: string): boolean;
  /** The ids of the actions to which somebody waits for an answer. */
  awaited(): readonly string[];
  give(id: string, outcome: Outcome): void;
  /** Nobody waits here any more. */
  forget(id: string): void;
}

export function createAnswers(): Answers {
  const waiting = new Map<string, { answered: Promise<Outcome>; told: Array<(outcome: Outcome) => void> }>();
  return {
    to(id, onAnswer) {
      const { promise, resolve } = Promise.withResolvers<Outcome>();
      const waiter = waiting.get(id) ?? { answered: promise, told: [resolve] };
      if (onAnswer) waiter.told.push(onAnswer);
      waiting.set(id, waiter);
      return waiter.answered;
    },
    isAwaited: (id) => waiting.has(id),
    awaited: () => [...waiting.keys()],
    give(id, outcome) {
      const waiter = waiting.get(id);
      waiting.delete(id);
      for (const tell of waiter?.told ?? []) tell(outcome);
    },
    forget: (id) => void waiting.delete(id),
  };
}
