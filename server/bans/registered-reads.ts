import { backoff } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import type { ProductApi } from '../moderation/product-api.ts';
import type { Mirror } from './mirror.ts';

/** How often an account is asked for that gets no answer; then the next read of the list begins anew. */
const TRIES = 5;
/** After so long it is read again what is registered of an account, in milliseconds: people change their devices. */
const AGAIN_MS = 30 * 24 * 60 * 60 * 1000;
/** For how long it is taken for granted that a community has no such call, in milliseconds: its plan may change. */
const LACKING_MS = 24 * 60 * 60 * 1000;
/** So long after a ban has become known it is read, in milliseconds: whoever looks the account up meanwhile is told as well. */
const DELAY_MS = 5_000;
/** How often what was read goes to disk while it is being read, in milliseconds: a page holds many bans. */
const SAVE_MS = 60_000;

/**
 * Reads what the vendor's core has registered of banned accounts, one after the other, the newest ban first, and each
 * account once: whoever was banned by a Discord account alone plays with a licence.
 */
export interface RegisteredReads {
  /** To be told that the list was read: what is still to be asked goes on, or begins. */
  listRead(): void;
  /** To be told of a ban that became known meanwhile: it is the next. */
  banned(account: string): void;
  stop(): void;
}

/** What they are made of. */
export interface RegisteredReadsOptions {
  readonly registered: NonNullable<ProductApi['registered']>;
  readonly mirror: () => Pick<Mirror, 'unregistered' | 'isUnregistered' | 'registered' | 'save'>;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded), for the jitter. */
  readonly random: () => number;
  /** Told, once, that this community has no such call. */
  readonly onLacking: () => void;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

export function createRegisteredReads(options: RegisteredReadsOptions): RegisteredReads {
  const { clock, mirror } = options;
  /** The next one last. */
  let waiting: string[] = [];
  /** Those that brought no answer: asked after the others, whom they are not to keep waiting for ever. */
  const failed = new Set<string>();
  let isRunning = false;
  let isStopped = false;
  /** Since when it is known that there is no such call, on `elapsed`. */
  let lackingSince: number | undefined;
  let savedAt = clock.elapsed();

  async function run(): Promise<void> {
    if (isRunning || isStopped || isLacking()) return;
    isRunning = true;
    try {
      await sleep(clock, DELAY_MS);
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (!mirror().isUnregistered(next, AGAIN_MS)) continue;
        if (!(await read(next))) waiting = [];
        if (isStopped) return;
        if (clock.elapsed() - savedAt > SAVE_MS) save();
      }
      save();
    } catch (error) {
      options.onBug(error);
    } finally {
      isRunning = false;
    }
  }

  function save(): void {
    savedAt = clock.elapsed();
    mirror().save();
  }

  function isLacking(): boolean {
    return lackingSince !== undefined && clock.elapsed() - lackingSince < LACKING_MS;
  }

  /** @returns false when there is no use in going on with the next. */
  async function read(account: string): Promise<boolean> {
    for (let attempt = 1; attempt <= TRIES && !isStopped; attempt++) {
      const result = await options.registered(account);
      if (isStopped) return false;
      switch (result.kind) {
        case 'found': {
          const { keys, proven } = result.account;
          lackingSince = undefined;
          failed.delete(account);
          mirror().registered(account, { keys, proven, isWhole: true });
          return true;
        }
        case 'not-linked':
          failed.delete(account);
          mirror().registered(account);
          return true;
        case 'unavailable':
        case 'not-enabled':
        case 'refused':
          if (lackingSince === undefined) options.onLacking();
          lackingSince = clock.elapsed();
          return false;
        case 'bad-credentials':
          return false;
        default:
          await sleep(clock, backoff(attempt, result.waitMs, options.random()));
      }
    }
    failed.add(account);
    return false;
  }

  return {
    listRead() {
      if (isLacking() || isStopped) return;
      const all = mirror().unregistered(AGAIN_MS);
      const isFailed = (account: string) => failed.has(account);
      waiting = [...all.filter(isFailed), ...all.filter((account) => !isFailed(account))];
      if (waiting.length === 0) return;
      void run();
    },
    banned(account) {
      if (isLacking() || isStopped) return;
      waiting.push(account);
      void run();
    },
    stop() {
      isStopped = true;
      waiting = [];
    },
  };
}
