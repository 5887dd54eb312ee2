import type { PanelAnswer } from '../shared/panel.ts';

/**
 * How long at least lies between an answer and the next question, in milliseconds: news may come in showers, and the
 * server answers ten questions a second, of which the person's own must not be the one that is too much.
 */
const REST_MS = 500;

/** A question that is asked again and again. */
export interface Asking {
  /** Asks anew, at once or as soon as it may. */
  again(): void;
  /** No answer is told any more. */
  stop(): void;
}

/**
 * Asks at once, and anew whenever that is wanted, one at a time.
 *
 * @param ask calls back when the answer is late; it may come all the same.
 */
export function keepAsking(
  ask: (onSlow: () => void) => Promise<PanelAnswer>,
  tell: (answer: PanelAnswer | 'slow') => void,
): Asking {
  let isBusy = false;
  let isWanted = false;
  let isStopped = false;
  let timer = 0;

  function rest(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isBusy = false;
      if (isWanted) again();
    }, REST_MS);
  }

  function hear(answer: PanelAnswer | 'slow'): void {
    if (isStopped) return;
    tell(answer);
    rest();
  }

  function again(): void {
    isWanted = isBusy;
    if (isBusy || isStopped) return;
    isBusy = true;
    void ask(() => hear('slow')).then(hear);
  }

  again();
  return {
    again,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
