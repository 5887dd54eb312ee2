import type { PanelAction } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { Name } from './name.tsx';
import { moment } from './times.ts';

/** An action in a list: in two lines what was done to whom and when, and how it stands. */
export function ActionRow({ action }: { action: PanelAction }) {
  const { say, language } = usePanel();
  return (
    <>
      <Kind action={action} />
      <Name name={action.person.name} />
      {action.inForce && (
        <span class="badge" data-tone="bad">
          {say('inForce')}
        </span>
      )}
      <span class="aside">{moment(language, action.at)}</span>
      <span class="second" data-tone={toneOf(action.status)}>
        {action.message}
      </span>
    </>
  );
}

/** What was done, in a word. */
export function Kind({ action: { kind, status } }: { action: PanelAction }) {
  const { say } = usePanel();
  return (
    <span class="kind" data-tone={toneOf(status)}>
      {say(`kind.${kind}`)}
    </span>
  );
}

const TONES = { delivered: 'good', queued: 'neutral', refused: 'bad' } as const;

/** How the state of an action, or of a share, looks. */
export function toneOf(status: PanelAction['status']): 'good' | 'neutral' | 'bad' {
  return TONES[status];
}
