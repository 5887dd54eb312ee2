import { forgetOldest } from '../forget-oldest.ts';
import { isTemporaryId } from '../identity/target.ts';
import type { Action } from './action.ts';
import type { ConnectedPlayer, Players } from './ports.ts';

/** Most people of whom it is remembered that they are to be dropped: nobody tells when one of them gives up. */
const MOST = 1_000;

/**
 * Those who were to be dropped while they were still on the way in. The server drops nobody who has not joined
 * yet, so that they are dropped when they have.
 */
export interface OnTheWay {
  /**
   * To be told of an action whose person is to be dropped now: whoever has one of their names is.
   *
   * @param names those that belong to the action's person.
   */
  due(action: Action, names: readonly string[]): void;
  /** To be told of a lift: whoever goes by one of these names, and was banned, may come in again. */
  lifted(names: readonly string[]): void;
  /** The id of the action for which somebody is to be dropped who has joined now; undefined when there is none. */
  joined(player: ConnectedPlayer, temporaryId: number): string | undefined;
}

export function createOnTheWay(players: Pick<Players, 'connecting'>): OnTheWay {
  /** By temporary id, oldest first. */
  const waiting = new Map<number, { readonly action: Action; readonly names: readonly string[] }>();
  return {
    due(action, names) {
      const { playerId } = action.person;
      const ids = new Set(players.connecting(names).map(({ id }) => id));
      // Also who was on the way in before we started.
      if (playerId !== null && isTemporaryId(playerId)) ids.add(playerId);
      for (const id of ids) waiting.set(id, { action, names });
      forgetOldest(waiting, MOST);
    },
    lifted(lifted) {
      for (const [id, { action, names }] of waiting) {
        if (action.kind === 'ban' && names.some((name) => lifted.includes(name))) waiting.delete(id);
      }
    },
    joined({ identifiers }, temporaryId) {
      const due = waiting.get(temporaryId);
      waiting.delete(temporaryId);
      // The id may be that of somebody who gave up.
      return due?.names.some((name) => identifiers.includes(name)) ? due.action.id : undefined;
    },
  };
}
