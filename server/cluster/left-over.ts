import type { Clock } from '../clock.ts';
import type { OnReport } from '../community.ts';
import type { Moderation } from '../moderation/contract.ts';
import type { Storage } from '../storage/storage.ts';
import { ASKED_PREFIX } from './asking/open-requests.ts';
import { ownKey } from './ownership.ts';
import type { Report } from './report.ts';
import { foundIn, type RequestOf, readRequest } from './request.ts';

/** What was decided, or heard, on this server while it was one of several, and that none has seen to. */
export type LeftOver = RequestOf<'sanction'> | RequestOf<'report'>;

/** What this server has asked of the one that worked, by the names under which it is kept; the oldest first. */
export async function readAsked(
  local: Pick<Storage, 'load'>,
): Promise<{ readonly names: readonly string[]; readonly open: readonly LeftOver[] }> {
  const names: string[] = [];
  const open: LeftOver[] = [];
  await local.load(ASKED_PREFIX, ({ name, value }) => {
    names.push(name);
    const request = readRequest(value ?? '');
    if (request?.kind === 'sanction' || request?.kind === 'report') open.push(request);
  });
  return { names, open: open.sort((one, other) => one.at - other.at) };
}

/** What it takes to carry out here what is left over. */
export interface CarryOutOptions {
  readonly moderation: Pick<Moderation, 'submit'>;
  readonly onReport: OnReport;
  readonly local: Pick<Storage, 'soon'>;
  readonly clock: Clock;
}

/** Carries out here what is left over. After a crash in between a decision is known by its id. */
export async function carryOut(
  leftOver: readonly LeftOver[],
  { moderation, onReport, local, clock }: CarryOutOptions,
): Promise<void> {
  for (const request of leftOver) {
    if (request.kind === 'sanction') await decide(request, moderation);
    else await onReport(asOwnReport(request), clock.now() - request.at);
    void local.soon([{ name: ASKED_PREFIX + request.id, value: null }]);
  }
}

function asOwnReport({ report, serverId }: RequestOf<'report'>): Report {
  const isWarning = report.about === 'warned' || report.about === 'warning-revoked';
  return isWarning ? { ...report, id: ownKey(report.id, serverId) } : report;
}

async function decide(
  { id, serverId, server, at, who, sanction }: RequestOf<'sanction'>,
  moderation: Pick<Moderation, 'submit'>,
): Promise<void> {
  const { key, only } = sanction;
  await moderation.submit(foundIn(who), {
    ...sanction,
    ...(key === undefined ? {} : { key: ownKey(key, serverId) }),
    ...(only && 'key' in only ? { only: { key: ownKey(only.key, serverId) } } : {}),
    elsewhere: { id, serverId: null, server, at },
  });
}
