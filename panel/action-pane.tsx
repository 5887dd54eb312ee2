import type { PanelAction } from '../shared/panel.ts';
import { Badges, toneOf } from './action-row.tsx';
import { useAnswer } from './answer.ts';
import { usePanel } from './context.ts';
import { Fact, Facts } from './facts.tsx';
import { Order } from './order.tsx';
import { moment, timeOfDay } from './times.ts';

/** An action, how it stands in each product, and what can still be done about it. */
export function ActionPane({ known }: { known: PanelAction }) {
  const { say, may, news } = usePanel();
  const { answer } = useAnswer(
    may('history')
      ? { ask: 'history', search: known.id, inForce: false, person: null, page: 1 }
      : { ask: 'waiting', page: 1 },
    news.history + news.waiting,
  );
  const found = answer?.kind === 'actions' ? answer.actions.items : [];
  const action = found.find(({ id }) => id === known.id) ?? known;
  return (
    <div class="paneBody">
      <p class="marks">
        <span class="kind">{say(`kind.${action.kind}`)}</span>
        <Badges action={action} />
      </p>
      <p class="outcome">{action.message}</p>
      <Buttons action={action} />
      <Shares action={action} />
      <ActionFacts action={action} />
    </div>
  );
}

function Buttons({ action: { id, kind, status, inForce, person } }: { action: PanelAction }) {
  const { say, may, go } = usePanel();
  const { name } = person;
  return (
    <div class="buttons">
      {may('unban') && kind === 'ban' && inForce && (
        <button
          type="button"
          class="button"
          onClick={() => go({ move: 'decide', decision: { kind: 'takeBack', target: id, name } })}
        >
          {say('takeBack')}
        </button>
      )}
      {may('queue') && status === 'queued' && (
        <>
          <Order question={{ ask: 'retry', id }} label={say('retry')} />
          <button
            type="button"
            class="button"
            onClick={() => go({ move: 'decide', decision: { kind: 'cancel', target: id, name } })}
          >
            {say('cancel')}
          </button>
        </>
      )}
      <button
        type="button"
        class="button"
        onClick={() => go({ move: 'pane', pane: { kind: 'person', target: id, name, known: null } })}
      >
        {say('showPerson')}
      </button>
    </div>
  );
}

function ActionFacts({ action }: { action: PanelAction }) {
  const { say, language } = usePanel();
  const { person } = action;
  return (
    <Facts>
      <Fact name={say('fact.reason')}>
        <bdi>{action.reason}</bdi>
      </Fact>
      {action.kind === 'ban' && (
        <Fact name={say('fact.end')}>
          {action.until === null ? say('forGood') : moment(language, action.until)}
        </Fact>
      )}
      <Fact name={say('fact.author')}>
        <bdi>{action.author}</bdi>
      </Fact>
      <Fact name={say('fact.at')}>{moment(language, action.at)}</Fact>
      {action.server !== '' && (
        <Fact name={say('fact.server')}>
          <bdi>{action.server}</bdi>
        </Fact>
      )}
      <Fact name={say('fact.id')}>
        <span class="mono">{action.id}</span>
      </Fact>
      {person.account !== null && (
        <Fact name={say('fact.account')}>
          <span class="mono">{person.account}</span>
        </Fact>
      )}
      {person.identifiers.length > 0 && (
        <Fact name={say('identifiers')}>
          <span class="mono">{person.identifiers.join(' ')}</span>
        </Fact>
      )}
    </Facts>
  );
}

function Shares({ action: { shares } }: { action: PanelAction }) {
  const { say, language } = usePanel();
  return (
    <section>
      <h3>{say('shares')}</h3>
      <ul class="shares">
        {shares.map(({ product, name, status, message, nextTryAt }) => (
          <li key={product}>
            <b>{name}</b>
            <p data-tone={toneOf(status)}>{message}</p>
            {nextTryAt !== null && (
              <p class="note">{say('nextTry', { at: timeOfDay(language, nextTryAt) })}</p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
