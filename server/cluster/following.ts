import { LIST_PREFIX } from '../bans/snapshot.ts';
import { type CommunityState, createFeed, type Feed } from '../storage/mysql/feed.ts';
import type { SharedRecord } from '../storage/mysql/record-row.ts';
import { ANSWER_PREFIX, readAnswer } from './answer.ts';
import type { Asking } from './asking/asking.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { Copy } from './copy.ts';
import type { Generations } from './generations.ts';
import type { Membership } from './membership.ts';
import type { MovingIn } from './moving-in.ts';
import type { ClusterOptions, OwnServer } from './options.ts';
import { loadFrom, recordsOf } from './read-records.ts';

/** Knows what the database holds, and hears of every change. */
export interface Following {
  /** Reads all that the database has, and follows it from there. */
  readAnew(): Promise<void>;
  /** Looks more often for so long, in milliseconds. */
  hurry(ms: number): void;
  stop(): void;
}

/** What it takes. */
export interface FollowingOptions extends Pick<ClusterOptions, 'database' | 'community' | 'news' | 'clock'> {
  readonly server: OwnServer;
  readonly membership: Pick<Membership, 'isJoined' | 'heard'>;
  readonly generations: Pick<Generations, 'current' | 'make' | 'use'>;
  readonly copy: Pick<Copy, 'keep' | 'replace'>;
  readonly movingIn: Pick<MovingIn, 'beside' | 'heard'>;
  readonly broadcasts: Pick<Broadcasts, 'heard'>;
  readonly asking: Pick<Asking, 'answered' | 'followed'>;
  /** Whether this server works: then it knows first what is written. */
  readonly isWorking: () => boolean;
  /** Told whatever the database says of the community. */
  readonly onState: (state: CommunityState) => void;
}

export function createFollowing(options: FollowingOptions): Following {
  const { database, community, news, clock, server, membership } = options;
  const { generations, copy, movingIn, broadcasts, asking } = options;
  let following: Feed | undefined;
  /** The records of the lists, as they are now: a list is read anew from them when they change. */
  let lists = new Map<string, string>();

  /** Whoever works has written it. */
  function hear({ name, value }: SharedRecord): void {
    const { work } = generations.current();
    if (name.startsWith(LIST_PREFIX)) {
      if (value === null) lists.delete(name);
      else lists.set(name, value);
    }
    copy.keep([{ name, value }]);
    work.heard({ name, value: value ?? undefined });
    movingIn.heard(name, value);
    broadcasts.heard(name, value);
    if (value !== null) hearAnswer(name, value);
    const action = name.startsWith('action:') ? work.ledger.byId(name.slice('action:'.length)) : undefined;
    if (action?.serverId === server.id) asking.followed(action);
  }

  function hearAnswer(name: string, value: string): void {
    if (!name.startsWith(ANSWER_PREFIX)) return;
    const answer = readAnswer(value);
    if (answer) asking.answered(name.slice(ANSWER_PREFIX.length), answer);
  }

  return {
    async readAnew() {
      following?.stop();
      news.forget('feed');
      if (!membership.isJoined()) return;
      const { promise: isThere, resolve: heardAll } = Promise.withResolvers<void>();
      /** What is heard before it can be taken in; undefined once it can. */
      let early: SharedRecord[] | undefined = [];
      const feed = createFeed({
        database,
        community,
        clock,
        onRecord(record) {
          if (feed !== following) return;
          if (early) early.push(record);
          else if (!options.isWorking()) hear(record);
          // What the server that worked before has said last.
          else broadcasts.heard(record.name, record.value);
        },
        onCaughtUp: () => heardAll(),
        onState(state) {
          if (feed !== following) return;
          membership.heard(state, feed.time);
          options.onState(state);
        },
        onTrouble: (trouble) => feed === following && news.of('feed')(trouble),
      });
      following = feed;
      feed.start();
      await isThere;
      if (feed !== following) return;
      const records = await recordsOf(early.splice(0), clock);
      if (feed !== following) return;
      const generation = generations.make(movingIn.beside(loadFrom(records, clock)), true);
      await generation.work.read();
      await copy.replace(records.all);
      for (const [name, value] of records.few) hearAnswer(name, value);
      // From here the generation reads its lists, as they will be.
      lists = records.few;
      generations.use(generation);
      for (const [name, value] of [...records.few]) {
        broadcasts.heard(name, value);
        movingIn.heard(name, value);
        if (!name.startsWith(LIST_PREFIX)) records.few.delete(name);
      }
      // It was read, and is not again.
      records.all.clear();
      for (const record of early) hear(record);
      early = undefined;
    },
    hurry: (ms) => following?.hurry(ms),
    stop() {
      following?.stop();
      following = undefined;
    },
  };
}
