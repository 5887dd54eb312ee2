import TinyQueue from 'tinyqueue';
import type { Action, Delivery } from '../moderation/action.ts';

/** How soon something goes out, lower first: fresh from a person, fresh from a program, anything else. */
export type Rank = 0 | 1 | 2;

/** What an entry needs next: its call, or to be told first whether the name is linked. */
export type Need = 'call' | 'link';

/** A delivery in the line-up. */
export interface Entry {
  readonly action: Action;
  /** The names that its person goes by. */
  readonly keys: readonly string[];
  delivery: Delivery;
  rank: Rank;
  state: 'blocked' | 'ready' | 'asleep' | 'running' | 'gone';
  /** When it may go out, on the clock that never goes back. */
  dueAt: number;
  /** When it is given up, on the queue's own watch. */
  giveUpAt: number;
  /** Whether a try has failed since the start. */
  isTried: boolean;
  /** The candidate of whom it is known, since this start, that its call is to be made. */
  cleared: number | null;
  /** Whether nobody wants it any more, while its call is under way: it is not tried again. */
  isCalledOff: boolean;
}

/**
 * Who goes next: about the same person strictly in the order decided, between people by rank and then
 * by order, and nobody before they are due. Every step takes constant or logarithmic time.
 */
export class LineUp {
  readonly #entries = new Map<string, Entry>();
  /** Per person's key, the entries in the order decided. */
  // Nearly every line is one entry long.
  readonly #lines = new Map<string, Entry | Entry[]>();
  /** A place taken before the entry changed is stale, and passed over. */
  readonly #ready: Readonly<Record<Need, TinyQueue<Place>>> = {
    call: new TinyQueue<Place>([], byPosition),
    link: new TinyQueue<Place>([], byPosition),
  };
  readonly #needOf: (entry: Entry) => Need;
  readonly #asleep = new TinyQueue<Place>([], byPosition);

  /** @param needOf what an entry needs next; asked whenever it becomes ready. */
  constructor(needOf: (entry: Entry) => Need = () => 'call') {
    this.#needOf = needOf;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(actionId: string): Entry | undefined {
    return this.#entries.get(actionId);
  }

  /** All entries, in the order in which they were added. */
  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  /** @param names those by which the action's person is the same as another's. */
  add(action: Action, delivery: Delivery, rank: Rank, dueAt: number, names: readonly string[]): Entry {
    const keys = [...new Set(names)];
    const entry: Entry = {
      action,
      keys,
      delivery,
      rank,
      state: 'blocked',
      dueAt,
      giveUpAt: 0,
      isTried: false,
      cleared: null,
      isCalledOff: false,
    };
    this.#entries.set(action.id, entry);
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (line === undefined) this.#lines.set(key, entry);
      else if (Array.isArray(line)) line.push(entry);
      else this.#lines.set(key, [line, entry]);
    }
    this.#settle(entry);
    this.#promoteBlockers(entry);
    return entry;
  }

  remove(entry: Entry): void {
    entry.state = 'gone';
    this.#entries.delete(entry.action.id);
    for (const key of entry.keys) {
      const line = this.#lines.get(key);
      if (Array.isArray(line)) line.splice(line.indexOf(entry), 1);
      if (!Array.isArray(line) || line.length === 0) this.#lines.delete(key);
      const next = this.#first(key);
      if (next?.state === 'blocked') this.#settle(next);
    }
  }

  /** The first with this need that may go out now; it counts as running until {@link back} or {@link remove}. */
  next(now: number, need: Need = 'call'): Entry | undefined {
    if (!this.hasNext(now, need)) return undefined;
    const entry = this.#ready[need].pop()?.entry;
    if (entry) entry.state = 'running';
    return entry;
  }

  /** Whether something with this need may go out now. */
  hasNext(now: number, need: Need = 'call'): boolean {
    this.#wake(now);
    const ready = this.#ready[need];
    for (let place = ready.peek(); place !== undefined; place = ready.peek()) {
      const { entry, position } = place;
      if (entry.state === 'ready' && entry.rank === position && this.#needOf(entry) === need) return true;
      ready.pop();
    }
    return false;
  }

  /** When the next entry wakes; undefined when none sleeps. */
  nextDueAt(): number | undefined {
    for (let place = this.#asleep.peek(); place !== undefined; place = this.#asleep.peek()) {
      if (place.entry.state === 'asleep' && place.entry.dueAt === place.position) return place.position;
      this.#asleep.pop();
    }
    return undefined;
  }

  /** Puts a running entry back, to go out again at its time. */
  back(entry: Entry, rank: Rank, dueAt: number): void {
    entry.rank = rank;
    entry.dueAt = dueAt;
    this.#settle(entry);
  }

  /** Those who are first about the same person, and not done. */
  inFrontOf(entry: Entry): Entry[] {
    return entry.keys.flatMap((key) => this.#first(key) ?? []).filter((first) => first !== entry);
  }

  /** Makes an entry, or everybody who sleeps, due now. */
  rouse(now: number, only?: Entry): void {
    for (const entry of only ? [only] : this.#entries.values()) {
      if (entry.state === 'asleep') this.back(entry, entry.rank, now);
    }
  }

  #first(key: string): Entry | undefined {
    const line = this.#lines.get(key);
    return Array.isArray(line) ? line[0] : line;
  }

  #wake(now: number): void {
    for (let dueAt = this.nextDueAt(); dueAt !== undefined && dueAt <= now; dueAt = this.nextDueAt()) {
      const place = this.#asleep.pop();
      if (place) this.#makeReady(place.entry);
    }
  }

  /** An entry that does not run takes its place: behind somebody, asleep, or ready. */
  #settle(entry: Entry): void {
    if (entry.keys.some((key) => this.#first(key) !== entry)) {
      entry.state = 'blocked';
    } else if (entry.dueAt > 0) {
      entry.state = 'asleep';
      this.#asleep.push({ entry, position: entry.dueAt });
    } else {
      this.#makeReady(entry);
    }
  }

  #makeReady(entry: Entry): void {
    entry.state = 'ready';
    entry.dueAt = 0;
    this.#ready[this.#needOf(entry)].push({ entry, position: entry.rank });
  }

  /** Whoever is in the way of something urgent is urgent. */
  #promoteBlockers(entry: Entry): void {
    if (entry.state !== 'blocked') return;
    for (const key of entry.keys) {
      const line = this.#lines.get(key);
      if (!Array.isArray(line)) continue;
      // Those behind the first are as urgent as those behind them, already.
      for (let at = line.lastIndexOf(entry) - 1; at >= 0; at--) {
        if (!this.#promote(line[at], entry.rank)) break;
      }
      // The first loses its rank by a try that failed.
      this.#promote(line[0], entry.rank);
    }
  }

  /** @returns false when that changes nothing. */
  #promote(blocker: Entry | undefined, rank: Rank): boolean {
    if (!blocker || blocker.rank <= rank) return false;
    blocker.rank = rank;
    if (blocker.state === 'ready') this.#makeReady(blocker);
    this.#promoteBlockers(blocker);
    return true;
  }
}

/** A place in a heap; what it is ordered by must not change while it is in there. */
interface Place {
  readonly entry: Entry;
  /** The rank, or when it is due, as the place was taken. */
  readonly position: number;
}

function byPosition(one: Place, other: Place): number {
  return one.position - other.position || one.entry.action.sequence - other.entry.action.sequence;
}
