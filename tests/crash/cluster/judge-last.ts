import type { Decision } from './decisions.ts';
import { bansInForce, type Evidence } from './evidence.ts';
import type { Person } from './people.ts';

/** Two decisions that were taken further apart than this are in that order, in milliseconds. */
const APART_MS = 300;

/** Whoever decided last about somebody, as those saw it who decided, has decided it. */
export function judgeLast(evidence: Evidence, person: Person): string[] {
  const about = evidence.decisions.filter((decision) => decision.person === person);
  const last = about.at(-1);
  if (!last?.answer || last.answer.outcome.status === 'refused') return [];
  const others = about.slice(0, -1);
  if (others.some((other) => decidedBy(other) + APART_MS > last.at)) return [];
  const isBanned = bansInForce(evidence, person).length > 0;
  const { kind, forSeconds } = last.deed;
  // A shorter ban does not shorten a longer one.
  if (kind === 'kick' || (kind === 'ban' && forSeconds !== undefined)) return [];
  if (isBanned === (kind === 'ban')) return [];
  return [
    `${last.tag}, the last decision about ${person.name}, is ${kind}, and they are ${isBanned ? '' : 'not '}banned`,
  ];
}

/** When a decision was taken at the latest, in Unix milliseconds. A server that is paused has its calls still before it. */
function decidedBy({ at, answer, server, deed }: Decision): number {
  if (answer) return answer.at;
  const end = server.outages.find(({ from }) => from > at)?.from ?? Number.POSITIVE_INFINITY;
  if (deed.via === 'export') return end;
  const pause = server.pauses.find(({ from, to }) => from <= at + APART_MS && to >= at);
  return Math.min(end, (pause?.to ?? at) + APART_MS);
}
