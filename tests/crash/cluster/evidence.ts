import type { Outcome } from '../../../server/moderation/outcome.ts';
import { readActionRecord } from '../../../server/storage/action-record.ts';
import type { Community } from './community.ts';
import type { Decision } from './decisions.ts';
import type { Journal, WrittenRecord } from './journal.ts';
import type { Lag } from './lag.ts';
import type { Person } from './people.ts';
import type { Said } from './rest.ts';

/** All that is known when everything has come to rest. */
export interface Evidence {
  readonly community: Community;
  readonly people: readonly Person[];
  readonly decisions: readonly Decision[];
  readonly journal: Journal;
  /** What was written of actions, in order. */
  readonly records: readonly WrittenRecord[];
  /** What each server says. */
  readonly said: readonly Said[];
  readonly lag: Lag;
}

/**
 * What the first server says of somebody, in the order decided; another complaint tells when the others do not say the
 * same. On record is a decision from when it has come to the server that works, and it may have been taken long before.
 */
export function historyAbout({ said }: Pick<Evidence, 'said'>, { license }: Person): readonly Outcome[] {
  const about = said[0]?.history.filter(({ target }) => target.identifiers.includes(license)) ?? [];
  return about.sort((one, other) => one.at - other.at);
}

/** The same, in the order in which it was told last: from then each counts. */
export function historyAsTold(
  evidence: Pick<Evidence, 'said' | 'records'>,
  person: Person,
): readonly Outcome[] {
  return historyAbout(evidence, person)
    .map((outcome) => ({ outcome, toldAt: toldAt(evidence, outcome) }))
    .sort((one, other) => one.toldAt - other.toldAt)
    .map(({ outcome }) => outcome);
}

/**
 * The bans of somebody that count in the end: decided, or told again, after the last lift, and without an end that has
 * come.
 */
export function bansInForce(
  evidence: Pick<Evidence, 'said' | 'records'>,
  person: Person,
): readonly Outcome[] {
  const about = historyAsTold(evidence, person);
  const lifted = about.findLastIndex(({ action, reason }) => action === 'unban' && isTagged(reason));
  return about
    .slice(lifted + 1)
    .filter(({ action, until }) => action === 'ban' && (until === null || until > Date.now()));
}

/** When a decision was told last, in Unix milliseconds: from then it counts. */
function toldAt({ records }: Pick<Evidence, 'records'>, { id, at }: Outcome): number {
  const last = records.findLast((record) => record.id === id);
  return (last && readActionRecord(last.value)?.action.toldAt) ?? at;
}

/** Whether somebody has decided it, and not the product itself. */
export function isTagged(reason: string): boolean {
  return /^tag-\d+$/.test(reason);
}
