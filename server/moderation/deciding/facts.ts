import { cleanText, MAX_NAME, MAX_REASON } from '../../text/clean.ts';
import type { ModerationOptions } from '../contract.ts';
import type { RequestFacts } from '../outcome.ts';
import type { Refusable, SanctionRequest } from '../request.ts';

/** What every answer to a request says, cleaned; with an id of its own, unless it has one already. */
export type FactsOf = (request: Refusable) => RequestFacts;

export function createFactsOf({
  clock,
  newId,
  server,
}: Pick<ModerationOptions, 'clock' | 'newId' | 'server'>): FactsOf {
  return ({ kind, reason, author, origin, elsewhere }) => ({
    id: elsewhere?.id ?? newId(),
    kind,
    reason: cleanText(reason, MAX_REASON),
    author: cleanText(author.name, MAX_NAME) || origin,
    origin,
    server: elsewhere ? elsewhere.server : server,
    at: decidedAt(elsewhere, clock),
  });
}

/** When it was decided, in Unix milliseconds. */
export function decidedAt(
  elsewhere: SanctionRequest['elsewhere'],
  clock: Pick<ModerationOptions['clock'], 'now'>,
): number {
  return elsewhere?.at ?? clock.now();
}
