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
import { createServers } from '../storage/mysql/servers.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work } from '../work.ts';
import { type ClusterOptions, createCluster } from './cluster.ts';

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
  readonly watch: Pick<CredentialWatch, 'community'>;
  readonly http: Http;
  readonly makeWork: ClusterOptions['makeWork'];
  readonly lookUp: (work: Work, who: FoundPerson) => Promise<Lookup>;
  readonly outcomeOf: (action: Action) => Outcome;
  readonly seen: Seen;
  readonly audience: Audience;
  readonly newId: () => string;
  /** How long the lease is, in milliseconds, instead of the usual. */
  readonly leaseMs?: number;
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

  /** Says once why it does not go on. */
  function sayOnce(): (words: string) => void {
    let said: string | undefined;
    return (words) => {
      if (said !== words) log.error(words);
      said = words;
    };
  }

  /** Resolves once this server takes part; never, when it cannot. */
  async function join(serverId: string): Promise<void> {
    const tell = sayOnce();
    for (;;) {
      const migrated = await migrate({ database, clock, processId: options.newId() });
      if (migrated.ok) break;
      if (migrated.trouble === 'newer schema') return stayOut(say('database.newer schema'));
      tell(say(`database.${migrated.trouble}`, { detail: migrated.detail }));
      await sleep(clock, AGAIN_MS);
    }
    const ids = communityIds(watch);
    for (;;) {
      const joined = await joinCommunity({ database, community: COMMUNITY, ...ids });
      if (joined.ok) break;
      if (joined.trouble === 'another community') {
        return stayOut(say('cluster.other', { theirs: `${joined.cmsId} ${joined.cadId}`.trim() }));
      }
      tell(say(`database.${joined.trouble}`, { detail: joined.detail }));
      await sleep(clock, AGAIN_MS);
    }
    const server = { id: serverId, name: options.serverName ?? '' };
    createServers({ database, community: COMMUNITY, server, clock }).start();
  }

  function stayOut(words: string): Promise<never> {
    log.error(words);
    return new Promise(() => {});
  }

  const cluster = createCluster({
    ...rest,
    community: COMMUNITY,
    database,
    join,
    ...(leaseMs === undefined ? {} : { lengthMs: leaseMs }),
    clock,
    log,
    say,
  });

  return {
    parts: cluster.parts,
    lookUp: cluster.lookUp,
    retry: cluster.retry,
    worker() {
      if (cluster.isWorking()) return say('cluster.worker.own');
      const worker = cluster.worker();
      return worker
        ? say('cluster.worker', { server: worker.name || worker.id })
        : say('cluster.worker.none');
    },
    start: cluster.start,
    onRead: cluster.onRead,
    pause: () => {},
    end(reason) {
      cluster.stop(reason);
      options.local.flush();
    },
    resume: () => {},
  };
}
