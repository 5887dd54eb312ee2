import type { KnownCadApiId } from '../identity/cad-api-id.ts';
import { formatIdentifier } from '../identity/identifier.ts';
import type { Subject } from '../identity/subject.ts';
import { formatAccount, isTemporaryId, parseAccount, type Target } from '../identity/target.ts';
import type { Action, Person, Product } from './action.ts';
import type { ProductInUse, Subjectable } from './plan.ts';
import type { ConnectedPlayer, Players } from './ports.ts';

/** Somebody found: who they are, and what names them towards Sonoran. */
export interface FoundPerson {
  readonly person: Person;
  readonly subjectable: Subjectable;
  /** Asks the CAD's own game resource about somebody who is here. */
  readonly askCadApiId?: () => Promise<string | undefined>;
}

/**
 * What names somebody, with what the CAD's own game resource says, when CAD is among the products.
 *
 * To be called in the turn in which they were found: when the answer comes they may be gone. Never rejects.
 */
export function subjectableOf(
  { subjectable, askCadApiId }: FoundPerson,
  products: readonly ProductInUse[],
): Subjectable | Promise<Subjectable> {
  if (!askCadApiId || !products.some(({ api }) => api.product === 'cad')) return subjectable;
  return askCadApiId().then((cadApiId) => ({ ...subjectable, cadApiId }));
}

/**
 * Finds whom a target is about. A typed identifier of somebody who is here, or on the way in, stands for all
 * of their identifiers: any of them may be the one that Sonoran knows.
 *
 * To be called before the first `await` of a handler: a moment later the player may be gone.
 *
 * @returns undefined when no player has, or had, the server id, or no action the id.
 */
export function findPerson(
  target: Target,
  players: Players,
  knownCadApiId: KnownCadApiId,
  actionById: (id: string) => Action | undefined,
): FoundPerson | undefined {
  switch (target.form) {
    case 'player': {
      const player = players.byId(target.id);
      if (player) return connectedPerson(player, [], knownCadApiId);
      const gone = players.left(target.id);
      return gone && absentPerson(gone.name, gone.identifiers);
    }
    case 'action': {
      const action = actionById(target.id);
      return action && samePerson(action);
    }
    case 'identifier': {
      const identifier = formatIdentifier(target.identifier);
      const player = playerSharing([identifier], players);
      return player ? connectedPerson(player, [identifier], knownCadApiId) : absentPerson(null, [identifier]);
    }
    case 'account': {
      const account = formatAccount(target.account);
      return {
        person: { name: null, playerId: null, identifiers: [], account },
        subjectable: { identifiers: [], account: target.account, cadApiId: undefined },
      };
    }
  }
}

/** Somebody who is here, else on the way in, and has one of these identifiers. */
export function playerSharing(identifiers: readonly string[], players: Players): ConnectedPlayer | undefined {
  return players.sharing(identifiers)[0] ?? players.connecting(identifiers)[0];
}

/** Whether somebody is on the server in this moment. Who is on the way in is not yet. */
export function isOnServer({ name, playerId, identifiers }: Person, players: Players): boolean {
  if (identifiers.length > 0) return players.sharing(identifiers).length > 0;
  const player = playerId === null ? undefined : players.byId(playerId);
  return player?.name === name && player.identifiers.length === 0 && !isTemporaryId(player.id);
}

/** Somebody who is here or on the way in. @param first identifiers that go before the player's own. */
export function connectedPerson(
  player: ConnectedPlayer,
  first: readonly string[],
  knownCadApiId: KnownCadApiId,
): FoundPerson {
  const identifiers = [...new Set([...first, ...player.identifiers])];
  return {
    person: { name: player.name, playerId: player.id, identifiers, account: null },
    subjectable: { identifiers, account: undefined, cadApiId: undefined },
    askCadApiId: () => knownCadApiId(player.id),
  };
}

/**
 * The same person a while later, as they can be found now: here, on the way in, or gone. Whoever has their server id
 * by then may be somebody else.
 */
export function findAgain(who: FoundPerson, players: Players, knownCadApiId: KnownCadApiId): FoundPerson {
  const { name, playerId, identifiers } = who.person;
  if (playerId === null) return who;
  const same = players.byId(playerId);
  const isSame =
    same !== undefined &&
    (identifiers.length === 0
      ? same.name === name && same.identifiers.length === 0
      : same.identifiers.some((own) => identifiers.includes(own)));
  const player = isSame ? same : playerSharing(identifiers, players);
  return player ? connectedPerson(player, identifiers, knownCadApiId) : absentPerson(name, identifiers);
}

/** Whom an earlier action was about, named to each product as it found them then. */
export function samePerson({ person, deliveries }: Action): FoundPerson {
  const known = deliveries.map(({ product, subjects, candidate }): [Product, readonly Subject[]] => {
    const found = subjects[candidate];
    return [product, found ? [found, ...subjects.filter((other) => other !== found)] : subjects];
  });
  return {
    person: { ...person, playerId: null },
    subjectable: {
      identifiers: person.identifiers,
      account: person.account === null ? undefined : parseAccount(person.account),
      cadApiId: undefined,
      known: new Map(known),
    },
  };
}

/** Somebody of whom only identifiers are known. */
export function absentPerson(name: string | null, identifiers: readonly string[]): FoundPerson {
  return {
    person: { name, playerId: null, identifiers, account: null },
    subjectable: { identifiers, account: undefined, cadApiId: undefined },
  };
}
