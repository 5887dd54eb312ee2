import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PanelView } from '../shared/panel.ts';
import { ActionPane } from './action-pane.tsx';
import { usePanel } from './context.ts';
import { useKeptFocus } from './focus.ts';
import { Name } from './name.tsx';
import { PersonPane } from './person-pane.tsx';
import type { Pane } from './state.ts';

/** What was chosen from the list beside it. Its place is there also when nothing is. */
export function PaneBeside({
  view,
  pane,
  onClose,
}: {
  view: PanelView;
  pane: Pane | null;
  onClose: (key: string) => void;
}) {
  const { say, opening } = usePanel();
  const frame = useRef<HTMLElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  const before = useRef<{ view: PanelView; pane: Pane | null }>({ view, pane: null });

  useLayoutEffect(() => {
    const was = before.current;
    before.current = { view, pane };
    if (pane === null || pane === was.pane || view !== was.view) return;
    const isAskedFor = pane.kind === 'person' && pane.known !== null && pane.known === opening.person;
    const first = isAskedFor ? frame.current?.querySelector<HTMLElement>('[data-first]') : null;
    (first ?? title.current)?.focus();
  });
  useKeptFocus(frame, () => title.current?.focus());

  if (pane === null) {
    return (
      <aside class="pane" aria-label={say('pane')} ref={frame}>
        <p class="empty">{say(view === 'players' ? 'pane.noPerson' : 'pane.noAction')}</p>
      </aside>
    );
  }
  const key = pane.kind === 'person' ? pane.target : pane.action.id;
  return (
    <aside class="pane" aria-labelledby="beside" ref={frame}>
      <header class="paneHead">
        <h2 id="beside" tabIndex={-1} ref={title}>
          <Name name={pane.kind === 'person' ? pane.name : pane.action.person.name} />
        </h2>
        <button
          type="button"
          class="icon"
          aria-label={say('pane.close')}
          title={say('pane.close')}
          onClick={() => onClose(key)}
        >
          ×
        </button>
      </header>
      {pane.kind === 'person' ? (
        <PersonPane key={key} target={pane.target} name={pane.name} known={pane.known} />
      ) : (
        <ActionPane key={key} known={pane.action} />
      )}
    </aside>
  );
}
