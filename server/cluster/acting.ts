import type { Clock } from '../clock.ts';
import type { OnReport } from '../community.ts';
import { isToBeKept, type Report } from './report.ts';

/** What is not in the database after so long is kept here meanwhile, in milliseconds. */
const PATIENCE_MS = 1_000;

/** What it takes. */
export interface ActingOptions {
  readonly act: OnReport;
  /** Keeps it here, for a run that comes. @returns its name. */
  readonly keep: (report: Report) => string;
  readonly forget: (name: string) => void;
  /** Hands it on to the server that works now. */
  readonly handOn: (report: Report) => Promise<void>;
  readonly clock: Pick<Clock, 'after'>;
}

/** How what is done in a term of the lease gets into the database. */
export interface ActingTerm {
  /** See {@link SharedStorage.settled}. */
  settled(): Promise<void>;
  isHeld(): boolean;
}

/**
 * Acts on what this server has heard while it works: heard → acted on → in the database, or handed on when the lease
 * is lost before. Meanwhile it is kept here when that takes long, and when this run ends.
 */
export interface Acting {
  act(report: Report, term: ActingTerm): Promise<void>;
  /** This run ends. */
  keepAll(): void;
}

export function createActing({ act, keep, forget, handOn, clock }: ActingOptions): Acting {
  const open = new Set<() => void>();
  return {
    async act(report, { settled, isHeld }) {
      if (!isToBeKept(report)) return act(report, 0);
      let name: string | undefined;
      const keepNow = () => {
        name ??= keep(report);
      };
      open.add(keepNow);
      const cancel = clock.after(PATIENCE_MS, keepNow);
      await act(report, 0);
      await settled();
      cancel();
      open.delete(keepNow);
      if (!isHeld()) await handOn(report);
      if (name !== undefined) forget(name);
    },
    keepAll() {
      for (const keepNow of open) keepNow();
    },
  };
}
