import { ActionRow } from './action-row.tsx';
import { useAnswer } from './answer.ts';
import { usePanel } from './context.ts';
import { List } from './list.tsx';
import { Order } from './order.tsx';
import type { Filters, Pane } from './state.ts';

/** What is still on its way to Sonoran. */
export function Waiting({ filters: { waiting }, pane }: { filters: Filters; pane: Pane | null }) {
  const { say, go, news } = usePanel();
  const held = useAnswer({ ask: 'waiting', ...waiting }, news.waiting);
  const answer = held.answer?.kind === 'actions' ? held.answer : undefined;
  return (
    <>
      <div class="tools">
        <p class="note">{answer?.worker}</p>
        <Order question={{ ask: 'retry', id: null }} label={say('retryAll')} />
      </div>
      <List
        label={say('view.waiting')}
        empty={say('waiting.empty')}
        held={held}
        page={answer?.actions}
        keyOf={({ id }) => id}
        chosen={pane?.kind === 'action' ? pane.action.id : undefined}
        onChoose={(action) => go({ move: 'pane', pane: { kind: 'action', action } })}
        onPage={(page) => go({ move: 'filter', filters: { waiting: { page } } })}
        row={(action) => <ActionRow action={action} />}
      />
    </>
  );
}
