import { type FoundPerson, subjectableOf } from './person.ts';
import type { ProductInUse, Subjectable } from './plan.ts';

/** Lets decisions begin in the order in which they were handed in: a ban that asks first is not to be overtaken by its lift. */
export interface Turns {
  /**
   * Begins a decision once what is stored has been read and it is known what names its person: at once, if that is so
   * and nobody is before it.
   */
  take<T>(who: FoundPerson, begin: (subjectable: Subjectable) => Promise<T>): Promise<T>;
  /** Begins all that wait for nothing but what names their person, by what is known of it now. */
  hurry(): void;
}

interface Turn {
  readonly who: FoundPerson;
  subjectable: Subjectable | undefined;
  readonly begin: (subjectable: Subjectable) => void;
}

/**
 * @param ready resolves when what is stored has been read.
 * @param products those in use at the moment.
 */
export function createTurns(ready: Promise<void>, products: () => readonly ProductInUse[]): Turns {
  /** In the order in which they came. */
  const waiting: Turn[] = [];
  let isReady = false;
  void ready.then(() => {
    isReady = true;
    goOn();
  });

  function goOn(): void {
    while (isReady && waiting[0]?.subjectable) {
      const { begin, subjectable } = waiting[0];
      waiting.shift();
      begin(subjectable);
    }
  }

  return {
    take<T>(who: FoundPerson, begin: (subjectable: Subjectable) => Promise<T>): Promise<T> {
      const { promise, resolve } = Promise.withResolvers<T>();
      const asked = subjectableOf(who, products());
      const turn: Turn = {
        who,
        subjectable: asked instanceof Promise ? undefined : asked,
        begin: (subjectable) => resolve(begin(subjectable)),
      };
      waiting.push(turn);
      goOn();
      if (asked instanceof Promise) {
        void asked.then((subjectable) => {
          turn.subjectable ??= subjectable;
          goOn();
        });
      }
      return promise;
    },
    hurry() {
      for (const turn of waiting) turn.subjectable ??= turn.who.subjectable;
      goOn();
    },
  };
}
