import type { FoundPerson } from '../../moderation/person.ts';
import type { Subjectable } from '../../moderation/plan.ts';
import type { SanctionRequest } from '../../moderation/request.ts';
import type { Report } from '../report.ts';
import { type RequestOf, sanctionIn, whoIn } from '../request.ts';
import type { AskingOptions } from './options.ts';

/** So far ahead of the clock may be what many requests in one moment have got, in milliseconds. */
const AHEAD_MS = 1_000;

/** Makes what this server asks, as it is handed on; none is of the same time as another. */
export interface NewRequests {
  sanction(
    who: FoundPerson,
    subjectable: Subjectable,
    request: SanctionRequest,
    id: string,
  ): RequestOf<'sanction'>;
  report(report: Report): RequestOf<'report'>;
  lookup(who: FoundPerson, subjectable: Subjectable): RequestOf<'lookup'>;
  cancel(actionId: string): RequestOf<'cancel'>;
  retry(actionId: string | undefined): RequestOf<'retry'>;
}

/** What it takes. */
export type NewRequestsOptions = Pick<AskingOptions, 'server' | 'now' | 'offset' | 'seen' | 'newId'>;

export function createNewRequests(options: NewRequestsOptions): NewRequests {
  const { server, newId } = options;
  /** The latest time given: what was asked first is first also within a millisecond. */
  let latest = 0;

  function nextTime(): number {
    const now = options.now();
    // It may turn out that our clock was ahead of the database's.
    latest = latest - now < AHEAD_MS ? Math.max(now, latest + 1) : now;
    return latest;
  }

  function head(id: string, at = nextTime()) {
    return {
      version: 1 as const,
      id,
      serverId: server.id,
      server: server.name,
      at,
      ...(options.offset() === undefined ? { isOwnClock: true as const } : {}),
    };
  }

  const asSeen = (who: FoundPerson, subjectable: Subjectable) =>
    whoIn(who, subjectable, options.seen.with(who.person.identifiers));

  return {
    sanction: (who, subjectable, request, id) => ({
      ...head(id, request.elsewhere?.at),
      kind: 'sanction',
      who: asSeen(who, subjectable),
      sanction: sanctionIn(request),
    }),
    report: (report) => ({ ...head(newId()), kind: 'report', report }),
    lookup: (who, subjectable) => ({ ...head(newId()), kind: 'lookup', who: asSeen(who, subjectable) }),
    cancel: (actionId) => ({ ...head(newId()), kind: 'cancel', actionId }),
    retry: (actionId) => ({ ...head(newId()), kind: 'retry', actionId: actionId ?? null }),
  };
}
