import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';

/** What one caller may send: FXServer's own limit, for what does not come through it, and the endpoint's. */
const PER_SECOND = 10;
const BURST = 30;
/** What all of them together may send, except for those who have shown the key. */
const ALL_PER_SECOND = 100;
const ALL_BURST = 200;
/** How many requests of one caller, and of all, may wait for their body at the same time. */
const MOST_OPEN = 16;
const ALL_MOST_OPEN = 256;
/** Who has shown the key is not held back because of others for this long, in milliseconds. */
const TRUST_MS = 60 * 60 * 1000;
/** A caller is written about once in this time, in milliseconds, and so many callers are. */
const LINE_MS = 60_000;
const MOST_LINES = 20;
/** Most callers that are remembered; who has been silent longest is forgotten. */
const MOST_CALLERS = 2_000;

/** So many a second, with a burst. */
class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

interface Caller {
  readonly bucket: Bucket;
  open: number;
  /** When a line was written about them last. */
  writtenAt: number;
  /** How many refusals no line tells of. */
  untold: number;
}

/** Who calls the open port: how often, and what is written about it. */
export class Callers {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #callers = new Map<string, Caller>();
  /** Until when, on `elapsed`. Apart from the others: whoever calls from many addresses cannot push them out. */
  readonly #trusted = new Map<string, number>();
  readonly #all: Bucket;
  #open = 0;
  #linesSince = Number.NEGATIVE_INFINITY;
  #lines = 0;

  /** @param write prints a line. */
  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
    this.#all = new Bucket(ALL_PER_SECOND, ALL_BURST, clock.elapsed());
  }

  /** Whether a request may go on. @param address with its port. */
  admit(address: string): boolean {
    const now = this.#clock.elapsed();
    const caller = this.#caller(address);
    if (!caller.bucket.take(now) || caller.open >= MOST_OPEN) return false;
    if ((this.#trusted.get(peerOf(address)) ?? 0) > now) return true;
    return this.#all.take(now) && this.#open < ALL_MOST_OPEN;
  }

  /** A request waits for its body. */
  opened(address: string): void {
    this.#caller(address).open++;
    this.#open++;
  }

  /** It does not any more. */
  closed(address: string): void {
    const caller = this.#caller(address);
    caller.open = Math.max(0, caller.open - 1);
    this.#open--;
  }

  /** They have shown the key. */
  trust(address: string): void {
    const now = this.#clock.elapsed();
    for (const [peer, until] of this.#trusted) if (until <= now) this.#trusted.delete(peer);
    this.#trusted.set(peerOf(address), now + TRUST_MS);
  }

  /** Writes a line about a refusal, unless there was one lately; then the next one tells how many there were. */
  noteRefusal(address: string, why: string): void {
    const now = this.#clock.elapsed();
    const caller = this.#caller(address);
    if (now - this.#linesSince >= LINE_MS) {
      this.#linesSince = now;
      this.#lines = 0;
    }
    if (now - caller.writtenAt < LINE_MS || this.#lines >= MOST_LINES) {
      caller.untold++;
      return;
    }
    const more = caller.untold === 0 ? '' : `, and ${caller.untold} more before`;
    caller.writtenAt = now;
    caller.untold = 0;
    this.#lines++;
    this.#write(`refused a push event from ${peerOf(address)}: ${why}${more}`);
  }

  #caller(address: string): Caller {
    const peer = peerOf(address);
    const now = this.#clock.elapsed();
    const caller = this.#callers.get(peer) ?? {
      bucket: new Bucket(PER_SECOND, BURST, now),
      open: 0,
      writtenAt: Number.NEGATIVE_INFINITY,
      untold: 0,
    };
    this.#callers.delete(peer);
    this.#callers.set(peer, caller);
    forgetOldest(this.#callers, MOST_CALLERS);
    return caller;
  }
}

/** An address without its port, fit to be shown. */
function peerOf(address: string): string {
  return (
    address
      .replace(/:\d+$/, '')
      .replace(/[^0-9A-Za-z.:[\]]/g, '')
      .slice(0, 64) || 'nowhere'
  );
}
