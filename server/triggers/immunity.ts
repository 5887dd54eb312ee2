import { parseIdentifier } from '../identity/identifier.ts';
import { namesOf, type Person } from '../moderation/action.ts';
import type { Players } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Access } from './ports.ts';

/** The ACE whose holders commands cannot ban or kick. */
const IMMUNE = 'cmsban.immune';

/** Whether somebody must not be banned or kicked by command, by whatever name they are called. */
export type IsImmune = (person: Person) => boolean;

/** What it takes to tell. */
export interface ImmunityOptions {
  readonly players: Players;
  readonly access: Access;
  readonly ties: Pick<Ties, 'of'>;
}

/**
 * Immune is who holds the ACE, here or not, by any name that is proven to be theirs; and who would drop somebody along
 * who holds it. To be asked once what is stored has been read: actions tell which names belong together.
 */
export function createImmunity({ players, access, ties }: ImmunityOptions): IsImmune {
  return (person) => {
    const names = ties.of(namesOf(person));
    // An account alone names no player: first whose it is, then what else is theirs.
    const all = person.identifiers.length === 0 ? ties.of(names) : names;
    const identifiers = all.filter((name) => parseIdentifier(name) !== undefined);
    const online = [...players.sharing(identifiers), ...players.connecting(identifiers)];
    return (
      online.some(({ id }) => access.playerHas(id, IMMUNE)) ||
      identifiers.some((identifier) => access.identifierHas(identifier, IMMUNE))
    );
  };
}
