import type { PanelPage } from '../../../shared/panel.ts';
import { pageOf } from '../pages.ts';

/** A page of a list as the panel shows it; beyond the end, the last one. */
export function panelPage<T, S>(
  all: readonly T[],
  number: number,
  size: number,
  shown: (item: T) => S,
): PanelPage<S> {
  const { count: pages } = pageOf(all, 1, size);
  const page = Math.min(number, pages);
  return { items: pageOf(all, page, size).items.map(shown), page, pages, count: all.length };
}
