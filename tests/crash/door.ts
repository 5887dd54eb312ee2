import { namesOfAction, PRODUCTS } from '../../server/moderation/action.ts';
import { type Evidence, labelOf, stateOf } from './evidence.ts';
import { accountNameOf, type Person } from './people.ts';
import { isAbout } from './records.ts';

/** Whoever has a ban in force is banned here by each name that was on its record; nobody is who has none and is on no list. */
export function judgeDoor({ records, banned, sonoran }: Evidence, person: Person): string[] {
  const inForce = records.filter((action) => action.inForce && isAbout(action, person));
  const isListed = PRODUCTS.some((product) => {
    const account = person.accounts[product];
    return account !== undefined && stateOf(sonoran, product, account.id).banned;
  });
  return [...person.identifiers, accountNameOf(person)].flatMap((name) => {
    if (name === undefined) return [];
    const answer = banned.get(name)?.banned;
    const ban = inForce.find((action) => namesOfAction(action).includes(name));
    if (ban && answer !== true) return [`${name} is not banned here, in spite of ${labelOf(ban)}`];
    const isFree = inForce.length === 0 && !isListed;
    return isFree && answer !== false ? [`${name} is banned here (${answer}), and has no ban`] : [];
  });
}
