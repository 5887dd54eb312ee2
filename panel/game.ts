import {
  NUI_ASK,
  NUI_CLOSE,
  NUI_READY,
  type PanelAnswer,
  type PanelAsk,
  type PanelMessage,
  type PanelOpening,
  type PanelQuestion,
  type PanelView,
} from '../shared/panel.ts';

declare global {
  /** Given to a page by the game's browser. */
  function GetParentResourceName(): string;
}

/** How long an answer may take before the person is told that there is none, in milliseconds. */
const PATIENCE_MS = 10_000;

/** What the game tells the page. */
export interface GameEvents {
  onOpen(opening: PanelOpening): void;
  onNews(views: readonly PanelView[]): void;
  onClose(): void;
}

/** The way to the server. */
export interface Game {
  /**
   * @param onSlow called once, when the answer is late or the question could not be sent.
   * @returns the answer, however late; never settles without one.
   */
  ask(question: PanelAsk, onSlow: () => void): Promise<PanelAnswer>;
  /** The person has closed the window. Resolves when the game knows, or has gone. */
  close(): Promise<void>;
  /** The window is closed: nobody waits for answers any more. */
  forget(): void;
}

/** Begins to listen to the game, and tells it that the page is there. */
export function connectGame({ onOpen, onNews, onClose }: GameEvents): Game {
  const open = new Map<number, { answer(answer: PanelAnswer): void; timer: number }>();
  let last = 0;

  window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    if (!isMessage(data)) return;
    if (data.type === 'open') onOpen(data.opening);
    else if (data.type === 'news') onNews(data.views);
    else if (data.type === 'close') onClose();
    else if (data.type === 'answer') {
      const { number, answer } = data.reply;
      clearTimeout(open.get(number)?.timer);
      open.get(number)?.answer(answer);
      open.delete(number);
    }
  });
  void call(NUI_READY, {});

  return {
    ask(question, onSlow) {
      const number = ++last;
      return new Promise((resolve) => {
        open.set(number, { answer: resolve, timer: setTimeout(onSlow, PATIENCE_MS) });
        const sent: PanelQuestion = { number, question };
        void call(NUI_ASK, sent).then((isSent) => {
          const asked = open.get(number);
          if (isSent || asked === undefined) return;
          clearTimeout(asked.timer);
          onSlow();
        });
      });
    },
    async close() {
      await call(NUI_CLOSE, {});
    },
    forget() {
      for (const { timer } of open.values()) clearTimeout(timer);
      open.clear();
    },
  };
}

/** Only our own client's script sends messages with these types, as {@link PanelMessage} says. */
function isMessage(data: unknown): data is PanelMessage {
  return typeof data === 'object' && data !== null && 'type' in data;
}

/** @returns whether it has arrived at the client's script. */
async function call(callback: string, body: object): Promise<boolean> {
  try {
    const init = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    };
    return (await fetch(`https://${GetParentResourceName()}/${callback}`, init)).ok;
  } catch {
    // The resource has just stopped.
    return false;
  }
}
