import { useEffect, useState } from 'preact/hooks';
import type { PanelPerson } from '../shared/panel.ts';
import { useAnswer } from './answer.ts';
import { usePanel } from './context.ts';
import { List } from './list.tsx';
import { Name } from './name.tsx';
import { Search } from './search.tsx';
import { type Filters, type Pane, personPane } from './state.ts';
import { lasting } from './times.ts';

/** Who is here, and who has just left. */
export function Players({ filters: { players }, pane }: { filters: Filters; pane: Pane | null }) {
  const { say, go, news } = usePanel();
  const held = useAnswer({ ask: 'players', ...players }, news.players);
  const now = useNow();
  const page = held.answer?.kind === 'people' ? held.answer.people : undefined;
  return (
    <>
      <div class="tools">
        <Search
          label={say('players.search')}
          value={players.search}
          onSearch={(search) => go({ move: 'filter', filters: { players: { search, page: 1 } } })}
        />
      </div>
      <List
        label={say('view.players')}
        empty={say(players.search === '' ? 'players.empty' : 'search.empty')}
        held={held}
        page={page}
        keyOf={({ target }) => target}
        chosen={pane?.kind === 'person' ? pane.target : undefined}
        onChoose={(person) => go({ move: 'pane', pane: personPane(person) })}
        onPage={(next) => go({ move: 'filter', filters: { players: { ...players, page: next } } })}
        row={(person) => <Row person={person} now={now} />}
      />
    </>
  );
}

function Row({ person: { id, name, ban, where, since }, now }: { person: PanelPerson; now: number }) {
  const { say } = usePanel();
  return (
    <>
      <span class="number">{id ?? '–'}</span>
      <Name name={name} />
      {ban !== null && (
        <span class="badge" data-tone="bad">
          {say('banned')}
        </span>
      )}
      <span class="aside">
        {where === 'elsewhere' || since === null
          ? say(`where.${where}`)
          : say(`where.${where}.since`, { time: lasting(say, now - since) })}
      </span>
    </>
  );
}

/** How often what is said of times is looked at anew, in milliseconds: they are told in minutes. */
const TICK_MS = 20_000;

/** The server's time, in Unix milliseconds. */
function useNow(): number {
  const { aheadMs } = usePanel();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now + aheadMs;
}
