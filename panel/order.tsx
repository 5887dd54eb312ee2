import type { PanelAnswer, PanelAsk } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { useSending } from './sending.ts';

/** A button that asks the server for something at once, and says in the status line what became of it. */
export function Order({
  question,
  label,
  hear,
}: {
  question: PanelAsk;
  label: string;
  /** Is told the answer, instead of the status line. */
  hear?: (answer: PanelAnswer) => void;
}) {
  const { say, go } = usePanel();
  const { state, send } = useSending(
    (answer) => {
      if (answer.kind === 'told') go({ move: 'told', told: answer.told });
      else if (answer.kind === 'refused')
        go({ move: 'told', told: { tone: 'bad', message: answer.message } });
      else hear?.(answer);
    },
    () => go({ move: 'told', told: { tone: 'bad', message: say('noAnswer') } }),
  );
  return (
    <button type="button" class="button" aria-disabled={state === 'waiting'} onClick={() => send(question)}>
      {state === 'waiting' ? say('sending') : label}
    </button>
  );
}
