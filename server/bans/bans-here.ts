import type { Action } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { TemporaryBans } from '../moderation/temporary-bans.ts';
import type { Ties } from '../moderation/ties.ts';

/** The bans that were decided here and count here, whatever Sonoran has said of them. */
export interface BansHere {
  /**
   * The ban in force of whoever goes by one of these names, or by one that is tied to them: of several, the one that
   * ends last.
   *
   * @param names `type:value`, `account:<uuid>`, or another name under which somebody was banned.
   */
  find(names: readonly string[]): Action | undefined;
}

/** What bans here are made of. */
export interface BansHereOptions {
  readonly ledger: Pick<Ledger, 'inForceAbout'>;
  readonly ties: Pick<Ties, 'of'>;
  readonly temporaryBans: Pick<TemporaryBans, 'isOver'>;
}

export function createBansHere({ ledger, ties, temporaryBans }: BansHereOptions): BansHere {
  return {
    find(names) {
      const [first, ...others] = ledger
        .inForceAbout(ties.of(names))
        .filter((ban) => !temporaryBans.isOver(ban));
      return others.reduce((last, ban) => (last && endsLater(last, ban) ? last : ban), first);
    },
  };
}

/** Of two that end together, the later decision is the one to show. */
function endsLater(ban: Action, other: Action): boolean {
  const end = endOf(ban);
  const otherEnd = endOf(other);
  return end === otherEnd ? ban.sequence > other.sequence : end > otherEnd;
}

function endOf({ expiresAt }: Action): number {
  return expiresAt ?? Number.POSITIVE_INFINITY;
}
