import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { Action, Product } from '../../server/moderation/action.ts';
import type { BannedAnswer } from '../../server/triggers/banned-answer.ts';
import type { AccountState } from './final-state.ts';
import type { Mark, Memory } from './memory.ts';
import type { Person } from './people.ts';
import { causeOf } from './records.ts';
import { type Told, tagIn } from './told.ts';

/** Somebody who was let in again, in the order of decisions: after so many of them. */
export interface Readmission {
  readonly person: Person;
  readonly product: Product;
  readonly after: number;
}

/** Everything that is known when all is over. */
export interface Evidence {
  readonly sonoran: Sonoran;
  readonly people: readonly Person[];
  readonly memory: Memory;
  /** What is stored of all actions, in the order decided. */
  readonly records: readonly Action[];
  readonly told: ReadonlyMap<string, Told>;
  /** By name, what was answered in the end to the question whether whoever goes by it is banned. */
  readonly banned: ReadonlyMap<string, Pick<BannedAnswer, 'banned'>>;
  /** Actions that somebody asked to cancel. */
  readonly cancelAsked: ReadonlySet<string>;
  readonly readmissions: readonly Readmission[];
  /** When the server died, in order. */
  readonly deaths: readonly Mark[];
}

/** The decision that an action came from; undefined for what the product decided on by itself, and for what was never told. */
export function toldOf({ told }: Pick<Evidence, 'told'>, action: Action): Told | undefined {
  if (causeOf(action)) return undefined;
  const revoked = /^txadmin:revoke:(.*)$/.exec(action.key ?? '')?.[1];
  if (revoked !== undefined) return [...told.values()].find(({ revokes }) => revokes === revoked);
  return told.get(tagIn(action.reason) ?? '');
}

/** For messages. */
export function labelOf({ id, kind, reason, key, person }: Action): string {
  const own = key !== null && /^(lift|end|again):/.test(key) ? `, ${key}` : '';
  return `${id} ${kind} (${reason}${own}) of ${person.account ?? person.identifiers.join(' ')}`;
}

/** How an account stands in Sonoran. */
export function stateOf(sonoran: Sonoran, product: Product, id: string): AccountState {
  if (product === 'cms') {
    const { banned, member } = sonoran.cms.account(id);
    return { banned, member };
  }
  const { status } = sonoran.cad.account(id);
  return { banned: status === 4, member: status !== 3 };
}
