import { useRef } from 'preact/hooks';
import type { PanelReason } from '../shared/panel.ts';
import { usePanel } from './context.ts';
import { useRoving } from './focus.ts';

/** What is chosen most, as it is typed in chat. */
const DURATIONS = ['1h', '12h', '1d', '3d', '1w', '4w', 'perm'];

/** How long a ban is to be, and what the owner has prepared. */
export function BanFields({
  duration,
  onDuration,
  isPreset,
  onPreset,
}: {
  duration: string;
  onDuration: (duration: string) => void;
  /** What is prepared was chosen before: the focus begins at what confirms it. */
  isPreset: boolean;
  onPreset: (preset: PanelReason) => void;
}) {
  const { say, opening } = usePanel();
  const { reasons } = opening;
  return (
    <>
      {reasons.length > 0 && (
        <Choice
          label={say('ban.presets')}
          choices={reasons.map((preset) => ({
            key: preset.reason,
            text: say('ban.preset', { ...preset }),
            choose: () => onPreset(preset),
          }))}
          isFirst={!isPreset}
        />
      )}
      <Choice
        label={say('duration')}
        choices={DURATIONS.map((each) => ({
          key: each,
          text: each === 'perm' ? say('forGood') : each,
          choose: () => onDuration(each),
          isPressed: each === duration,
        }))}
        isFirst={!isPreset && reasons.length === 0}
      />
      <label class="field">
        {say('duration.typed')}
        <input
          type="text"
          value={duration}
          maxLength={50}
          autoComplete="off"
          spellcheck={false}
          onFocus={({ currentTarget }) => currentTarget.select()}
          onInput={({ currentTarget }) => onDuration(currentTarget.value)}
        />
      </label>
    </>
  );
}

interface ChoiceOf {
  readonly key: string;
  readonly text: string;
  readonly choose: () => void;
  readonly isPressed?: boolean;
}

/** Buttons in a row, of which arrows reach the next. */
function Choice({
  label,
  choices,
  isFirst,
}: {
  label: string;
  choices: readonly ChoiceOf[];
  isFirst: boolean;
}) {
  const group = useRef<HTMLDivElement>(null);
  const keys = choices.map(({ key }) => key);
  const roving = useRoving(group, keys, choices.find(({ isPressed }) => isPressed)?.key);
  return (
    <div class="field">
      <span class="caption">{label}</span>
      <div
        class="chips"
        role="toolbar"
        aria-label={label}
        ref={group}
        onKeyDown={roving.onKeyDown}
        onFocusIn={roving.onFocusIn}
      >
        {choices.map(({ key, text, choose, isPressed }) => (
          <button
            key={key}
            type="button"
            class="chip"
            data-key={key}
            data-first={isFirst && roving.tabIndexOf(key) === 0 ? true : undefined}
            tabIndex={roving.tabIndexOf(key)}
            title={text}
            aria-pressed={isPressed}
            onClick={choose}
          >
            {text}
          </button>
        ))}
      </div>
    </div>
  );
}
