import type { Mark } from './memory.ts';
import type { Order } from './messages.ts';
import { licenseOf, type Person } from './people.ts';
import type { Deed } from './plan.ts';

/** A decision that the product was told of. */
export interface Told {
  /** Unlike any other's; stands in the reason, and so in every record and answer. */
  readonly tag: string;
  readonly deed: Deed;
  readonly person: Person;
  /** Requests before this cannot be about it. */
  readonly from: Mark;
  /** When it ends, in milliseconds of the server's wall clock; null for ever. */
  readonly expiresAt: number | null;
  /** Whether it has one effect however often it is told. */
  readonly isNamed: boolean;
}

/** What a decision is to the product. @param connected how many of the people are on the server, by their place. */
export function orderOf(
  { tag, deed, person, expiresAt }: Told,
  connected: number,
  callNumber: number,
): Order {
  const target =
    deed.byAll && deed.person < connected ? String(deed.person + FIRST_PERSON_ID) : licenseOf(person);
  const identifiers = deed.byAll ? person.identifiers : [licenseOf(person)];
  switch (deed.via) {
    case 'console':
      return { do: 'console', line: `cms${deed.kind} ${target} ${tag} because` };
    case 'chat':
      return { do: 'chat', line: `/cms${deed.kind} ${target} ${tag} because` };
    case 'export': {
      const options = {
        ...(deed.isNamed ? { id: tag } : {}),
        ...(deed.products ? { products: deed.products } : {}),
      };
      const name = `${deed.kind}Player`;
      return { do: 'call', number: callNumber, name, args: [target, `${tag} because`, options] };
    }
    case 'txadmin': {
      if (deed.kind === 'unban') return { do: 'txrevoke', actionId: tag, identifiers };
      const expiration = expiresAt === null ? false : expiresAt / 1000;
      return { do: 'txban', ban: { actionId: tag, reason: `${tag} because`, identifiers, expiration } };
    }
  }
}

/** The number of the first of the people on the server: after the moderator's. */
const FIRST_PERSON_ID = 2;

/** The tag in a reason; undefined when there is none. */
export function tagIn(reason: string): string | undefined {
  return /\btag-\d+\b/.exec(reason)?.[0];
}
