import type { ReportOf } from './cluster/report.ts';
import type { OnReport, Parts } from './community.ts';
import type { Seen } from './identity/seen.ts';
import { absentPerson } from './moderation/person.ts';
import type { Discord } from './notify/discord/discord.ts';
import type { PushEvents } from './triggers/push-events.ts';

/** What it takes to act on reports. */
export interface ReportsOptions {
  readonly work: Pick<Parts, 'tried' | 'kept' | 'bans' | 'ledger' | 'records'>;
  readonly pushed: PushEvents;
  readonly seen: Pick<Seen, 'learn'>;
  readonly discord: Pick<Discord, 'refused'>;
}

/** Acts on what any server of the community has reported, on the one that works for it. */
export function actOnReports({ work, pushed, seen, discord }: ReportsOptions): OnReport {
  const { kept, bans, ledger, records } = work;

  function refused({ player, banId, words, product, tries }: ReportOf<'refused'>): void {
    seen.learn(player.identifiers);
    for (const { mirror, checkAgain } of bans.all()) {
      // What an account that is banned claims counts once it is seen on its holder.
      mirror.seen(player.identifiers);
      // Each ban may have been lifted: the next try is not to meet the next one.
      const ban = mirror.find(player.identifiers);
      if (ban) checkAgain(ban);
    }
    const ban = banId === null ? undefined : ledger.byId(banId);
    discord.refused({ player, ban, words, ...(product === undefined ? {} : { product }) }, tries);
  }

  return async (report, ageMs) => {
    switch (report.about) {
      case 'push':
        return pushed.happened(report.event, ageMs);
      case 'link':
        return kept.verified(report.apiId, report.account);
      case 'tried':
        return work.tried(report.identifiers);
      case 'refused':
        return refused(report);
      case 'warned': {
        const { id, name, identifiers, author, reason } = report;
        return records.warned({ id, who: absentPerson(name, identifiers), author, reason });
      }
      case 'warning-revoked':
        return records.warningRevoked(report.id, report.author);
    }
  };
}
