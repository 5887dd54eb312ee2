import { isTemporaryId } from './target.ts';

/** Most people who are remembered; who was seen longest ago is forgotten first. */
const MOST = 20_000;

/** Somebody who was here or on the way in, with what identified them. */
export interface SeenPlayer {
  /** The server id they have or had. */
  readonly id: number;
  readonly name: string;
  /** `type:value`, without `ip:`. */
  readonly identifiers: readonly string[];
}

/** Who has been seen since the start. What was seen on one player belongs to one person. */
export interface Seen {
  saw(player: SeenPlayer): void;
  /** These identifiers were seen on one player of another server. */
  learn(identifiers: readonly string[]): void;
  /** Whoever had a server id last; nobody by the temporary one of the way in. */
  byId(id: number): SeenPlayer | undefined;
  /** Everybody by the server id they have or had, whoever came last first. */
  latest(): readonly SeenPlayer[];
  /** All identifiers that were seen on one player together with one of these, and these. */
  with(identifiers: readonly string[]): readonly string[];
}

export function createSeen(): Seen {
  /** By their identifiers, who was seen last at the end: who comes again is not remembered twice. */
  const people = new Map<string, readonly string[]>();
  const peopleByIdentifier = new Map<string, Set<string>>();
  /** By server id, the latest at the end. */
  const byId = new Map<number, SeenPlayer>();

  function forget(person: string): void {
    for (const identifier of people.get(person) ?? []) {
      const others = peopleByIdentifier.get(identifier);
      others?.delete(person);
      if (others?.size === 0) peopleByIdentifier.delete(identifier);
    }
    people.delete(person);
  }

  function remember(identifiers: readonly string[]): void {
    const person = identifiers.join(' ');
    people.delete(person);
    people.set(person, identifiers);
    for (const identifier of identifiers) {
      const others = peopleByIdentifier.get(identifier);
      if (others) others.add(person);
      else peopleByIdentifier.set(identifier, new Set([person]));
    }
    for (const oldest of people.keys()) {
      if (people.size <= MOST) break;
      forget(oldest);
    }
  }

  return {
    saw(player) {
      // The id of somebody on the way in is theirs no longer than they are; and who hammers the door has many.
      if (!isTemporaryId(player.id)) {
        byId.delete(player.id);
        byId.set(player.id, player);
      }
      for (const id of byId.keys()) {
        if (byId.size <= MOST) break;
        byId.delete(id);
      }
      remember(player.identifiers);
    },
    learn(identifiers) {
      if (identifiers.length > 1) remember(identifiers);
    },
    byId: (id) => byId.get(id),
    latest: () => [...byId.values()].reverse(),
    with(identifiers) {
      const all = new Set(identifiers);
      for (const identifier of identifiers) {
        for (const person of peopleByIdentifier.get(identifier) ?? []) {
          for (const other of people.get(person) ?? []) all.add(other);
        }
      }
      return [...all];
    },
  };
}
