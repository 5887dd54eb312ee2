import type { BanLists } from '../bans/ban-lists.ts';
import { isSettled } from '../moderation/action.ts';
import type { Http } from '../sonoran/http.ts';
import type { Term } from '../storage/mysql/lease.ts';
import type { Storage } from '../storage/storage.ts';
import type { Work, WorkOptions } from '../work.ts';
import type { Broadcasts } from './broadcasts.ts';
import { fencedHttp } from './fenced-http.ts';
import type { Membership } from './membership.ts';
import type { ClusterOptions, OwnServer } from './options.ts';
import { type TermClock, termClock } from './term-clock.ts';
import { type TermStorage, termStorage } from './term-storage.ts';

/** The work, from one reading of the database to the next. */
export interface Generation {
  readonly work: Work;
  readonly clock: TermClock;
  readonly storage: TermStorage;
  /** Whether it knows all that the database holds. */
  readonly isWhole: boolean;
}

/** The generations, of which one counts; who calls back is told of all that come. */
export interface Generations {
  /** The one that counts. */
  current(): Generation;
  /** @param term the one in which it works; none for who follows. */
  make(load: Storage['load'], isWhole: boolean, term?: Term): Generation;
  /** From now on this is what is known; nobody could know anything before. */
  begin(generation: Generation): void;
  /** From now on this is what is known. What has happened in between is told. */
  use(generation: Generation): void;
  /** Calls back whenever what is known was read anew. */
  onRead(callback: () => void): void;
  readonly onBanned: BanLists['onBanned'];
  readonly onLate: BanLists['onLate'];
  readonly onFollow: Work['onFollow'];
}

/** What they take. */
export interface GenerationsOptions extends Pick<ClusterOptions, 'makeWork' | 'clock' | 'say'> {
  /** Reads what is known before anything was read from the database. */
  readonly load: Storage['load'];
  readonly server: OwnServer;
  readonly membership: Pick<Membership, 'now'>;
  readonly broadcasts: Pick<Broadcasts, 'send'>;
  /** Of all generations: calls of the last one may still be under way. */
  readonly http: Http;
  readonly handOn: NonNullable<WorkOptions['handOn']>;
}

export function createGenerations(options: GenerationsOptions): Generations {
  const { server, membership, broadcasts, http, handOn, clock, say } = options;
  const readCallbacks: Array<() => void> = [];
  const bannedCallbacks: Array<Parameters<BanLists['onBanned']>[0]> = [];
  const lateCallbacks: Array<Parameters<BanLists['onLate']>[0]> = [];
  const followCallbacks: Array<Parameters<Work['onFollow']>[0]> = [];

  let current = make(options.load, false);

  function make(load: Storage['load'], isWhole: boolean, term?: Term): Generation {
    const ownClock = termClock(clock, membership.now);
    const storage = termStorage(load);
    const isHeld = () => term?.isHeld() === true;
    const work = options.makeWork({
      storage,
      clock: ownClock,
      http: fencedHttp(http, isHeld, say),
      serverId: server.id,
      isWorking: isHeld,
      isWriter: storage.isOpen,
      handOn,
      tellOthers(told) {
        if (isHeld()) broadcasts.send(storage, ownClock, told);
      },
    });
    work.bans.onBanned((product, identifiers, account) => {
      for (const callback of bannedCallbacks) callback(product, identifiers, account);
    });
    work.bans.onLate((list) => {
      for (const callback of lateCallbacks) callback(list);
    });
    work.onFollow((product) => {
      for (const callback of followCallbacks) callback(product);
    });
    return { work, clock: ownClock, storage, isWhole };
  }

  function begin(generation: Generation): void {
    current.clock.stop();
    current = generation;
  }

  return {
    current: () => current,
    make,
    begin,
    use(generation) {
      const before = current;
      begin(generation);
      const { ledger, moderation } = generation.work;
      for (const action of [...ledger.latest(Number.POSITIVE_INFINITY)].reverse()) {
        const known = before.work.ledger.byId(action.id);
        const safe = known && before.work.ledger.safe(known);
        if (safe ? !isSettled(safe) && isSettled(action) : before.isWhole) moderation.followed(action, safe);
      }
      for (const callback of readCallbacks) callback();
    },
    onRead: (callback) => void readCallbacks.push(callback),
    onBanned: (callback) => void bannedCallbacks.push(callback),
    onLate: (callback) => void lateCallbacks.push(callback),
    onFollow: (callback) => void followCallbacks.push(callback),
  };
}
