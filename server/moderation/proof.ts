import type { Subject } from '../identity/subject.ts';
import type { Person } from './action.ts';
import type { Account } from './product-api.ts';
import type { Ties } from './ties.ts';

/** The identifiers of which there is proof that they are the account holder's. */
export function provenIdentifiers({ proven }: Account, subject: Subject): readonly string[] {
  return subject.by === 'discord' ? [...new Set([`discord:${subject.value}`, ...proven])] : proven;
}

/**
 * Teaches the ties what a look-up has proven: whose account it is, and what else Sonoran calls it. That somebody was
 * found by an API ID proves nothing by itself.
 *
 * @param subject by what it was found.
 * @param person who was looked up.
 */
export function learnFrom(
  account: Account,
  subject: Subject,
  person: Pick<Person, 'identifiers'>,
  ties: Pick<Ties, 'learn'>,
): void {
  if (account.id === null) return;
  const proven = provenIdentifiers(account, subject);
  const isTheirs = person.identifiers.some((identifier) => proven.includes(identifier));
  const identifiers = isTheirs ? [...new Set([...proven, ...person.identifiers])] : proven;
  const username = account.name ?? (subject.by === 'username' ? subject.value : null);
  const names = [
    ...(username === null ? [] : [`username:${username}`]),
    ...(subject.by === 'unique' ? [`unique:${subject.value}`] : []),
  ];
  ties.learn(account.id, identifiers, names);
}
