import { PANEL_VIEWS, type PanelView } from '../../../shared/panel.ts';
import type { Clock } from '../../clock.ts';

/** What is shown changes no more often than this, in milliseconds. */
const AT_MOST_EVERY_MS = 250;

/** Tells that what is shown may have changed: at once, and then not again for a while. */
export interface PanelNews {
  changed(views: readonly PanelView[]): void;
}

/**
 * @param isWanted whether anybody looks; nothing runs while nobody does.
 * @param tell gets all that has changed since the last time.
 */
export function createPanelNews(
  clock: Pick<Clock, 'elapsed' | 'after'>,
  isWanted: () => boolean,
  tell: (views: readonly PanelView[]) => void,
): PanelNews {
  const fresh = new Set<PanelView>();
  let toldAt = Number.NEGATIVE_INFINITY;
  let isDue = false;

  function tellAll(): void {
    isDue = false;
    toldAt = clock.elapsed();
    const views = PANEL_VIEWS.filter((view) => fresh.has(view));
    fresh.clear();
    tell(views);
  }

  return {
    changed(views) {
      if (!isWanted()) return;
      for (const view of views) fresh.add(view);
      if (isDue) return;
      isDue = true;
      // What belongs together changes in one turn.
      clock.after(Math.max(0, toldAt + AT_MOST_EVERY_MS - clock.elapsed()), tellAll);
    },
  };
}
