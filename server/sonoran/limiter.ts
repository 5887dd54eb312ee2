/** How many calls an API takes: at most so many in any window of time. */
export interface Limit {
  readonly calls: number;
  readonly windowMs: number;
  /** How many of them are for bans, kicks and lifts alone, where look-ups share the limit with those. */
  readonly reserved?: number;
  /** Which part of them what nobody waits for leaves to those who wait, from 0 to 1; none unless given. */
  readonly spared?: number;
  /**
   * Whether a refusal that does not say for how long may mean a block: a minute's rest then, and twice as
   * much with every further one, up to an hour. Otherwise a window's rest is enough.
   */
  readonly blocks?: boolean;
}

/** What of a limiter must survive a restart. Plain data; times are Unix milliseconds. */
export interface LimiterRecord {
  /** The ends of those that still count. */
  readonly calls: readonly number[];
  /** How many were under way. */
  readonly running: number;
  readonly blockedUntil: number;
  /** How many refusals in a row did not say for how long; 0 in records of earlier versions. */
  readonly silent?: number;
}

/** One call that was let through. Exactly one of its functions is to be called, once the call has ended. */
export interface Permit {
  /** It was answered, or is surely over. */
  ended(): void;
  /** It never reached the other side, so nobody there has counted it. */
  unsent(): void;
  /**
   * It was refused for coming too fast.
   *
   * @param waitMs what the API asked for; null when it did not say.
   * @returns for how long no call goes out now, in milliseconds.
   */
  limited(waitMs: number | null): number;
}

/**
 * Keeps the calls of one class (one API key, one kind of endpoint) within its limit.
 *
 * A call counts from its start until a full window after its end: when it arrived on the other side is
 * not known, only that it was by then. So no delay on the way can bunch calls up over the limit.
 */
export class Limiter {
  readonly #limit: Limit;
  readonly #share: () => number;
  /** Ends of calls that still count, oldest first, on `elapsed`. */
  #ended: number[] = [];
  #running = 0;
  #blockedUntil = 0;
  /** By how many calls the limit is taken lower than documented, for it was met earlier. */
  #caution = 0;
  #cautionSince = 0;
  #silent = 0;

  /** @param share how much of the limit is ours at the moment, from 0 to 1: others may use the same key. */
  constructor(limit: Limit, share: () => number = () => 1) {
    this.#limit = limit;
    this.#share = share;
  }

  /**
   * Lets a call through, or says how long to wait.
   *
   * @param now milliseconds on a clock that never goes back, as everywhere here.
   * @param isLookUp leaves what is reserved for bans, kicks and lifts.
   * @param isLast leaves what is spared for those who wait.
   * @returns a permit; or the milliseconds until it is worth asking again, Infinity when that depends
   *   on a running call.
   */
  tryTake(now: () => number, isLookUp = false, isLast = false): Permit | number {
    const time = now();
    this.#forget(time);
    if (time < this.#blockedUntil) return this.#blockedUntil - time;
    const reserved = isLookUp ? (this.#limit.reserved ?? 0) : 0;
    const ours = Math.floor(this.#limit.calls * this.#share());
    const spared = isLast ? Math.ceil(ours * (this.#limit.spared ?? 0)) : 0;
    const allowed = Math.max(1, ours - this.#caution - reserved - spared);
    if (this.#ended.length + this.#running >= allowed) {
      // The call whose end frees a place; with too few ended ones, a running call must end first.
      const freeing = this.#ended[this.#ended.length + this.#running - allowed];
      return freeing === undefined ? Number.POSITIVE_INFINITY : freeing + this.#limit.windowMs - time;
    }
    this.#running++;
    return {
      ended: () => {
        this.#silent = 0;
        this.#end(now());
      },
      unsent: () => {
        this.#running--;
      },
      limited: (waitMs) => {
        const end = now();
        this.#end(end);
        this.block(waitMs ?? this.#silentWait(end), end);
        this.#caution = Math.min(this.#caution + 1, this.#limit.calls - 1);
        this.#cautionSince = this.#blockedUntil;
        return this.#blockedUntil - end;
      },
    };
  }

  /** Lets no call through for so long. @param now on the clock that never goes back. */
  block(ms: number, now: number): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, now + ms);
  }

  /** How long to wait when the API did not say. */
  #silentWait(now: number): number {
    if (!this.#limit.blocks) return this.#limit.windowMs;
    // What was under way together is refused together, and counts once.
    if (now >= this.#blockedUntil) this.#silent = Math.min(this.#silent + 1, MOST_SILENT);
    return Math.min(FIRST_BLOCK_MS * 2 ** (Math.max(1, this.#silent) - 1), LONGEST_BLOCK_MS);
  }

  /** What to keep. @param now on the clock that never goes back. @param wall the same moment in Unix milliseconds. */
  record(now: number, wall: number): LimiterRecord {
    this.#forget(now);
    const toWall = (time: number) => Math.ceil(wall + (time - now));
    return {
      calls: this.#ended.map(toWall),
      running: this.#running,
      blockedUntil: this.#blockedUntil > now ? toWall(this.#blockedUntil) : 0,
      ...(this.#silent > 0 && { silent: this.#silent }),
    };
  }

  /**
   * Goes on where a record ends. A wall clock that was set back makes calls seem to lie in the future:
   * they count as made just now. So do calls that were under way: nobody knows when they arrived.
   */
  restore(record: LimiterRecord, now: number, wall: number): void {
    const age = (time: number) => Math.max(0, wall - time);
    const ends = record.calls.map((time) => now - age(time));
    const unknown = Array.from({ length: record.running }, () => now);
    this.#ended = [...ends, ...unknown].sort((a, b) => a - b);
    const left = Math.min(record.blockedUntil - wall, LONGEST_BLOCK_MS);
    this.#blockedUntil = left > 0 ? now + left : 0;
    this.#silent = record.silent ?? 0;
    this.#forget(now);
  }

  #end(time: number): void {
    this.#running--;
    this.#ended.push(time);
  }

  #forget(time: number): void {
    const { windowMs } = this.#limit;
    while (this.#ended[0] !== undefined && this.#ended[0] + windowMs <= time) this.#ended.shift();
    // A clean window buys back one call of trust.
    while (this.#caution > 0 && time >= this.#cautionSince + windowMs) {
      this.#caution--;
      this.#cautionSince += windowMs;
    }
  }
}

/** How long nothing goes out after the first refusal that may be a block, in milliseconds. */
const FIRST_BLOCK_MS = 60 * 1000;

/** More refusals in a row change nothing: the wait is an hour long before. */
const MOST_SILENT = 10;

/** No API blocks for longer; a record that says so was made under another clock. */
const LONGEST_BLOCK_MS = 60 * 60 * 1000;
