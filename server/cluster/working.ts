import type { OnReport } from '../community.ts';
import type { Requests } from '../storage/mysql/requests.ts';
import { createSharedStorage, type SharedStorage } from '../storage/mysql/shared-storage.ts';
import type { ActingTerm } from './acting.ts';
import { type Answering, startAnswering } from './answering.ts';
import type { Asking } from './asking/asking.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { Copy } from './copy.ts';
import type { Following } from './following.ts';
import type { Generation, Generations } from './generations.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { ClusterOptions } from './options.ts';
import type { TakingIn } from './taking-in.ts';
import type { Tenure, Tenures } from './tenures.ts';

/** The work for the community, for as long as it is this server's. Its steps are to be taken one after the other. */
export interface Working {
  /** By what it works; undefined when it does not. */
  generation(): Generation | undefined;
  /** How what is done now gets into the database; undefined when this server does not work. */
  term(): ActingTerm | undefined;
  /** Begins, unless the term is over before all has been read. */
  takeOver(tenure: Tenure): Promise<void>;
  /** Throws it away, as by a crash, and follows. */
  lose(): Promise<void>;
  /** To be told that something is asked. */
  look(): void;
  /** This run ends: nothing more is begun. */
  end(reason: string): void;
}

/** What it takes. */
export interface WorkingOptions
  extends Pick<
    ClusterOptions,
    'database' | 'community' | 'news' | 'lookUp' | 'seen' | 'clock' | 'log' | 'say'
  > {
  readonly tenures: Pick<Tenures, 'current' | 'giveUp'>;
  readonly generations: Pick<Generations, 'make' | 'use'>;
  readonly following: Pick<Following, 'hurry' | 'readAnew'>;
  readonly requests: Requests;
  readonly takingIn: TakingIn;
  readonly copy: Pick<Copy, 'alongside'>;
  readonly broadcasts: Pick<Broadcasts, 'tidy'>;
  readonly asking: Pick<Asking, 'taken' | 'answered'>;
  readonly onReport: OnReport;
  /** Takes a step after all others. */
  readonly next: (step: () => Promise<void>) => void;
  /** Resolves when no call is under way. */
  readonly areOver: () => Promise<void>;
}

/** What it works with. */
interface Here {
  readonly generation: Generation;
  readonly storage: SharedStorage;
  readonly answering: Answering;
}

export function createWorking(options: WorkingOptions): Working {
  const { database, community, news, clock, log, say } = options;
  const { tenures, generations, following, requests, takingIn, copy, broadcasts, asking } = options;
  let here: Here | undefined;

  async function takeOver(tenure: Tenure): Promise<void> {
    const { term, ended } = tenure;
    if (!term.isHeld()) return;
    const generation = generations.make(async () => {}, true, term);
    const storage = createSharedStorage({
      database,
      community,
      term,
      clock,
      onLost: tenures.giveUp,
      onTrouble: news.of('storage'),
    });
    generation.storage.open(copy.alongside(storage));
    const { work } = generation;
    const takeStoresIn = takingIn.takeAll({ ...storage, ...generation.storage }, term.isHeld, clock);
    // Nobody else writes any more: what is read then is all there is.
    const isDone = await Promise.race([
      takeStoresIn
        .then(work.read)
        .then(work.takeOver)
        .then(() => true),
      ended.then(() => false),
    ]);
    if (!isDone || !term.isHeld()) {
      generation.storage.close();
      generation.clock.stop();
      news.forget('storage');
      return;
    }
    generations.use(generation);
    here = { generation, storage, answering: answerWith(generation, storage, tenure) };
    // Every poll says whether something is asked.
    following.hurry(Number.POSITIVE_INFINITY);
    work.start();
    void broadcasts.tidy(storage, generation.clock);
    startHousekeeping({
      database,
      community,
      term,
      storage,
      clock: generation.clock,
      onBug: (error) => log.bug('housekeeping', error),
    });
    log.info(say('cluster.works'));
  }

  function answerWith(generation: Generation, storage: SharedStorage, tenure: Tenure): Answering {
    const { work } = generation;
    return startAnswering({
      requests,
      remove: storage.removeRequests,
      work,
      lookUp: (who) => options.lookUp(work, who),
      onReport: options.onReport,
      storage,
      seen: options.seen,
      onStore: () => options.next(() => takeStores(generation, storage, tenure)),
      onTaken: asking.taken,
      onAnswer: asking.answered,
      clock: generation.clock,
      onBug: (error) => log.bug('answering', error),
    });
  }

  /**
   * Takes in what servers have kept by themselves. It was decided before much that is known, so all is read anew
   * afterwards: the work ends as when it stops, with no call under way, and begins again in the same term.
   */
  async function takeStores(generation: Generation, storage: SharedStorage, tenure: Tenure): Promise<void> {
    const isOurs = () => here?.generation === generation && tenure.term.isHeld();
    if (!isOurs() || !(await takingIn.waiting())?.length) return;
    here?.answering.stop();
    generation.work.pause(say('cluster.takesIn'));
    await Promise.race([options.areOver(), tenure.ended]);
    if (!isOurs()) return;
    generation.work.end(say('cluster.takesIn'));
    await Promise.race([storage.settled(), tenure.ended]);
    if (!isOurs()) return;
    generation.work.moderation.answerAll(say('cluster.takesIn'), true);
    here = undefined;
    generation.storage.close();
    // What was decided in this very moment.
    await Promise.race([storage.settled(), tenure.ended]);
    await takeOver(tenure);
    if (!here) await following.readAnew();
  }

  return {
    generation: () => here?.generation,
    term() {
      const tenure = tenures.current();
      return here && tenure && { settled: here.storage.settled, isHeld: tenure.term.isHeld };
    },
    takeOver,
    async lose() {
      news.forget('storage');
      if (!here) return;
      const { generation, answering } = here;
      here = undefined;
      answering.stop();
      generation.storage.close();
      generation.work.end(say('cluster.lost'));
      generation.clock.stop();
      generation.work.moderation.handOver(say('cluster.handedOver'), false);
      log.warn(say('cluster.lost'));
      await following.readAnew();
    },
    look: () => here?.answering.look(),
    end(reason) {
      here?.answering.stop();
      here?.generation.work.end(reason);
    },
  };
}
