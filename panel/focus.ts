import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/**
 * Gives the focus on when a redraw has taken away or moved what had it.
 *
 * @param refocus gets the `data-key` of what had it.
 */
export function useKeptFocus(
  container: RefObject<HTMLElement | null>,
  refocus: (key: string | undefined) => void,
): void {
  // While this is drawn, the document is still as it was.
  const focused = document.activeElement;
  const holder = container.current?.contains(focused) === true ? focused : null;
  useLayoutEffect(() => {
    if (holder === null || document.activeElement === holder) return;
    if (document.activeElement !== null && document.activeElement !== document.body) return;
    refocus(holder instanceof HTMLElement ? holder.dataset['key'] : undefined);
  });
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowRight: 1,
  ArrowUp: -1,
  ArrowLeft: -1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** A group of elements with `data-key` in which Tab stops once. */
export interface Roving {
  tabIndexOf(key: string): 0 | -1;
  onKeyDown(event: KeyboardEvent): void;
  onFocusIn(event: FocusEvent): void;
}

/**
 * Arrows, Home and End move the focus within a group.
 *
 * @param keys of its elements, in order.
 * @param chosen where Tab stops until somebody has moved.
 */
export function useRoving(
  container: RefObject<HTMLElement | null>,
  keys: readonly string[],
  chosen?: string | undefined,
): Roving {
  const [visited, setVisited] = useState<string>();
  const stop = [visited, chosen].find((key) => key !== undefined && keys.includes(key)) ?? keys[0];
  return {
    tabIndexOf: (key) => (key === stop ? 0 : -1),
    onKeyDown(event) {
      const step = STEPS[event.key];
      const place = keys.indexOf(keyOf(event.target) ?? '');
      if (step === undefined || place < 0) return;
      event.preventDefault();
      const next = keys[Math.min(Math.max(place + step, 0), keys.length - 1)];
      focusKey(container, next);
    },
    onFocusIn({ target }) {
      setVisited(keyOf(target));
    },
  };
}

/** @returns whether there is such an element. */
export function focusKey(container: RefObject<HTMLElement | null>, key: string | undefined): boolean {
  const found = [...(container.current?.querySelectorAll<HTMLElement>('[data-key]') ?? [])].find(
    ({ dataset }) => dataset['key'] === key,
  );
  found?.focus();
  return found !== undefined;
}

function keyOf(target: EventTarget | null): string | undefined {
  return target instanceof HTMLElement ? target.dataset['key'] : undefined;
}
