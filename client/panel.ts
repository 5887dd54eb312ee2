import {
  NUI_ASK,
  NUI_CLOSE,
  NUI_READY,
  PANEL_ANSWER,
  PANEL_ASK,
  PANEL_CLOSE,
  PANEL_CLOSED,
  PANEL_NEWS,
  PANEL_OPEN,
  type PanelMessage,
  type PanelOpening,
  type PanelReply,
  type PanelView,
} from '../shared/panel.ts';

/** A page that has not said by then that it is there, in milliseconds, will not: nobody could close its window. */
const PAGE_MS = 5_000;

/*
 * The window of this player: closed → open, as the server says → closed, as the server, its player, or the end of the
 * resource says, or because there is no page. While it is open, keys and mouse are the page's alone; nothing runs while
 * it is closed.
 *
 * The game makes the page at the first message to it, and another one when the resource has started again
 * (ResourceUI.cpp of the platform). So the page says when it is there, and gets the opening then.
 */

/** Answers the page whatever becomes of it: its call waits for that. */
function onCall(name: string, handle: (body: unknown) => void): void {
  RegisterNuiCallback(name, (body: unknown, answer: (result: unknown) => void) => {
    answer({});
    handle(body);
  });
}

/** Makes the window, and passes on what its page and the server say to one another. */
export function startPanel(): void {
  /** What the window shows; undefined while it is closed. */
  let opening: PanelOpening | undefined;
  let isReady = false;

  function tell(message: PanelMessage): void {
    SendNuiMessage(JSON.stringify(message));
  }

  function open(next: PanelOpening): void {
    opening = next;
    tell({ type: 'open', opening: next });
    SetNuiFocus(true, true);
    if (isReady) return;
    setTimeout(() => {
      if (!isReady && opening) leave();
    }, PAGE_MS);
  }

  function close(): void {
    if (!opening) return;
    opening = undefined;
    SetNuiFocus(false, false);
    tell({ type: 'close' });
  }

  /** Closes it from this side. */
  function leave(): void {
    close();
    emitNet(PANEL_CLOSED);
  }

  onNet(PANEL_OPEN, open);
  onNet(PANEL_CLOSE, close);
  onNet(PANEL_ANSWER, (reply: PanelReply) => {
    if (opening) tell({ type: 'answer', reply });
  });
  onNet(PANEL_NEWS, (views: readonly PanelView[]) => {
    if (opening) tell({ type: 'news', views });
  });

  onCall(NUI_READY, () => {
    isReady = true;
    if (opening) tell({ type: 'open', opening });
  });
  onCall(NUI_ASK, (question) => {
    if (opening) emitNet(PANEL_ASK, question);
  });
  onCall(NUI_CLOSE, leave);

  on('onResourceStop', (resource: string) => {
    if (resource === GetCurrentResourceName() && opening) SetNuiFocus(false, false);
  });
}
