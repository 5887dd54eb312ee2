import { type Clock, systemClock, type Timer, VirtualClock } from '../clock.ts';
import { SkippingClock } from '../skipping-clock.ts';

/** Something that wants to run on the server's ticks. */
export interface Ticking {
  /** When it wants to run next, on {@link Clock.elapsed}; undefined while it has nothing to do. */
  nextDue(): number | undefined;
  tick(now: number): void;
}

/** FXServer's main loop runs a resource's ticks about this often, in milliseconds. */
export const SERVER_TICK_MS = 20;

/**
 * The server's main loop, turned only while something is due.
 *
 * On the system's clock, also one that skips, it turns at the pace of a server. On a virtual one, what is due now runs in the
 * next turn of the host's event loop, and the rest waits until the clock is advanced.
 */
export class TickLoop {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #members = new Set<Ticking>();
  #nextTick: (() => void)[] = [];
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | undefined;
  #stopped = false;
  readonly #forgetBusy: () => void;
  /** How many ticks there have been. */
  count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#periodMs = clock === systemClock || clock instanceof SkippingClock ? SERVER_TICK_MS : 0;
    this.#forgetBusy =
      clock instanceof VirtualClock ? clock.holdWhile(() => this.#immediate !== undefined) : () => undefined;
  }

  join(member: Ticking): void {
    this.#members.add(member);
    this.reconsider();
  }

  leave(member: Ticking): void {
    this.#members.delete(member);
  }

  /** Runs a function in the next tick. */
  nextTick(run: () => void): void {
    this.#nextTick.push(run);
    this.dueAt(this.#clock.elapsed());
  }

  /** To be called when a member has something to do earlier than it last said. */
  dueAt(at: number): void {
    if (this.#stopped || this.#immediate !== undefined) return;
    const now = this.#clock.elapsed();
    if (this.#periodMs === 0 && at <= now) {
      this.#immediate = setImmediate(() => this.#run());
      return;
    }
    const moment =
      this.#periodMs === 0 ? at : Math.ceil((Math.max(at, now) + 1) / this.#periodMs) * this.#periodMs;
    if (moment >= this.#timerAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timerAt = moment;
    this.#timer = this.#clock.setTimeout(() => this.#run(), moment - now);
  }

  /** Asks every member again when it is due. */
  reconsider(): void {
    const earliest = Math.min(
      ...[...this.#members].map((member) => member.nextDue() ?? Number.POSITIVE_INFINITY),
    );
    if (this.#nextTick.length > 0) this.dueAt(this.#clock.elapsed());
    else if (earliest !== Number.POSITIVE_INFINITY) this.dueAt(earliest);
  }

  /** Nothing runs any more. */
  stop(): void {
    this.#stopped = true;
    this.#forgetBusy();
    this.#clock.clearTimeout(this.#timer);
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    this.#immediate = undefined;
    this.#members.clear();
    this.#nextTick = [];
  }

  #run(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
    this.#immediate = undefined;
    this.count++;
    const queued = this.#nextTick;
    this.#nextTick = [];
    for (const run of queued) run();
    const now = this.#clock.elapsed();
    for (const member of [...this.#members]) {
      const due = member.nextDue();
      if (due !== undefined && due <= now && this.#members.has(member)) member.tick(now);
    }
    this.reconsider();
  }
}
