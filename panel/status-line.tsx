import type { WindowState } from './state.ts';

/** The last word on what was done, until the next. Both places are always there, so that it is read out. */
export function StatusLine({ told }: { told: WindowState['told'] }) {
  const said = <span key={told?.number}>{told?.message}</span>;
  const isBad = told?.tone === 'bad';
  return (
    <footer class="status" data-tone={told?.tone}>
      <p role="status">{!isBad && said}</p>
      <p role="alert">{isBad && said}</p>
    </footer>
  );
}
