import { banOf, keptBan, lineOf } from './ban-line.ts';

/** A ban as it is kept. Keys are lower-case ASCII: `steam:1100001…`, or a bare value `1100001…`. */
export interface Ban {
  /** Sonoran's id of the account, a lower-case UUID; null when it is not known. */
  readonly account: string | null;
  /** When the ban was first seen from here, in Unix milliseconds; null when it was there before anybody looked. */
  readonly since: number | null;
  /** Keys that Sonoran had for the account when it was first listed, or that were seen on its holder since. */
  readonly listed: readonly string[];
  /** Keys of the person that our own decision knew; they go when the ban goes. */
  readonly own: readonly string[];
  /** `type:value` that Discord's own login or the vendor's core has for the account. */
  readonly proven: readonly string[];
  /** Keys that the account has got since, and that nothing but its owner's word speaks for: nobody is found by them. */
  readonly claims: readonly string[];
  /** Whether it has been told which keys the account has: what comes later is a claim. */
  readonly isListed: boolean;
  /** When what the vendor's core has registered was read, in Unix milliseconds; null when it never was. */
  readonly registeredAt: number | null;
}

const NONE: readonly string[] = [];

/** A ban of which nothing is known but whose it is, and since when. */
export function newBan(account: string | null, since: number | null): Ban {
  return {
    account,
    since,
    listed: NONE,
    own: NONE,
    proven: NONE,
    claims: NONE,
    isListed: false,
    registeredAt: null,
  };
}

/** A page that has changed. */
export interface ChangedPage {
  readonly page: number;
  /** To be stored; null when nothing is on it any more. */
  readonly text: string | null;
}

/** Most bans on a page: it is written whole when one of them changes. */
const PAGE_BANS = 200;

interface Row {
  readonly ban: Ban;
  readonly page: number;
  /** The read in which it was last put or seen; undefined when it was loaded and not seen since. */
  round: number | undefined;
}

/**
 * The banned accounts of one product, by account and by key; and the pages of text in which they are stored, a
 * line a ban.
 */
export class BanIndex {
  /** By account and by key. Several people may have typed in the same key, but hardly anybody has. */
  readonly #rows = new Map<string, Row | readonly Row[]>();
  readonly #pages = new Map<number, Set<Row>>();
  /** Those with room. */
  readonly #roomy = new Set<number>();
  readonly #changed = new Set<number>();
  #nextPage = 0;
  #size = 0;

  /** How many bans there are. */
  get size(): number {
    return this.#size;
  }

  /** The ban that a key or an account id belongs to; any one of them when several share a key. */
  find(keyOrAccount: string): Ban | undefined {
    return this.#with(keyOrAccount)[0]?.ban;
  }

  /** All bans that a key or an account id belongs to. */
  findAll(keyOrAccount: string): readonly Ban[] {
    return this.#with(keyOrAccount).map(({ ban }) => ban);
  }

  /** The accounts that were not seen in a read, in no order. */
  unseen(round: number): string[] {
    return [...this.#pages.values()].flatMap((rows) =>
      [...rows].flatMap((row) => (row.round !== round && row.ban.account !== null ? [row.ban.account] : [])),
    );
  }

  /** Every ban, in no order. The index is not to be changed meanwhile. */
  *all(): Generator<Ban> {
    for (const rows of this.#pages.values()) for (const { ban } of rows) yield ban;
  }

  /**
   * Adds a ban, or replaces the one of the same account. What no identifier could match is left out, and a ban of
   * which nothing is left.
   *
   * @param round the read in which it was seen; undefined leaves that as it was.
   */
  put(ban: Ban, round?: number): void {
    const kept = keptBan(ban);
    if (!kept) return;
    // Where it was, so that one page changes and not two.
    const before = this.#removeAccount(kept.account);
    this.#add(kept, before?.page ?? this.#roomyPage(), round ?? before?.round);
  }

  /** Notes that an account was seen again in a read. */
  touch(account: string, round: number): void {
    const row = this.#rowOf(account);
    if (row) row.round = round;
  }

  /**
   * Takes out every ban that a key or account belongs to.
   *
   * @param isMeant asked of each of them; without it, all are meant.
   * @returns what was taken out.
   */
  remove(keyOrAccount: string, isMeant: (ban: Ban) => boolean = () => true): Ban[] {
    const rows = this.#with(keyOrAccount).filter(({ ban }) => isMeant(ban));
    for (const row of rows) this.#take(row);
    return rows.map(({ ban }) => ban);
  }

  /**
   * Takes out what is not to be kept. One step of the iteration is one page, so that the caller can pause, and
   * use the index otherwise, in between.
   *
   * @param isKept told in which round a ban was last put or seen, undefined when it was loaded and not seen since.
   * @returns step by step what was taken out.
   */
  *sweep(isKept: (round: number | undefined, ban: Ban) => boolean): Generator<Ban[]> {
    for (const page of [...this.#pages.keys()]) {
      const gone = [...(this.#pages.get(page) ?? [])].filter(({ round, ban }) => !isKept(round, ban));
      for (const row of gone) this.#take(row);
      yield gone.map(({ ban }) => ban);
    }
  }

  /**
   * Adds the bans of a page as it was stored, which may have become anything since. Of the same account twice the
   * later one stays. Lines that make no sense are left out, and so is one without an end: a key that was cut short
   * could be somebody else's.
   *
   * @returns how many lines were left out.
   */
  load(page: number, text: string): number {
    const lines = text.split('\n');
    const isCutShort = lines.pop() !== '';
    let senseless = isCutShort ? 1 : 0;
    this.#nextPage = Math.max(this.#nextPage, page + 1);
    for (const line of lines) {
      const ban = banOf(line);
      if (!ban) {
        senseless++;
        continue;
      }
      this.#removeAccount(ban.account);
      this.#add(ban, page, undefined, false);
    }
    if (senseless > 0 || !this.#pages.has(page)) this.#changed.add(page);
    return senseless;
  }

  /**
   * The pages that have changed since they were taken last. Each is made, and off the list, when the iteration
   * comes to it, so that the caller can pause, and use the index otherwise, in between.
   */
  *takeChanged(): Generator<ChangedPage> {
    for (const page of this.#changed) {
      this.#changed.delete(page);
      yield { page, text: this.#textOf(page) };
    }
  }

  #textOf(page: number): string | null {
    const rows = this.#pages.get(page);
    return rows ? [...rows].map(({ ban }) => `${lineOf(ban)}\n`).join('') : null;
  }

  #with(name: string): readonly Row[] {
    const rows = this.#rows.get(name);
    if (rows === undefined) return [];
    return 'ban' in rows ? [rows] : rows;
  }

  #rowOf(account: string): Row | undefined {
    return this.#with(account).find(({ ban }) => ban.account === account);
  }

  #removeAccount(account: string | null): Row | undefined {
    const row = account === null ? undefined : this.#rowOf(account);
    if (row) this.#take(row);
    return row;
  }

  #add(ban: Ban, page: number, round: number | undefined, isChange = true): void {
    const row: Row = { ban, page, round };
    for (const name of namesOf(ban)) {
      const others = this.#rows.get(name);
      if (others === undefined) this.#rows.set(name, row);
      else if (others !== row)
        this.#rows.set(name, [...this.#with(name).filter((other) => other !== row), row]);
    }
    const rows = this.#pages.get(page) ?? new Set();
    this.#pages.set(page, rows.add(row));
    if (rows.size < PAGE_BANS) this.#roomy.add(page);
    else this.#roomy.delete(page);
    if (isChange) this.#changed.add(page);
    this.#size++;
  }

  #take(row: Row): void {
    const { ban, page } = row;
    for (const name of namesOf(ban)) {
      const [first, ...others] = this.#with(name).filter((other) => other !== row);
      if (!first) this.#rows.delete(name);
      else this.#rows.set(name, others.length === 0 ? first : [first, ...others]);
    }
    const rows = this.#pages.get(page);
    rows?.delete(row);
    if (rows?.size === 0) this.#pages.delete(page);
    this.#roomy.add(page);
    this.#changed.add(page);
    this.#size--;
  }

  #roomyPage(): number {
    for (const page of this.#roomy) return page;
    return this.#nextPage++;
  }
}

/** What a ban is found by; a key that is of several sorts is in it several times. */
function namesOf(ban: Ban): readonly string[] {
  const keys = countingKeys(ban);
  return ban.account === null ? keys : [ban.account, ...keys];
}

/** The keys by which somebody is found. */
export function countingKeys({ listed, own, proven }: Ban): string[] {
  return [...listed, ...own, ...proven];
}
