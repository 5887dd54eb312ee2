import { type Action, namesOf } from './action.ts';
import { isDropDue } from './drop-rule.ts';
import { createOnTheWay } from './on-the-way.ts';
import type { ConnectedPlayer, Ledger, Players } from './ports.ts';
import type { Ties } from './ties.ts';

/** Drops the people that actions are about. */
export interface Drops {
  /** Drops everybody who shares an identifier with the target; whoever is on the way in, on joining. @returns the action, and whether somebody was. */
  drop(action: Action): Action;
  /** The same when that is due; what changes is stored within a second. */
  dropIfDue(action: Action): Action;
  /** To be told of a lift: whoever goes by one of these names, and was banned, may come in again. */
  lifted(names: readonly string[]): void;
  /** To be told who has joined, with the temporary id they had on the way in. */
  joined(player: ConnectedPlayer, temporaryId: number): void;
}

/** What it takes. */
export interface DropsOptions {
  readonly players: Players;
  readonly ties: Pick<Ties, 'of'>;
  readonly ledger: Pick<Ledger, 'byId' | 'saveSoon'>;
  /** What those read who are dropped for an action. */
  readonly notice: (action: Action) => string;
  /** Whether it is for this server to write down that somebody was dropped: it has decided the action. */
  readonly isOurs: (action: Action) => boolean;
  /** Told of the id of an action for which somebody is dropped in this moment. */
  readonly onDropped: (id: string) => void;
}

export function createDrops({ players, ties, ledger, notice, isOurs, onDropped }: DropsOptions): Drops {
  const onTheWay = createOnTheWay(players);

  function drop(action: Action): Action {
    if (action.kind === 'unban') return action;
    const { person, holder } = action;
    // Who shares an identifier with the target; of an account, whoever is known to hold it.
    const names = person.account === null ? person.identifiers : [...ties.of(namesOf(person)), ...holder];
    onTheWay.due(action, names);
    const dropped = players.sharing(names).filter((player) => dropPlayer(player, action));
    return dropped.length === 0 || !isOurs(action) ? action : { ...action, dropped: true };
  }

  function dropPlayer({ id }: ConnectedPlayer, action: Action): boolean {
    const isDropped = action.kind !== 'unban' && players.drop(id, notice(action));
    if (isDropped) onDropped(action.id);
    return isDropped;
  }

  return {
    drop,
    dropIfDue(action) {
      if (!isDropDue(action)) return action;
      const now = drop(action);
      if (now !== action) ledger.saveSoon(now);
      return now;
    },
    lifted: onTheWay.lifted,
    joined(player, temporaryId) {
      const id = onTheWay.joined(player, temporaryId);
      const action = id === undefined ? undefined : ledger.byId(id);
      if (!action || !isDropDue(action) || !dropPlayer(player, action)) return;
      if (isOurs(action)) ledger.saveSoon({ ...action, dropped: true });
    },
  };
}
