import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { WindowState } from './state.ts';

/** The last word on what was done, until the next. Both places are always there, so that it is read out. */
export function StatusLine({ told }: { told: WindowState['told'] }) {
  const line = useRef<HTMLElement>(null);
  const [isLong, setIsLong] = useState(false);
  useLayoutEffect(() => {
    const element = line.current;
    // What is longer than its room can be scrolled, by the keyboard too.
    setIsLong(element !== null && element.scrollHeight > element.clientHeight);
  }, [told]);
  const said = <span key={told?.number}>{told?.message}</span>;
  const isBad = told?.tone === 'bad';
  return (
    <footer class="status" data-tone={told?.tone} ref={line} tabIndex={isLong ? 0 : undefined}>
      <p role="status">{!isBad && said}</p>
      <p role="alert">{isBad && said}</p>
    </footer>
  );
}
