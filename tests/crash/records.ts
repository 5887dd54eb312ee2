import type { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { type Action, namesOf } from '../../server/moderation/action.ts';
import { readActionRecord } from '../../server/storage/action-record.ts';
import { accountNameOf, type Person } from './people.ts';

/** What is stored of all actions, in the order decided. */
export function readRecords(store: KeyValueStore): readonly Action[] {
  const actions = store.find('action:').flatMap((name) => {
    const value = store.get(name);
    const record = value?.type === 'string' ? readActionRecord(value.value) : undefined;
    return record ? [record.action] : [];
  });
  return actions.sort((one, other) => one.sequence - other.sequence);
}

/** Whether a decision named this person. */
export function isAbout({ person: decided }: Action, person: Person): boolean {
  return namesOf(decided).some((name) => person.identifiers.includes(name) || name === accountNameOf(person));
}

/** The action that made another one necessary, which the product decided on by itself; undefined for one that was told. */
export function causeOf({ key }: Action): { readonly why: string; readonly id: string } | undefined {
  const [, why, id] = /^(lift|end|again):([0-9a-f]+)/.exec(key ?? '') ?? [];
  return why !== undefined && id !== undefined ? { why, id } : undefined;
}

/** Where a ban stands in the order of decisions: one that is made again counts from when it was made first, or told last. */
export function placeOf(action: Action, records: readonly Action[]): number {
  const cause = causeOf(action);
  const first = cause?.why === 'again' ? records.find(({ id }) => id === cause.id) : undefined;
  return first && action.told === action.sequence ? placeOf(first, records) : action.told;
}

/** The lifts that were decided after a ban. */
export function liftsAfter(ban: Action, records: readonly Action[]): readonly Action[] {
  const place = placeOf(ban, records);
  return records.filter(({ kind, sequence }) => kind === 'unban' && sequence > place);
}

/** The key of what takes a txAdmin ban back. */
export function revocationOf({ key }: Action): string | undefined {
  const id = /^txadmin:(tag-\d+)$/.exec(key ?? '')?.[1];
  return id === undefined ? undefined : `txadmin:revoke:${id}`;
}
