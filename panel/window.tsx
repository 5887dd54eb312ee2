import { useLayoutEffect, useMemo, useReducer, useRef } from 'preact/hooks';
import type { PanelOpening, PanelView } from '../shared/panel.ts';
import { type Panel, PanelContext } from './context.ts';
import { DecisionDialog } from './decision-dialog.tsx';
import { focusKey, useKeptFocus } from './focus.ts';
import type { Game } from './game.ts';
import { History } from './history.tsx';
import { PaneBeside } from './pane.tsx';
import { Players } from './players.tsx';
import { moved, openedWindow, viewsOf } from './state.ts';
import { StatusLine } from './status-line.tsx';
import { Tabs } from './tabs.tsx';
import { sayFrom } from './texts.ts';
import { languageOf } from './times.ts';
import { Waiting } from './waiting.tsx';

const VIEWS = { players: Players, waiting: Waiting, history: History };

/** The whole window, as long as it is open. */
export function PanelWindow({
  opening,
  aheadMs,
  news,
  game,
  onLeave,
}: {
  opening: PanelOpening;
  /** See {@link Panel.aheadMs}. */
  aheadMs: number;
  news: Readonly<Record<PanelView, number>>;
  game: Game;
  onLeave: () => void;
}) {
  const [state, go] = useReducer(moved, opening, openedWindow);
  const isFirst = useRef(true);
  const frame = useRef<HTMLDivElement>(null);
  const panel = useMemo<Panel>(
    () => ({
      game,
      opening,
      aheadMs,
      language: languageOf(opening.locale),
      say: sayFrom(opening.texts),
      may: (right) => opening.rights.includes(right),
      news,
      go,
    }),
    [game, opening, aheadMs, news],
  );
  const { say } = panel;

  useLayoutEffect(() => {
    document.documentElement.lang = panel.language;
    if (!isFirst.current) go({ move: 'opened', opening });
    else if (opening.person === null) focusKey(frame, 'search');
    isFirst.current = false;
  }, [opening, panel.language]);

  useKeptFocus(frame, () => focusKey(frame, state.view));

  // Not a moment later than it is drawn: the same Escape would close the window instead of its dialog.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      // Whoever still holds the Enter of `/cmspanel 12` has confirmed nothing here.
      if (event.key === 'Enter' && event.repeat) event.preventDefault();
      if (event.key !== 'Escape') return;
      event.preventDefault();
      if (state.decision === null) onLeave();
      else go({ move: 'decide', decision: null });
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [state.decision, onLeave]);

  /** Back to where it was chosen. */
  function leavePane(key: string): void {
    if (!focusKey(frame, key)) focusKey(frame, state.view);
    go({ move: 'pane', pane: null });
  }

  const View = VIEWS[state.view];
  return (
    <PanelContext.Provider value={panel}>
      <div ref={frame}>
        <main class="window" aria-labelledby="title">
          <header class="head">
            <h1 id="title">{say('title')}</h1>
            <Tabs views={viewsOf(opening)} chosen={state.view} />
            <p class="server" title={opening.server}>
              <bdi>{opening.server}</bdi>
            </p>
            <button
              type="button"
              class="icon"
              aria-label={say('close')}
              title={say('close')}
              onClick={onLeave}
            >
              ×
            </button>
          </header>
          <div
            class="view"
            role="tabpanel"
            id={`view-${state.view}`}
            aria-labelledby={`tab-${state.view}`}
            key={state.view}
          >
            <View filters={state.filters} pane={state.panes[state.view]} />
          </div>
          <PaneBeside view={state.view} pane={state.panes[state.view]} onClose={leavePane} />
          <StatusLine told={state.told} />
        </main>
        {state.decision && <DecisionDialog decision={state.decision} />}
      </div>
    </PanelContext.Provider>
  );
}
