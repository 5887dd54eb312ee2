import { render } from 'preact';
import { PANEL_VIEWS, type PanelOpening, type PanelView } from '../shared/panel.ts';
import { connectGame } from './game.ts';
import './style.css';
import { PanelWindow } from './window.tsx';

/** Opens and closes the window as the game says. While it is closed, nothing is drawn and no timer runs. */
function start(root: HTMLElement): void {
  let opening: PanelOpening | null = null;
  /** By how much the server's clock is ahead of the player's, in milliseconds. */
  let aheadMs = 0;
  let news: Readonly<Record<PanelView, number>> = { players: 0, waiting: 0, history: 0 };

  const game = connectGame({
    onOpen(next) {
      opening = next;
      aheadMs = next.now - Date.now();
      // What the former rights hid is asked for.
      tell(PANEL_VIEWS);
    },
    onNews: tell,
    onClose: close,
  });

  function tell(views: readonly PanelView[]): void {
    for (const view of views) news = { ...news, [view]: news[view] + 1 };
    draw();
  }

  function close(): void {
    opening = null;
    draw();
    game.forget();
  }

  function leave(): void {
    close();
    void game.close();
  }

  /** Half a window must not keep keys and mouse from its player: it closes, and the page begins anew. */
  async function fail(): Promise<void> {
    if (opening === null) return;
    opening = null;
    await game.close();
    location.reload();
  }

  window.addEventListener('error', fail);
  window.addEventListener('unhandledrejection', fail);

  function draw(): void {
    render(
      opening && <PanelWindow opening={opening} aheadMs={aheadMs} news={news} game={game} onLeave={leave} />,
      root,
    );
  }
}

const root = document.getElementById('panel');
if (root !== null) start(root);
