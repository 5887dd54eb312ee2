import { useEffect, useRef, useState } from 'preact/hooks';
import type { PanelAnswer, PanelAsk } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { keepAsking } from './keep-asking.ts';

/** What the server has last said to a question. */
export interface Held {
  /** Never a refusal: what was known before stays in sight. */
  readonly answer: PanelAnswer | undefined;
  /** Why there is no newer one, in words. */
  readonly trouble: string | undefined;
  /** False while the answer is still that to an earlier question. */
  readonly isCurrent: boolean;
  again(): void;
}

/**
 * Asks the server, and anew when the question or its news change.
 *
 * @param question null asks nothing.
 */
export function useAnswer(question: PanelAsk | null, news: number): Held {
  const { game, say } = usePanel();
  const asked = JSON.stringify(question);
  const [held, setHeld] = useState<Omit<Held, 'isCurrent' | 'again'> & { asked: string }>();
  const asking = useRef({ again() {}, stop() {} });
  // The question is what it says, not which object says it.
  useEffect(() => {
    if (question === null) return;
    const inTrouble = (trouble: string) =>
      setHeld((before) => ({ asked, answer: before?.asked === asked ? before.answer : undefined, trouble }));
    asking.current = keepAsking(
      (onSlow) => game.ask(question, onSlow),
      (answer) => {
        if (answer === 'slow') inTrouble(say('noAnswer.list'));
        else if (answer.kind === 'refused') inTrouble(answer.message);
        else setHeld({ asked, answer, trouble: undefined });
      },
    );
    return asking.current.stop;
  }, [asked]);
  const heard = useRef(news);
  useEffect(() => {
    if (heard.current !== news) asking.current.again();
    heard.current = news;
  }, [news]);
  return {
    answer: held?.answer,
    trouble: held?.trouble,
    isCurrent: held?.asked === asked,
    again: () => asking.current.again(),
  };
}
