import type { Community } from '../community.ts';
import { scopedId } from '../identity/scoped-id.ts';
import type { Moderation } from '../moderation/contract.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Cancelled, SanctionRequest, Ticket } from '../moderation/request.ts';
import type { Work } from '../work.ts';
import type { Acting } from './acting.ts';
import type { Asking } from './asking/asking.ts';
import type { DoorReports } from './door-reports.ts';
import type { Membership } from './membership.ts';
import type { ClusterOptions, OwnServer } from './options.ts';
import type { Overdue } from './overdue.ts';
import { scopedKey } from './ownership.ts';
import type { Report } from './report.ts';
import type { Tenures } from './tenures.ts';
import type { Working } from './working.ts';

/** What is wanted of the community, done by whoever works for it: by this server, or by the one that is asked. */
export type Routing = Pick<Moderation, 'submit'> & Pick<Community, 'lookUp' | 'cancel' | 'retry' | 'report'>;

/** What it takes. */
export interface RoutingOptions extends Pick<ClusterOptions, 'lookUp' | 'newId' | 'log'> {
  readonly server: OwnServer;
  readonly membership: Pick<Membership, 'now' | 'offset'>;
  readonly tenures: Pick<Tenures, 'current'>;
  readonly working: Pick<Working, 'generation' | 'term'>;
  readonly asking: Asking;
  readonly overdue: Pick<Overdue, 'watch'>;
  readonly acting: Pick<Acting, 'act'>;
  readonly doorReports: DoorReports;
}

export function createRouting(options: RoutingOptions): Routing {
  const { server, membership, tenures, working, asking, overdue, acting, doorReports, log } = options;

  /** The ids that callers and txAdmin give their decisions are each server's own; all times are those of all servers. */
  function scoped(request: SanctionRequest): SanctionRequest {
    const { key, only, expiresAt } = request;
    return {
      ...request,
      ...(key === undefined ? {} : { key: scopedKey(key, server.id) }),
      ...(only !== undefined && 'key' in only ? { only: { key: scopedKey(only.key, server.id) } } : {}),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt + (membership.offset() ?? 0) }),
    };
  }

  /** What is asked of the work here is asked of the server that works when the lease is lost meanwhile. */
  async function orAsk<T>(ask: (work: Work) => Promise<T>, elsewhere: () => Promise<T>): Promise<T> {
    const tenure = tenures.current();
    const generation = working.generation();
    if (!generation || !tenure) return elsewhere();
    const lost = tenure.ended.then(() => undefined);
    const answer = await Promise.race([ask(generation.work).then((value) => ({ value })), lost]);
    return answer && tenure.term.isHeld() ? answer.value : elsewhere();
  }

  return {
    submit(who: FoundPerson, given: SanctionRequest): Promise<Ticket> {
      const request = scoped(given);
      const generation = working.generation();
      const isWaiting = request.key !== undefined && asking.isWaiting(request.key);
      if (!generation || isWaiting) return asking.submit(who, request);
      const id = options.newId();
      const elsewhere = { id, serverId: server.id, server: server.name, at: membership.now() };
      const decided = { ...request, elsewhere };
      return overdue.watch(id, who, decided, generation.work.moderation.submit(who, decided));
    },
    lookUp: (who) =>
      orAsk(
        (work) => options.lookUp(work, who),
        () => asking.lookUp(who),
      ),
    cancel: (actionId) =>
      orAsk<Cancelled | 'later' | undefined>(
        (work) => work.moderation.cancel(actionId),
        () => asking.cancel(actionId),
      ),
    retry: (actionId) =>
      orAsk<ReturnType<Work['retry']> | undefined>(
        async (work) => work.retry(actionId),
        () => asking.retry(actionId),
      ),
    report(given) {
      const isWarning = given.about === 'warned' || given.about === 'warning-revoked';
      const told: Report = isWarning ? { ...given, id: scopedId(given.id, server.id) } : given;
      const term = working.term();
      if (term) acting.act(told, term).catch((error: unknown) => log.bug('report', error));
      else if (told.about === 'tried') doorReports.tried(told);
      else if (told.about === 'refused') doorReports.refused(told);
      else void asking.report(told);
    },
  };
}
