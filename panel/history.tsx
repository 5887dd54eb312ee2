import { ActionRow } from './action-row.tsx';
import { useAnswer } from './answer.ts';
import { usePanel } from './context.ts';
import { List } from './list.tsx';
import { Search } from './search.tsx';
import type { Filters, Pane } from './state.ts';

/** What was decided, the latest first. */
export function History({ filters: { history }, pane }: { filters: Filters; pane: Pane | null }) {
  const { say, go, news } = usePanel();
  const held = useAnswer({ ask: 'history', person: null, ...history }, news.history);
  const show = (change: Partial<Filters['history']>) =>
    go({ move: 'filter', filters: { history: { ...history, page: 1, ...change } } });
  return (
    <>
      <div class="tools">
        <Search
          label={say('history.search')}
          value={history.search}
          onSearch={(search) => show({ search })}
        />
        <button
          type="button"
          class="switch"
          role="switch"
          aria-checked={history.inForce}
          onClick={() => show({ inForce: !history.inForce })}
        >
          {say('history.inForce')}
        </button>
      </div>
      <List
        label={say('view.history')}
        empty={say(history.search === '' && !history.inForce ? 'history.empty' : 'search.empty')}
        held={held}
        page={held.answer?.kind === 'actions' ? held.answer.actions : undefined}
        keyOf={({ id }) => id}
        chosen={pane?.kind === 'action' ? pane.action.id : undefined}
        onChoose={(action) => go({ move: 'pane', pane: { kind: 'action', action } })}
        onPage={(page) => show({ page })}
        row={(action) => <ActionRow action={action} />}
      />
    </>
  );
}
