import { type Clock, sleep } from '../clock.ts';
import type { Community } from '../community.ts';
import type { Seen } from '../identity/seen.ts';
import type { Action } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Audience } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { CredentialWatch } from '../settings/credential-watch.ts';
import type { Http } from '../sonoran/http.ts';
import { joinCommunity } from '../storage/mysql/community.ts';
import type { ConnectionConfig } from '../storage/mysql/connection-string.ts';
import { createDatabase } from '../storage/mysql/database.ts';
import { migrate } from '../storage/mysql/migrate.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work } from '../work.ts';
import { createCluster } from './cluster.ts';
import { createDatabaseNews } from './database-news.ts';
import type { ClusterOptions } from './options.ts';

/** All rows of a community are under this name: a database holds one. */
export const COMMUNITY = 'sonoran';
/** How soon what the database did not do is tried again, in milliseconds. */
const AGAIN_MS = 1_000;

/** What it takes to be one server of a community. */
export interface OpenClusterOptions {
  readonly config: ConnectionConfig;
  /** `cmsban_server_name`; null when it has none. */
  readonly serverName: string | null;
  readonly local: Storage;
  readonly watch: Pick<CredentialWatch, 'community' | 'onChange'>;
  readonly http: Http;
  readonly makeWork: ClusterOptions['makeWork'];
  readonly lookUp: (work: Work, who: FoundPerson) => Promise<Lookup>;
  readonly outcomeOf: (action: Action) => Outcome;
  readonly dropWhen: Action['drop'];
  readonly seen: Seen;
  readonly audience: Audience;
  readonly newId: () => string;
  /** How long the lease is, in milliseconds, instead of the usual; for tests. */
  readonly leaseMs?: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** By what all servers of a community know that they are one. */
export function communityIds(watch: Pick<CredentialWatch, 'community'>) {
  return { cmsId: watch.community('cms') ?? '', cadId: watch.community('cad') ?? '' };
}

/** Takes part in the community whose database this is. */
export function openCluster(options: OpenClusterOptions): Community {
  const { config, watch, clock, log, say, leaseMs, ...rest } = options;
  const database = createDatabase({ config, clock });
  const news = createDatabaseNews({ clock, log, say });

  const ids = () => communityIds(watch);

  /** Resolves once this server takes part; never, when it cannot. */
  async function join(): Promise<void> {
    const note = news.of('join');
    for (;;) {
      const migrated = await migrate({ database, clock, processId: options.newId() });
      if (migrated.ok) break;
      if (migrated.trouble === 'newer schema') return stayOut(say('database.newer'));
      note(migrated);
      await sleep(clock, AGAIN_MS);
    }
    let isSaid = false;
    for (;;) {
      const joined = await joinCommunity({ database, community: COMMUNITY, ...ids() });
      if (joined.ok) break;
      if (joined.trouble === 'another community') return stayOut(otherWords(joined));
      if (joined.trouble === 'unknown') {
        note(null);
        if (!isSaid) log.warn(say('cluster.notKnownYet'));
        isSaid = true;
      } else note(joined);
      await sleep(clock, AGAIN_MS);
    }
    news.forget('join');
    watch.onChange(() => void lookAgain());
    // One may have become known while it was asked.
    void lookAgain();
  }

  /** Another id has become known here: it may be the other community's, or one that nobody knew. */
  async function lookAgain(): Promise<void> {
    const joined = await joinCommunity({ database, community: COMMUNITY, ...ids() });
    if (joined.ok) return;
    if (joined.trouble === 'another community') {
      leave();
      log.error(otherWords(joined));
    } else if (joined.trouble !== 'unknown') clock.after(AGAIN_MS, () => void lookAgain());
  }

  function otherWords({ cmsId, cadId }: { readonly cmsId: string; readonly cadId: string }): string {
    return say('cluster.other', { theirs: listed({ cmsId, cadId }), ours: listed(ids()) });
  }

  function listed(community: { readonly cmsId: string; readonly cadId: string }): string {
    return [community.cmsId, community.cadId].filter((id) => id !== '').join(', ');
  }

  function stayOut(words: string): Promise<never> {
    log.error(words);
    return new Promise(() => {});
  }

  const { isWorking, isInTouch, holder, leave, ...cluster } = createCluster({
    ...rest,
    community: COMMUNITY,
    database,
    news,
    join,
    ...(leaseMs === undefined ? {} : { lengthMs: leaseMs }),
    clock,
    log,
    say,
  });

  return {
    ...cluster,
    worker() {
      if (isWorking()) return say('cluster.worker.own');
      if (news.isAway()) return say('cluster.worker.away');
      if (!isInTouch()) return say('cluster.worker.apart');
      const server = holder();
      return server
        ? say('cluster.worker', { server: server.name || server.id })
        : say('cluster.worker.none');
    },
  };
}
