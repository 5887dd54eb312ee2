import { useRef, useState } from 'preact/hooks';
import type { PanelAnswer, PanelAsk } from '../shared/panel.ts';
import { BanFields } from './ban-fields.tsx';
import { usePanel } from './context.ts';
import { Dialog } from './dialog.tsx';
import { legible } from './names.ts';
import { useSending, useShown } from './sending.ts';
import type { Decision } from './state.ts';

/** A ban without a word about its end is for good, as in chat. */
const FOR_GOOD = 'perm';

/** Asks before something is done, sends it once, and stays as long as the server has not taken it. */
export function DecisionDialog({ decision }: { decision: Decision }) {
  const { say, go } = usePanel();
  const preset = decision.kind === 'ban' ? decision.preset : null;
  const [duration, setDuration] = useState(preset?.duration ?? FOR_GOOD);
  const [reason, setReason] = useState(preset?.reason ?? '');
  const [said, setSaid] = useState('');
  const isShown = useShown();
  const confirm = useRef<HTMLButtonElement>(null);
  const keyOf = useKeys();
  const name = legible(decision.name, say('nameless'));

  function trouble(message: string): void {
    if (isShown.current) setSaid(message);
    else go({ move: 'told', told: { tone: 'bad', message } });
  }

  function hear(answer: PanelAnswer): void {
    if (answer.kind === 'refused') trouble(answer.message);
    if (answer.kind !== 'told') return;
    const { told } = answer;
    // Nothing has come of it, so the words can be corrected.
    if (told.tone === 'bad' && told.id === null) {
      trouble(told.message);
      return;
    }
    if (isShown.current) go({ move: 'decide', decision: null });
    go({ move: 'told', told });
  }

  const { state, send } = useSending(hear, () => trouble(say('noAnswer')));

  function question(): PanelAsk {
    const { kind, target } = decision;
    if (kind === 'cancel') return { ask: 'cancel', id: target };
    const key = keyOf(JSON.stringify([duration, reason]));
    if (kind === 'ban') return { ask: 'ban', target, duration, reason, key };
    return { ask: kind === 'kick' ? 'kick' : 'unban', target, reason, key };
  }

  function label(): string {
    if (state === 'waiting') return say('sending');
    if (state === 'unanswered') return say('sendAgain');
    if (decision.kind !== 'ban') return say(`${decision.kind}.do`);
    return ['', FOR_GOOD].includes(duration.trim()) ? say('ban.do.forGood') : say('ban.do', { duration });
  }

  return (
    <Dialog
      title={say(`${decision.kind}.title`, { name })}
      onClose={() => go({ move: 'decide', decision: null })}
    >
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          setSaid('');
          send(question());
        }}
      >
        {decision.kind !== 'ban' && <p>{say(`${decision.kind}.ask`)}</p>}
        {decision.kind === 'ban' && (
          <BanFields
            duration={duration}
            onDuration={setDuration}
            isPreset={preset !== null}
            onPreset={(chosen) => {
              setDuration(chosen.duration);
              setReason(chosen.reason);
              confirm.current?.focus();
            }}
          />
        )}
        {decision.kind !== 'cancel' && (
          <label class="field">
            {say(decision.kind === 'ban' || decision.kind === 'kick' ? 'reason' : 'reason.kept')}
            <input
              type="text"
              value={reason}
              maxLength={500}
              autoComplete="off"
              data-first={decision.kind === 'ban' ? undefined : true}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </label>
        )}
        <p class="said" role="alert">
          {said}
        </p>
        <div class="buttons">
          <button
            type="submit"
            class={decision.kind === 'ban' || decision.kind === 'kick' ? 'danger' : 'primary'}
            ref={confirm}
            aria-disabled={state === 'waiting'}
            data-first={preset === null && decision.kind !== 'cancel' ? undefined : true}
          >
            {label()}
          </button>
          <button type="button" class="button" onClick={() => go({ move: 'decide', decision: null })}>
            {say('back')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** A key for each decision: sent again, it is the same one; with another word in it, it is another. */
function useKeys(): (decision: string) => string {
  const keys = useRef(new Map<string, string>());
  return (decision) => {
    const key = keys.current.get(decision) ?? randomKey();
    keys.current.set(decision, key);
    return key;
  };
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
