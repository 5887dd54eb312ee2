import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { PanelPage } from '../shared/panel.ts';
import type { Held } from './answer.ts';
import { usePanel } from './context.ts';
import { focusKey, useKeptFocus, useRoving } from './focus.ts';

/** A page of a list from which one thing is chosen, and what leads to the other pages. */
export function List<T>({
  label,
  empty,
  held,
  page,
  keyOf,
  chosen,
  onChoose,
  onPage,
  row,
}: {
  label: string;
  empty: string;
  held: Held;
  /** Undefined until there is an answer. */
  page: PanelPage<T> | undefined;
  keyOf: (item: T) => string;
  chosen: string | undefined;
  onChoose: (item: T) => void;
  onPage: (page: number) => void;
  row: (item: T) => ComponentChildren;
}) {
  const { say } = usePanel();
  const list = useRef<HTMLUListElement>(null);
  const items = page?.items ?? [];
  const keys = items.map(keyOf);
  const roving = useRoving(list, keys, chosen);

  const drawn = useRef(keys);
  useKeptFocus(list, (key) => {
    // Whoever is gone leaves the focus to whoever stands in their place now.
    const place = Math.min(drawn.current.indexOf(key ?? ''), keys.length - 1);
    if (!focusKey(list, key) && !focusKey(list, keys[place])) list.current?.focus();
  });
  useLayoutEffect(() => {
    drawn.current = keys;
  });

  const number = page?.page ?? 1;
  // Another page begins at its top.
  useLayoutEffect(() => list.current?.scrollTo(0, 0), [number]);

  return (
    <>
      <p class="trouble" role="alert" hidden={held.trouble === undefined}>
        {held.trouble}
        {held.trouble !== undefined && (
          <button type="button" class="quiet" onClick={held.again}>
            {say('again')}
          </button>
        )}
      </p>
      <ul
        class="list"
        aria-label={label}
        aria-busy={!held.isCurrent}
        ref={list}
        tabIndex={-1}
        onFocusIn={roving.onFocusIn}
        onKeyDown={roving.onKeyDown}
      >
        {items.map((item, place) => {
          const key = keys[place] ?? '';
          return (
            <li key={key}>
              <button
                type="button"
                class="row"
                data-key={key}
                tabIndex={roving.tabIndexOf(key)}
                aria-current={key === chosen}
                onClick={() => onChoose(item)}
              >
                {row(item)}
              </button>
            </li>
          );
        })}
        {page?.count === 0 && <li class="empty">{empty}</li>}
      </ul>
      <nav class="pager" aria-label={say('pages')}>
        <PageButton label={say('page.before')} isThere={number > 1} onClick={() => onPage(number - 1)} />
        <p>{page && say('page', { page: number, pages: page.pages, count: page.count })}</p>
        <PageButton
          label={say('page.next')}
          isThere={page !== undefined && number < page.pages}
          onClick={() => onPage(number + 1)}
        />
      </nav>
    </>
  );
}

/** Keeps the focus when there is no further page. */
function PageButton({ label, isThere, onClick }: { label: string; isThere: boolean; onClick: () => void }) {
  return (
    <button
      type="button"
      class="quiet"
      aria-disabled={!isThere}
      onClick={() => {
        if (isThere) onClick();
      }}
    >
      {label}
    </button>
  );
}
