import type { Clock } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import type { Action } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Audience } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Http } from '../sonoran/http.ts';
import type { Database } from '../storage/mysql/database.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work, WorkOptions } from '../work.ts';
import type { DatabaseNews } from './database-news.ts';

/** What it takes to be one server among those of a community; each part takes some of it. */
export interface ClusterOptions {
  readonly community: string;
  readonly serverName: string | null;
  readonly database: Database;
  readonly news: DatabaseNews;
  /** Brings the tables up to date, and takes part. Resolves when that is done; never, when it cannot be. */
  readonly join: () => Promise<void>;
  readonly local: Storage;
  readonly http: Http;
  readonly makeWork: (
    parts: Pick<WorkOptions, 'storage' | 'http' | 'clock' | 'serverId' | 'isWorking'> &
      Required<Pick<WorkOptions, 'handOn' | 'isWriter' | 'tellOthers'>>,
  ) => Work;
  readonly lookUp: (work: Work, who: FoundPerson) => Promise<Lookup>;
  readonly seen: Seen;
  readonly audience: Audience;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  /** The drop rule of this server. */
  readonly dropWhen: Action['drop'];
  readonly newId: () => string;
  readonly lengthMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** This server, as the others know it; its id is known once its own store has been read. */
export interface OwnServer {
  readonly id: string;
  readonly name: string | null;
}
