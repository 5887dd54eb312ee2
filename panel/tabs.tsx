import { useRef } from 'preact/hooks';
import type { PanelView } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { useRoving } from './focus.ts';

/** The views, of which one is shown; arrows go from one to the next. */
export function Tabs({ views, chosen }: { views: readonly PanelView[]; chosen: PanelView }) {
  const { say, go } = usePanel();
  const list = useRef<HTMLDivElement>(null);
  const { onKeyDown } = useRoving(list, views, chosen);
  return (
    <div class="tabs" role="tablist" aria-label={say('views')} ref={list}>
      {views.map((view) => (
        <button
          key={view}
          type="button"
          class="tab"
          role="tab"
          id={`tab-${view}`}
          data-key={view}
          aria-selected={view === chosen}
          aria-controls={view === chosen ? `view-${view}` : undefined}
          tabIndex={view === chosen ? 0 : -1}
          onClick={() => go({ move: 'view', view })}
          onFocus={() => {
            if (view !== chosen) go({ move: 'view', view });
          }}
          onKeyDown={onKeyDown}
        >
          {say(`view.${view}`)}
        </button>
      ))}
    </div>
  );
}
