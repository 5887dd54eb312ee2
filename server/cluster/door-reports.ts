import { isUnknown } from '../bans/account-holders.ts';
import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { isKept } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Report, ReportOf } from './report.ts';

/** How often it is told of the same person, in milliseconds: whoever hammers the door is no burden to the database. */
const QUIET_MS = 60_000;
/** Most people who are remembered. */
const MOST_PEOPLE = 1_000;

/** What the door of a server reports that does not work for the community. */
export interface DoorReports {
  tried(report: ReportOf<'tried'>): void;
  refused(report: ReportOf<'refused'>): void;
}

/** What they take. */
export interface DoorReportsOptions {
  readonly ledger: Pick<Ledger, 'about' | 'inForce'>;
  readonly ties: Pick<Ties, 'of'>;
  /** Takes what is to be told. */
  readonly send: (report: Report) => void;
  readonly clock: Clock;
}

interface Visitor {
  latest: ReportOf<'refused'>;
  tries: number;
}

/** A person's first try is told at once, what follows within a minute at its end, as a number. */
export function createDoorReports({ ledger, ties, send, clock }: DoorReportsOptions): DoorReports {
  const visitors = new Map<string, Visitor>();
  /** By person, when it was told last that they tried, on `elapsed`; oldest first. */
  const tries = new Map<string, number>();

  /** When it was looked last whether any account is banned whose holder nobody knows, on `elapsed`. */
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** Whether it may be them who tries; not more often than it is worth. */
  function mayBeUnknown(): boolean {
    const now = clock.elapsed();
    if (now - lookedAt < QUIET_MS) return false;
    lookedAt = now;
    return ledger.inForce().some(isUnknown);
  }

  function tell(person: string, visitor: Visitor): void {
    send({ ...visitor.latest, tries: visitor.tries });
    visitor.tries = 0;
    clock.after(QUIET_MS, () => {
      if (visitors.get(person) !== visitor) return;
      if (visitor.tries > 0) tell(person, visitor);
      else visitors.delete(person);
    });
  }

  return {
    tried(report) {
      if (mayBeUnknown()) return send(report);
      const about = ledger.about(ties.of(report.identifiers));
      if (!about.some(({ deliveries }) => deliveries.some(isKept))) return;
      const person = personOf(report.identifiers);
      const now = clock.elapsed();
      const last = tries.get(person);
      if (last !== undefined && now - last < QUIET_MS) return;
      tries.delete(person);
      tries.set(person, now);
      forgetOldest(tries, MOST_PEOPLE);
      send(report);
    },
    refused(report) {
      const person = personOf(report.player.identifiers);
      const known = visitors.get(person);
      const visitor = known ?? { latest: report, tries: 0 };
      visitor.latest = report;
      visitor.tries += report.tries;
      if (known) return;
      visitors.set(person, visitor);
      forgetOldest(visitors, MOST_PEOPLE);
      tell(person, visitor);
    },
  };
}

/** FXServer lists somebody's identifiers in the same order each time. */
function personOf(identifiers: readonly string[]): string {
  return identifiers.join(' ');
}
