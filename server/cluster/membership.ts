import type { DatabaseClock } from '../storage/mysql/database-clock.ts';
import type { CommunityState } from '../storage/mysql/feed.ts';
import type { ClusterOptions } from './options.ts';

/** How this server belongs to its community: whether it takes part, and what it was told last of the others. */
export interface Membership {
  /** It takes part from now on, unless it has left. */
  join(): void;
  /** It takes part no longer, for good. */
  leave(): void;
  isJoined(): boolean;
  /** Whether it can be told who works: it takes part, and the database answers. */
  isInTouch(): boolean;
  /** The server that works for the community, as far as it is known; null when none does. */
  holder(): { readonly id: string; readonly name: string } | null;
  /** Why nobody answers what is asked, in words. */
  why(): string;
  /** Unix milliseconds of the clock that all servers share; of ours, until it is known. */
  now(): number;
  /** What is to be added to our wall clock to get that one; undefined until it is known. */
  offset(): number | undefined;
  /** To be told what the database has said. */
  heard(state: CommunityState, time: DatabaseClock): void;
}

export function createMembership({
  news,
  clock,
  say,
}: Pick<ClusterOptions, 'news' | 'clock' | 'say'>): Membership {
  let isJoined = false;
  let hasLeft = false;
  let known: ReturnType<Membership['holder']> = null;
  let time: DatabaseClock | undefined;

  const isInTouch = () => isJoined && !news.isAway();

  return {
    join() {
      isJoined = !hasLeft;
    },
    leave() {
      isJoined = false;
      hasLeft = true;
    },
    isJoined: () => isJoined,
    isInTouch,
    holder: () => known,
    why() {
      if (!isInTouch()) return say('cluster.database');
      return known === null
        ? say('cluster.nobody')
        : say('cluster.waits', { server: known.name || known.id });
    },
    now: () => time?.now() ?? clock.now(),
    offset: () => time?.offset(),
    heard({ holder, holderName, expiresAt, now }, heardTime) {
      time = heardTime;
      known = holder !== null && expiresAt >= now ? { id: holder, name: holderName ?? '' } : null;
    },
  };
}
