import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import type { Say } from '../text/locale.ts';
import { Bucket } from './bucket.ts';

/** How many large bodies all callers may send who have not shown the key: a second, and at once. */
const ALL_PER_SECOND = 20;
const ALL_BURST = 40;
/** How many each may send who has. */
const TRUSTED_PER_SECOND = 10;
const TRUSTED_BURST = 30;
/** For how long that counts, in milliseconds. */
const TRUST_MS = 60 * 60 * 1000;
/** A caller is written about once in this time, in milliseconds, and so many callers are. */
const LINE_MS = 60_000;
const MOST_LINES = 20;
/** Most callers that are remembered because of what is written; who has been silent longest is forgotten. */
const MOST_CALLERS = 2_000;

interface Trust {
  /** On `elapsed`. */
  readonly until: number;
  readonly bucket: Bucket;
}

interface Written {
  /** When a line was written about them last. */
  at: number;
  /** How many refusals no line tells of. */
  untold: number;
}

/** Who calls the open port: how much of what is costly they may send, and what is written about them. */
export class Callers {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  readonly #say: Say;
  readonly #written = new Map<string, Written>();
  readonly #trusted = new Map<string, Trust>();
  readonly #all: Bucket;
  #linesSince = Number.NEGATIVE_INFINITY;
  #lines = 0;

  /** @param write prints a line. */
  constructor(clock: Clock, write: (line: string) => void, say: Say) {
    this.#clock = clock;
    this.#write = write;
    this.#say = say;
    this.#all = new Bucket(ALL_PER_SECOND, ALL_BURST, clock.elapsed());
  }

  /** Whether a large body of theirs may be read. */
  admitLarge(caller: string): boolean {
    const now = this.#clock.elapsed();
    const trust = this.#trusted.get(caller);
    if (trust !== undefined && trust.until > now && trust.bucket.take(now)) return true;
    return this.#all.take(now);
  }

  /** They have shown the key. */
  trust(caller: string): void {
    const now = this.#clock.elapsed();
    const known = this.#trusted.get(caller);
    for (const [other, { until }] of this.#trusted) if (until <= now) this.#trusted.delete(other);
    const bucket = known?.bucket ?? new Bucket(TRUSTED_PER_SECOND, TRUSTED_BURST, now);
    this.#trusted.set(caller, { until: now + TRUST_MS, bucket });
  }

  /**
   * Writes a line about a refusal, unless there was one lately; then the next one tells how many there were.
   *
   * @param answer what the caller was told.
   */
  noteRefusal(caller: string, answer: string): void {
    const now = this.#clock.elapsed();
    const written = this.#of(caller);
    if (now - this.#linesSince >= LINE_MS) {
      this.#linesSince = now;
      this.#lines = 0;
    }
    if (now - written.at < LINE_MS || this.#lines >= MOST_LINES) {
      written.untold++;
      return;
    }
    const count = written.untold;
    written.at = now;
    written.untold = 0;
    this.#lines++;
    const key = count === 0 ? 'push.refused' : 'push.refused.more';
    this.#write(this.#say(key, { caller, answer, count }));
  }

  #of(caller: string): Written {
    const written = this.#written.get(caller) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 };
    this.#written.delete(caller);
    this.#written.set(caller, written);
    forgetOldest(this.#written, MOST_CALLERS);
    return written;
  }
}
