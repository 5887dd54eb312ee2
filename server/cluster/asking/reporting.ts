import { isToBeKept, type Report } from '../report.ts';
import type { RequestOf } from '../request.ts';
import type { NewRequests } from './new-requests.ts';
import type { OpenRequests } from './open-requests.ts';

/** Most reports that wait for the database. Of more, the oldest are forgotten: what they tell of is over. */
const MOST_REPORTS = 1_000;

/** Hands on what nobody waits for. */
export interface Reporting {
  /** It is kept until it is in the database, where it is worth that. */
  report(report: Report): Promise<void>;
  /** Keeps one here, as it is handed on by a run that comes. @returns its id. */
  keepReport(report: Report): string;
  /** Hands on what an earlier run has kept. */
  resume(request: RequestOf<'report'>): void;
}

export function createReporting(open: OpenRequests, make: Pick<NewRequests, 'report'>): Reporting {
  /** The ids of those that wait, oldest first. */
  const waiting = new Set<string>();

  /** @param kept resolves when it is kept here, as far as it can be. */
  async function send(request: RequestOf<'report'>, kept: Promise<unknown>): Promise<void> {
    const { id } = request;
    open.enter(request);
    waiting.add(id);
    for (const oldest of waiting) {
      if (waiting.size <= MOST_REPORTS) break;
      waiting.delete(oldest);
      open.forget(oldest);
    }
    await kept;
    await open.send(request);
    waiting.delete(id);
    open.forget(id);
  }

  return {
    async report(report) {
      const request = make.report(report);
      if (!isToBeKept(report)) return open.offer(request);
      // In the same turn, which is before the next one that is reported.
      await send(request, open.keep(request));
    },
    keepReport(report) {
      const request = make.report(report);
      void open.keep(request);
      return request.id;
    },
    resume: (request) => void send(request, Promise.resolve()),
  };
}
