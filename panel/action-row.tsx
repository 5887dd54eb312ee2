import type { PanelAction } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { Name } from './name.tsx';
import { moment } from './times.ts';

/** An action in a list: in two lines what was done to whom and when, and why or what it waits for. */
export function ActionRow({ action }: { action: PanelAction }) {
  const { say, language } = usePanel();
  const { kind, person, at, reason, author, shares } = action;
  const waits = shares
    .filter(({ status }) => status === 'queued')
    .map(({ name, message }) => say('row.share', { product: name, message }));
  const second = waits.length > 0 ? waits.join(' ') : say('row.reason', { reason, author });
  return (
    <>
      <span class="kind">{say(`kind.${kind}`)}</span>
      <Name name={person.name} />
      <Badges action={action} />
      <span class="aside">{moment(language, at)}</span>
      <span class="second" title={second}>
        {second}
      </span>
    </>
  );
}

/** How an action stands, in a word or two; nothing is said of what is done and over. */
export function Badges({ action: { inForce, isKept, status } }: { action: PanelAction }) {
  const { say } = usePanel();
  return (
    <>
      {status !== 'delivered' && (
        <span class="badge" data-tone={toneOf(status)}>
          {say(isKept ? 'status.kept' : `status.${status}`)}
        </span>
      )}
      {inForce && (
        <span class="badge" data-tone="bad">
          {say('inForce')}
        </span>
      )}
    </>
  );
}

const TONES = { delivered: 'good', queued: 'neutral', refused: 'bad' } as const;

/** How the state of an action, or of a share, looks. */
export function toneOf(status: PanelAction['status']): 'good' | 'neutral' | 'bad' {
  return TONES[status];
}
