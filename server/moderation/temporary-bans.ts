import TinyQueue from 'tinyqueue';
import type { Clock } from '../clock.ts';
import { inSlices } from '../slices.ts';
import type { Action } from './action.ts';
import type { Ledger } from './ports.ts';

/** Longest time until it is looked again what has ended, in milliseconds: the wall clock may be set meanwhile. */
const LONGEST_SLEEP_MS = 54 * 60_000;
/** The same while it is in doubt whether something has ended. */
const DOUBTFUL_SLEEP_MS = 60_000;
/** For how long the wall clock must have said that a ban is over, when it may be wrong, in milliseconds. */
const DOUBT_MS = 5 * 60_000;
/** The share of a ban's time that must have passed on the clock that never goes back: the two may drift apart. */
const DRIFT = 0.999;

/** Ends temporary bans when they expire, also after restarts. */
export interface TemporaryBans {
  /** Goes on waiting for the end of the bans that are stored. */
  resume(): void;
  /** To be told of every action that was accepted, and of every ban whose end is later than before. */
  accepted(action: Action): void;
  /**
   * Whether a temporary ban is over though it may still be in force while its lift is being made. A try at the door
   * is a reason to look: what the wall clock alone calls over is in doubt from then on, and no longer than five minutes.
   */
  isOver(ban: Action): boolean;
  stop(): void;
}

/** What temporary bans are made of. */
export interface TemporaryBansOptions {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'byId' | 'inForce'>;
  /** Ends a ban, and lifts what is to be lifted for it; false when that could not be stored. Has one effect however often it is asked. */
  readonly expire: (ban: Action) => Promise<boolean>;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

interface Running {
  readonly id: string;
  /** In Unix milliseconds. */
  readonly expiresAt: number;
  /** When it is over also by the clock that never goes back; Infinity when it seemed over from the beginning. */
  sureAt: number;
  /** Since when, on that clock, the wall clock says that it is over; undefined when it does not. */
  overSince: number | undefined;
}

/**
 * A ban ends by the wall clock, which may be days off at a boot and be set meanwhile. Running → over: the wall clock
 * and the time that has passed agree → ended. Running → over by the wall clock alone (it jumped, or the end came
 * before the start) → in doubt → ended when the wall clock has said so for five minutes, running again when it has
 * come back. Ended, and not stored → in doubt.
 */
export function createTemporaryBans(options: TemporaryBansOptions): TemporaryBans {
  const { clock, ledger } = options;
  const running = new TinyQueue<Running>([], (one, other) => one.expiresAt - other.expiresAt);
  let doubtful: Running[] = [];
  /** Ids of those that are over, until that is stored. */
  const ending = new Set<string>();
  let cancelSleep = () => {};

  function wait({ id, expiresAt }: Action): void {
    if (expiresAt === null) return;
    const ban: Running = { id, expiresAt, sureAt: Number.POSITIVE_INFINITY, overSince: undefined };
    trust(ban);
    running.push(ban);
  }

  /** Takes the wall clock for right, as it is now. */
  function trust(ban: Running): void {
    const left = ban.expiresAt - clock.now();
    ban.overSince = undefined;
    ban.sureAt = left > 0 ? clock.elapsed() + left * DRIFT : Number.POSITIVE_INFINITY;
  }

  function sleep(): void {
    cancelSleep();
    const next = running.peek();
    const left = next ? Math.max(next.expiresAt - clock.now(), 1) : Number.POSITIVE_INFINITY;
    const longest = doubtful.length > 0 ? DOUBTFUL_SLEEP_MS : LONGEST_SLEEP_MS;
    if (next || doubtful.length > 0) cancelSleep = clock.after(Math.min(left, longest), look);
  }

  function look(): void {
    const ended: Running[] = [];
    const over = doubtful;
    doubtful = [];
    for (let ban = running.peek(); ban && ban.expiresAt <= clock.now(); ban = running.peek()) {
      running.pop();
      over.push(ban);
    }
    for (const ban of over) {
      if (clock.now() < ban.expiresAt) {
        trust(ban);
        running.push(ban);
      } else if (hasEnded(ban)) ended.push(ban);
      else doubtful.push(ban);
    }
    for (const { id } of ended) ending.add(id);
    sleep();
    inSlices(ended, clock, (ban) => {
      end(ban).catch(options.onBug);
    }).catch(options.onBug);
  }

  /** One that is not in force any more has ended otherwise. */
  async function end(running: Running): Promise<void> {
    const ban = ledger.byId(running.id);
    // One that ends later is waited for anew.
    const isMoved = ban !== undefined && ban.expiresAt !== running.expiresAt;
    const isDone = !ban?.inForce || isMoved || (await options.expire(ban));
    ending.delete(running.id);
    if (isDone) return;
    doubtful.push(running);
    sleep();
  }

  function hasEnded(ban: Running): boolean {
    const now = clock.elapsed();
    ban.overSince ??= now;
    return now >= ban.sureAt || now - ban.overSince >= DOUBT_MS;
  }

  return {
    resume() {
      running.data = [];
      running.length = 0;
      doubtful = [];
      for (const ban of ledger.inForce()) wait(ban);
      sleep();
    },
    accepted(action) {
      if (action.expiresAt === null) return;
      wait(action);
      sleep();
    },
    isOver({ id, expiresAt }) {
      if (expiresAt === null || clock.now() < expiresAt) return false;
      if (!ending.has(id)) look();
      return ending.has(id);
    },
    stop() {
      cancelSleep();
    },
  };
}
