import { useState } from 'preact/hooks';
import type { PanelBan, PanelPerson, PanelTold } from '../shared/panel.ts';
import { Badges } from './action-row.tsx';
import { useAnswer } from './answer.ts';
import { usePanel } from './context.ts';
import { copy } from './copy.ts';
import { Fact, Facts } from './facts.tsx';
import { Order } from './order.tsx';
import type { Decision } from './state.ts';
import { moment } from './times.ts';

/** How many presets stand beside the button; all of them are in its dialog. */
const MOST_PRESETS = 6;

/** A person, what can be done to them, and what was. */
export function PersonPane({
  target,
  name,
  known,
}: {
  target: string;
  name: string;
  known: PanelPerson | null;
}) {
  const { say, may, news } = usePanel();
  const { answer, trouble } = useAnswer({ ask: 'person', target }, news.players + news.history);
  const [lookup, setLookup] = useState<PanelTold>();
  const person = answer?.kind === 'person' ? answer.person : known;
  return (
    <div class="paneBody">
      <p class="trouble" role="alert" hidden={trouble === undefined}>
        {trouble}
      </p>
      {/* Above what grows and shrinks: nobody presses the wrong one because it has moved. */}
      <Deeds target={person?.target ?? target} name={name} person={person} />
      {person && <PersonFacts person={person} />}
      {may('lookup') && (
        <section>
          <h3>{say('lookup')}</h3>
          <Order
            question={{ ask: 'lookup', target: person?.target ?? target }}
            label={say('lookup.do')}
            hear={(heard) => {
              if (heard.kind === 'lookup') setLookup(heard.lookup);
            }}
          />
          <p class="lookup" role="status" data-tone={lookup?.tone}>
            {lookup?.message}
          </p>
        </section>
      )}
      {person && person.identifiers.length > 0 && <Identifiers identifiers={person.identifiers} />}
      {may('history') && <PersonHistory target={person?.target ?? target} />}
    </div>
  );
}

function PersonFacts({ person: { id, where, since, ban, isImmune } }: { person: PanelPerson }) {
  const { say, language } = usePanel();
  function endOf({ id: action, until }: PanelBan): string {
    if (until !== null) return say('until', { until: moment(language, until) });
    // Of a ban that only a product's list knows, nobody knows the end.
    return action === null ? say('fact.banned.yes') : say('forGood');
  }
  return (
    <>
      <Facts>
        <Fact name={say('fact.where')}>{say(`where.${where}`)}</Fact>
        <Fact name={say('fact.since')}>{since === null ? '–' : moment(language, since)}</Fact>
        <Fact name={say('fact.serverId')}>{id ?? '–'}</Fact>
        <Fact name={say('fact.banned')}>
          {ban === null ? say('fact.banned.no') : <span data-tone="bad">{endOf(ban)}</span>}
        </Fact>
        {ban !== null && ban.reason !== null && (
          <Fact name={say('fact.reason')}>
            <bdi>{ban.reason}</bdi>
          </Fact>
        )}
        {ban !== null && ban.author !== null && (
          <Fact name={say('fact.author')}>
            <bdi>{ban.author}</bdi>
          </Fact>
        )}
      </Facts>
      {isImmune && <p class="note">{say('immune')}</p>}
    </>
  );
}

function Deeds({ target, name, person }: { target: string; name: string; person: PanelPerson | null }) {
  const { say, may, go, opening } = usePanel();
  const decide = (decision: Decision) => go({ move: 'decide', decision });
  const isImmune = person?.isImmune === true;
  const isBanned = person?.ban != null;
  return (
    <section aria-label={say('deeds')}>
      <div class="buttons">
        {may('ban') && !isImmune && (
          <button
            type="button"
            class="danger"
            data-first
            onClick={() => decide({ kind: 'ban', target, name, preset: null })}
          >
            {say('ban')}
          </button>
        )}
        {may('kick') && !isImmune && (
          <button type="button" class="button" onClick={() => decide({ kind: 'kick', target, name })}>
            {say('kick')}
          </button>
        )}
        {may('unban') && (
          <button
            type="button"
            class="button"
            aria-disabled={!isBanned}
            onClick={() => {
              if (isBanned) decide({ kind: 'unban', target, name });
            }}
          >
            {say('unban')}
          </button>
        )}
      </div>
      {may('ban') && !isImmune && opening.reasons.length > 0 && (
        <div class="buttons">
          {opening.reasons.slice(0, MOST_PRESETS).map((preset) => (
            <button
              key={preset.reason}
              type="button"
              class="chip"
              title={say('ban.preset', { ...preset })}
              onClick={() => decide({ kind: 'ban', target, name, preset })}
            >
              {say('ban.preset', { ...preset })}
            </button>
          ))}
        </div>
      )}
    </section>
  );
}

function Identifiers({ identifiers }: { identifiers: readonly string[] }) {
  const { say, go } = usePanel();
  return (
    <section>
      <h3>{say('identifiers')}</h3>
      <ul class="identifiers">
        {identifiers.map((identifier) => (
          <li key={identifier}>{identifier}</li>
        ))}
      </ul>
      <button
        type="button"
        class="button"
        onClick={() => {
          const isCopied = copy(identifiers.join('\n'));
          const message = say(isCopied ? 'identifiers.copied' : 'identifiers.notCopied');
          go({ move: 'told', told: { tone: isCopied ? 'good' : 'bad', message } });
        }}
      >
        {say('identifiers.copy')}
      </button>
    </section>
  );
}

function PersonHistory({ target }: { target: string }) {
  const { say, language, news } = usePanel();
  const { answer, trouble } = useAnswer(
    { ask: 'history', search: '', inForce: false, person: target, page: 1 },
    news.history,
  );
  const actions = answer?.kind === 'actions' ? answer.actions : undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without a stop here the keyboard cannot scroll to its end
    <section aria-labelledby="past" tabIndex={0}>
      <h3 id="past">{say('person.history')}</h3>
      <p class="trouble" role="alert" hidden={trouble === undefined}>
        {trouble}
      </p>
      {actions?.count === 0 && <p class="note">{say('person.history.empty')}</p>}
      <ol class="past">
        {actions?.items.map((action) => (
          <li key={action.id}>
            <p class="marks">
              <span class="kind">{say(`kind.${action.kind}`)}</span>
              <span class="aside">{moment(language, action.at)}</span>
              <Badges action={action} />
            </p>
            <p>{say('row.reason', { reason: action.reason, author: action.author })}</p>
            <p class="note">{action.message}</p>
          </li>
        ))}
      </ol>
      {actions !== undefined && actions.count > actions.items.length && (
        <p class="note">{say('person.history.more', { count: actions.count - actions.items.length })}</p>
      )}
    </section>
  );
}
