import { forgetOldest } from '../forget-oldest.ts';
import { isTemporaryId } from '../identity/target.ts';
import { type Action, isSamePerson } from './action.ts';
import type { ConnectedPlayer, Players } from './ports.ts';

/** Most people of whom it is remembered that they are to be dropped: nobody tells when one of them gives up. */
const MOST = 1_000;

/**
 * Those who were to be dropped while they were still on the way in. The server drops nobody who has not joined
 * yet, so that they are dropped when they have.
 */
export interface OnTheWay {
  /** To be told of an action whose person is to be dropped now: whoever shares an identifier with them is. */
  due(action: Action): void;
  /** To be told of a lift: whoever was banned may come in again. */
  lifted(lift: Action): void;
  /** The id of the action for which somebody is to be dropped who has joined now; undefined when there is none. */
  joined(player: ConnectedPlayer, temporaryId: number): string | undefined;
}

export function createOnTheWay(players: Pick<Players, 'connecting'>): OnTheWay {
  /** By temporary id, oldest first. */
  const waiting = new Map<number, Action>();
  return {
    due(action) {
      const { playerId, identifiers } = action.person;
      const ids = new Set(players.connecting(identifiers).map(({ id }) => id));
      // Also who was on the way in before we started.
      if (playerId !== null && isTemporaryId(playerId)) ids.add(playerId);
      for (const id of ids) waiting.set(id, action);
      forgetOldest(waiting, MOST);
    },
    lifted(lift) {
      for (const [id, { kind, person }] of waiting) {
        if (kind === 'ban' && isSamePerson(person, lift.person)) waiting.delete(id);
      }
    },
    joined({ identifiers }, temporaryId) {
      const action = waiting.get(temporaryId);
      waiting.delete(temporaryId);
      // The id may be that of somebody who gave up.
      const isMeant = action?.person.identifiers.some((identifier) => identifiers.includes(identifier));
      return isMeant ? action?.id : undefined;
    },
  };
}
