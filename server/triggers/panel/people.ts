import type { PanelBan, PanelPage, PanelPerson } from '../../../shared/panel.ts';
import type { BansHere } from '../../bans/bans-here.ts';
import type { Presence } from '../../identity/presence.ts';
import { namesOf, type Person, type Product } from '../../moderation/action.ts';
import type { FindKnownBan } from '../../moderation/known-ban.ts';
import { displayName } from '../../moderation/outcome.ts';
import type { ConnectedPlayer, Players } from '../../moderation/ports.ts';
import type { TargetAnswer } from '../find-target.ts';
import type { IsImmune } from '../immunity.ts';
import { everybodySeen, plain, type SeenSomewhere } from '../name-search.ts';
import { panelPage } from './page.ts';

const PAGE_SIZE = 50;
/** How many of those who have left are listed at the most, the latest. */
const MOST_LEFT = 500;
const SERVER_ID = /^[0-9]{1,5}$/;

/** Who is here, was here, or is named by a target, as the panel shows them. Answers at once, without any call. */
export interface PanelPeople {
  list(search: string, page: number): PanelPage<PanelPerson>;
  /** @param word by which they were found. */
  one(word: string, found: Found): PanelPerson;
}

type Found = Extract<TargetAnswer, { who: unknown }>;

/** What it takes. */
export interface PanelPeopleOptions {
  readonly players: Players & Presence;
  readonly here: BansHere;
  readonly known: FindKnownBan;
  /** The products in use at the moment. */
  readonly products: () => readonly Product[];
  /** Whom a word is about that may be the whole name of somebody who was never here. */
  readonly findTarget: (word: string) => TargetAnswer;
  /** Tells who is immune, as long as these are the players. */
  readonly immunityOf: (players: Players) => IsImmune;
}

export function createPanelPeople(options: PanelPeopleOptions): PanelPeople {
  const { here, known } = options;

  function banOf(person: Person): PanelBan | null {
    const own = here.find(namesOf(person));
    if (own) {
      const { id, reason, author, expiresAt } = own;
      return { id, reason: reason === '' ? null : reason, author: author.name, until: expiresAt };
    }
    const isListed = options.products().some((product) => known(product, person).banned === true);
    return isListed ? { id: null, reason: null, author: null, until: null } : null;
  }

  function somebodySeen({ player, where }: SeenSomewhere, isImmune: IsImmune): PanelPerson {
    const { id, name, identifiers } = player;
    const person = { name, playerId: where === 'left' ? null : id, identifiers, account: null };
    return {
      target: String(id),
      name,
      id,
      where,
      since: options.players.since(id),
      identifiers,
      ban: banOf(person),
      isImmune: isImmune(person),
    };
  }

  function somebodyElse(word: string, person: Person, isImmune: IsImmune): PanelPerson {
    return {
      target: word,
      name: displayName({ ...person, playerId: null }),
      id: null,
      where: 'elsewhere',
      since: null,
      identifiers: person.identifiers,
      ban: banOf(person),
      isImmune: isImmune(person),
    };
  }

  function one(word: string, { who, target }: Found, players: Players): PanelPerson {
    const { person } = who;
    const isImmune = options.immunityOf(players);
    const isThem = (player: ConnectedPlayer) =>
      (target.form === 'player' && player.id === target.id) || sharesIdentifier(player, person);
    // Who is back has another id than the one by which they may be named.
    const [place] = everybodySeen(players, isThem, 1);
    return place ? somebodySeen(place, isImmune) : somebodyElse(word.trim(), person, isImmune);
  }

  return {
    list(search, page) {
      const players = asOfNow(options.players);
      const part = plain(search);
      const found = everybodySeen(players, (player) => isFoundBy(part, player), MOST_LEFT);
      const named = found.length === 0 && part !== '' ? options.findTarget(search) : undefined;
      if (named && 'who' in named) return panelPage([one(search, named, players)], 1, 1, (person) => person);
      const isImmune = options.immunityOf(players);
      return panelPage(found, page, PAGE_SIZE, (each) => somebodySeen(each, isImmune));
    },
    one: (word, found) => one(word, found, asOfNow(options.players)),
  };
}

/** @param part as {@link plain} makes it. */
function isFoundBy(part: string, { id, name, identifiers }: ConnectedPlayer): boolean {
  if (part === '') return true;
  if (String(id) === part || plain(name).includes(part)) return true;
  // A server id is in many identifiers.
  return !SERVER_ID.test(part) && identifiers.some((identifier) => identifier.includes(part));
}

function sharesIdentifier({ identifiers }: ConnectedPlayer, person: Person): boolean {
  return identifiers.some((own) => person.identifiers.includes(own));
}

/** The same, in one turn: who is on the way in is read once, and not for each person that is shown. */
function asOfNow(players: Players): Players {
  const arriving = players.arriving();
  return {
    ...players,
    arriving: () => arriving,
    connecting: (identifiers) =>
      arriving.filter((player) => player.identifiers.some((own) => identifiers.includes(own))),
  };
}
