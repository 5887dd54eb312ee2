import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PanelAnswer, PanelAsk } from '../shared/panel.ts';
import { usePanel } from './context.ts';

/** `unanswered`: it may be sent again, and may have been done. */
export type SendingState = 'ready' | 'waiting' | 'unanswered';

/** The way of an order to the server. */
export interface Sending {
  readonly state: SendingState;
  /** Does nothing while an answer is awaited. */
  send(question: PanelAsk): void;
}

/**
 * @param hear is told the answer, also when what asked is not shown any more.
 * @param onSlow is told that there is none yet.
 */
export function useSending(hear: (answer: PanelAnswer) => void, onSlow: () => void): Sending {
  const { game } = usePanel();
  const [state, setState] = useState<SendingState>('ready');
  // Two presses may come before the first is drawn.
  const isWaiting = useRef(false);
  // What was sent again may be answered twice.
  const order = useRef({ isAnswered: false });
  // A late answer must reach what is shown then.
  const latest = useRef({ hear, onSlow });
  latest.current = { hear, onSlow };
  return {
    state,
    send(question) {
      if (isWaiting.current) return;
      isWaiting.current = true;
      if (state === 'ready') order.current = { isAnswered: false };
      const mine = order.current;
      setState('waiting');
      const slow = () => {
        if (mine.isAnswered) return;
        isWaiting.current = false;
        setState('unanswered');
        latest.current.onSlow();
      };
      void game.ask(question, slow).then((answer) => {
        if (mine.isAnswered) return;
        mine.isAnswered = true;
        isWaiting.current = false;
        setState('ready');
        latest.current.hear(answer);
      });
    },
  };
}

/** Whether the part that asks is still shown. */
export function useShown(): { readonly current: boolean } {
  const isShown = useRef(true);
  useLayoutEffect(
    () => () => {
      isShown.current = false;
    },
    [],
  );
  return isShown;
}
