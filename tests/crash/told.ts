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
  /** By what the person is called. */
  readonly target: string;
  /** Whose ban txAdmin takes back, as the tag of that; undefined for everything else. */
  readonly revokes: string | undefined;
  /** Requests before this cannot be about it. */
  readonly from: Mark;
  /** When it ends, in milliseconds of the server's wall clock, if txAdmin says so; null for everything else. */
  readonly expiresAt: number | null;
  /** Whether it has one effect however often it is told. */
  readonly isNamed: boolean;
}

/** What a decision is to the product. A kick in chat is asked about first. */
export function ordersOf(told: Told, callNumber: number): readonly Order[] {
  const { tag, deed, target, revokes, expiresAt } = told;
  const words = [target, ...(deed.forSeconds === undefined ? [] : [typed(deed.forSeconds)]), tag, 'because'];
  switch (deed.via) {
    case 'console':
      return [{ do: 'console', line: `cms${deed.kind} ${words.join(' ')}` }];
    case 'chat': {
      const line = `/cms${deed.kind} ${words.join(' ')}`;
      return deed.kind === 'kick'
        ? [
            { do: 'chat', line },
            { do: 'chat', line: '/cmskick confirm' },
          ]
        : [{ do: 'chat', line }];
    }
    case 'export': {
      const options = {
        ...(deed.isNamed ? { id: tag } : {}),
        ...(deed.products ? { products: deed.products } : {}),
        ...(deed.forSeconds === undefined ? {} : { duration: deed.forSeconds }),
      };
      const name = `${deed.kind}Player`;
      return [{ do: 'call', number: callNumber, name, args: [target, `${tag} because`, options] }];
    }
    case 'txadmin': {
      const identifiers = identifiersOf(told);
      if (revokes !== undefined) return [{ do: 'txrevoke', actionId: revokes, identifiers }];
      const expiration = expiresAt === null ? false : expiresAt / 1000;
      return [{ do: 'txban', ban: { actionId: tag, reason: `${tag} because`, identifiers, expiration } }];
    }
  }
}

/** How long, in whole minutes, as a moderator types it. */
function typed(seconds: number): string {
  return `${Math.ceil(seconds / 60)}m`;
}

/** txAdmin knows identifiers alone. */
function identifiersOf({ deed, person }: Told): readonly string[] {
  switch (deed.by) {
    case 'license':
      return [licenseOf(person)];
    case 'steam':
    case 'discord':
      return [`${deed.by}:${person.ids[deed.by]}`];
    default:
      return person.identifiers;
  }
}

/** The tag in a reason; undefined when there is none. */
export function tagIn(reason: string): string | undefined {
  return /\btag-\d+\b/.exec(reason)?.[0];
}
