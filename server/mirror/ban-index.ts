import { banOf, DASH, isKeyByte, isLine, keptKeys, lineOf, MAX_KEY, PLUS, TAB } from './ban-line.ts';
import { HashTable } from './hash-table.ts';
import { type HashKey, hashKey, keyedHash } from './keyed-hash.ts';
import { FIRST_MARK, MARKS, MAX_LINE, PIECE_BYTES, Piece } from './piece.ts';

/** A ban as the mirror keeps it. Keys are lower-case ASCII: `steam:1100001…`, or a bare value `1100001…`. */
export interface Ban {
  /** Sonoran's id of the account, a lower-case UUID; null when it is not known. */
  readonly account: string | null;
  /** When the ban was first seen from here, in Unix milliseconds; null when it was there before anybody looked. */
  readonly since: number | null;
  /** The keys by which Sonoran lists the account. */
  readonly listed: readonly string[];
  /** Keys of the person that our own decision knew; they go when the ban goes. */
  readonly own: readonly string[];
}

/** A piece that has changed. */
export interface ChangedPiece {
  readonly piece: number;
  /** To be stored; null when nothing is in it any more. */
  readonly text: string | null;
}

/** Pieces that references can tell apart, in the 32 bits that they have. */
const MAX_PIECES = 2 ** 32 / PIECE_BYTES;
/** The mark of a line that was loaded and not seen since. */
const UNSEEN = 0;
/** Rounds that marks can tell apart; beyond, they begin anew. */
const ROUNDS = MARKS - 1;
const NEWLINE = 10;
const NONE = 0;

/**
 * The banned accounts of one product, by account and by key. A hundred thousand take up about 20 MiB, which
 * the garbage collector neither traces nor moves: the bans are lines of text in pieces of 16 KiB, and hash
 * tables refer to where in the text a name (an account or a key) is. Two names are the same when their texts
 * are, whatever their hashes.
 *
 * A ban keeps each key once and up to 64 of each sort; keys that are not `[0-9a-z:]{1,80}` are left out, and
 * so are an account that is not a lower-case UUID and a time that is not a whole number of 15 digits at most.
 *
 * No step takes longer than a piece does, except where thousands of accounts share one key: what touches
 * that key takes time in proportion to how many they are.
 */
export class BanIndex {
  readonly #key: HashKey;
  readonly #table = new HashTable();
  readonly #pieces: Array<Piece | undefined> = [];
  /** The piece to which lines are added. */
  #current: number | undefined;
  /** Other pieces with room. */
  readonly #roomy = new Set<number>();
  readonly #changed = new Set<number>();
  #size = 0;
  #latestRound = 0;
  /** The name that is looked for, of `#length` bytes. */
  readonly #name = Buffer.alloc(MAX_KEY);
  #length = 0;

  /** @param seed a whole number from 0 on, that nobody can guess. */
  constructor(seed: number) {
    this.#key = hashKey(seed);
  }

  /** How many bans there are. */
  get size(): number {
    return this.#size;
  }

  /** The ban that a key or an account id belongs to; any one of them when several share a key. */
  find(keyOrAccount: string): Ban | undefined {
    const reference = this.#locate(keyOrAccount);
    return reference === NONE ? undefined : this.#banAt(reference);
  }

  /** Whether there is one; like {@link find}, without making the object. */
  has(keyOrAccount: string): boolean {
    return this.#locate(keyOrAccount) !== NONE;
  }

  /**
   * Adds a ban, or replaces the one of the same account. One that has neither account nor key is not kept.
   *
   * @param round the read in which it was seen: a whole number from 0 on, that never goes back.
   */
  put(ban: Ban, round: number): void {
    const text = lineOf(ban);
    if (text === undefined) return;
    const line = Buffer.from(text, 'latin1');
    this.#replaceSame(line, 0);
    this.#addAnywhere(line, 0, line.length, this.#markOf(round));
  }

  /**
   * Notes that an account was seen again in a read.
   *
   * @returns false when it is not here, or its listed keys are others: then it is to be put.
   */
  seen(account: string, listed: readonly string[], round: number): boolean {
    const reference = this.#locate(account);
    if (reference === NONE) return false;
    const ban = this.#banAt(reference);
    const keys = keptKeys(listed);
    if (ban.account !== account || keys.length !== ban.listed.length) return false;
    if (!keys.every((key) => ban.listed.includes(key))) return false;
    const piece = this.#pieceOf(reference);
    piece.setMark(piece.startOf(reference % PIECE_BYTES), this.#markOf(round));
    return true;
  }

  /**
   * Takes out every ban that a key or account belongs to.
   *
   * @param isMeant asked of each of them; without it, all are meant.
   * @returns what was taken out.
   */
  remove(keyOrAccount: string, isMeant: (ban: Ban) => boolean = () => true): Ban[] {
    const removed: Ban[] = [];
    for (const line of this.#linesWith(keyOrAccount)) {
      const ban = this.#banAt(line);
      if (!isMeant(ban)) continue;
      removed.push(ban);
      this.#removeAt(line);
    }
    return removed;
  }

  /**
   * Takes out what is not to be kept. One step of the iteration is one piece, so that the caller can pause, and
   * use the index otherwise, in between.
   *
   * @param isKept told in which round a ban was last put or seen, undefined when it was loaded and not seen
   *   since. One that was last seen {@link ROUNDS} rounds ago or more seems to have been seen later than it was.
   * @returns step by step what was taken out.
   */
  *sweep(isKept: (round: number | undefined, ban: () => Ban) => boolean): Generator<Ban[]> {
    for (let number = 0; number < this.#pieces.length; number++) {
      const piece = this.#pieces[number];
      if (piece) yield this.#sweepPiece(number, piece, isKept);
    }
  }

  /**
   * Adds the bans of a piece's text as it was stored, which may have become anything since. Of the same account
   * twice the later one stays. Lines that make no sense are left out, and so is one without an end: a key that
   * was cut short could be somebody else's. What the piece has no room for goes into another one.
   *
   * @returns how many lines were left out.
   */
  load(number: number, text: string): number {
    // In UTF-8, whatever is not ASCII becomes bytes that are in no line.
    const bytes = Buffer.from(text);
    let senseless = 0;
    let moved = 0;
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline === -1 ? bytes.length : newline;
      if (newline === -1 || end - start > MAX_LINE || !isLine(bytes, start, end)) {
        senseless++;
      } else {
        this.#replaceSame(bytes, start);
        if (this.#pieceToLoad(number)?.hasRoom(end - start)) this.#addTo(number, bytes, start, end, UNSEEN);
        else {
          this.#addAnywhere(bytes, start, end, UNSEEN);
          moved++;
        }
      }
      start = end + 1;
    }
    const isEmpty = this.#pieces[number]?.isEmpty ?? true;
    if (senseless > 0 || moved > 0 || isEmpty) this.#changed.add(number);
    this.#settle(number);
    return senseless;
  }

  /**
   * The pieces that have changed since they were taken last. Each is made, and off the list, when the iteration
   * comes to it, so that the caller can pause, and use the index otherwise, in between.
   */
  *takeChanged(): Generator<ChangedPiece> {
    for (const number of this.#changed) {
      this.#changed.delete(number);
      yield { piece: number, text: this.#pieces[number]?.text() || null };
    }
  }

  /** @returns a reference to the name in some line, or {@link NONE}. */
  #locate(name: string): number {
    return this.#setName(name) ? this.#table.find(this.#hashOfName(), this.#isTheName) : NONE;
  }

  /** References to the beginnings of all lines with the name. */
  #linesWith(name: string): Set<number> {
    const lines = new Set<number>();
    if (!this.#setName(name)) return lines;
    this.#table.find(this.#hashOfName(), (reference) => {
      if (this.#isTheName(reference)) {
        const at = reference % PIECE_BYTES;
        // A key may be in one line twice, listed and own.
        lines.add(reference - at + this.#pieceOf(reference).startOf(at));
      }
      return false;
    });
    return lines;
  }

  /** Sets the name that is looked for. @returns false when no line can have it. */
  #setName(name: string): boolean {
    if (name.length > MAX_KEY) return false;
    for (let at = 0; at < name.length; at++) {
      const code = name.charCodeAt(at);
      if (code !== DASH && !isKeyByte(code)) return false;
      this.#name[at] = code;
    }
    this.#length = name.length;
    return true;
  }

  #hashOfName(): number {
    return keyedHash(this.#key, this.#name, 0, this.#length);
  }

  /** Whether what a reference refers to is the name that is looked for, and no longer one. */
  readonly #isTheName = (reference: number): boolean => {
    const { bytes } = this.#pieceOf(reference);
    const start = reference % PIECE_BYTES;
    for (let at = 0; at < this.#length; at++) {
      if (bytes[start + at] !== this.#name[at]) return false;
    }
    const after = bytes[start + this.#length] ?? TAB;
    return after === TAB || after >= FIRST_MARK;
  };

  #pieceOf(reference: number): Piece {
    const piece = this.#pieces[Math.floor(reference / PIECE_BYTES)];
    if (!piece) throw new Error('a reference to a piece that is not there');
    return piece;
  }

  #banAt(reference: number): Ban {
    const piece = this.#pieceOf(reference);
    const at = reference % PIECE_BYTES;
    return banOf(piece.bytes.toString('latin1', piece.startOf(at), piece.endOf(at)));
  }

  /** Takes out the ban whose account a line is about, if it names one. */
  #replaceSame(bytes: Buffer, start: number): void {
    if (bytes[start] === DASH) return;
    this.#length = bytes.copy(this.#name, 0, start, bytes.indexOf(TAB, start));
    const reference = this.#table.find(this.#hashOfName(), this.#isTheName);
    if (reference !== NONE) this.#removeAt(reference);
  }

  #addAnywhere(bytes: Buffer, start: number, end: number, mark: number): void {
    const number = this.#roomFor(end - start);
    this.#addTo(number, bytes, start, end, mark);
    this.#changed.add(number);
  }

  #addTo(number: number, bytes: Buffer, start: number, end: number, mark: number): void {
    const piece = this.#pieces[number];
    if (!piece) throw new Error('a line for a piece that is not there');
    const base = number * PIECE_BYTES;
    const added = piece.add(bytes, start, end, mark);
    this.#eachName(piece, added, (hash, at) => this.#table.add(hash, base + at));
    this.#size++;
  }

  #removeAt(reference: number): void {
    const number = Math.floor(reference / PIECE_BYTES);
    const piece = this.#pieceOf(reference);
    const start = piece.startOf(reference % PIECE_BYTES);
    const base = number * PIECE_BYTES;
    this.#eachName(piece, start, (hash, at) => this.#table.remove(hash, base + at));
    piece.remove(start);
    this.#size--;
    this.#changed.add(number);
    this.#settle(number);
  }

  /** Goes through the account and the keys of the line whose text begins here: their hashes, and where they are. */
  #eachName(piece: Piece, start: number, onName: (hash: number, at: number) => void): void {
    const { bytes } = piece;
    const lineEnd = piece.endOf(start);
    for (let at = start, field = 0; at < lineEnd; field++) {
      const name = bytes[at] === PLUS ? at + 1 : at;
      let end = name;
      while (end < lineEnd && bytes[end] !== TAB) end++;
      // The second field is a time, and a dash stands for an account that is not known.
      if (field !== 1 && bytes[name] !== DASH) {
        onName(keyedHash(this.#key, bytes, name, end - name), name);
      }
      at = end + 1;
    }
  }

  /** @returns the number of a piece with room for a line of so many bytes. */
  #roomFor(length: number): number {
    if (this.#current !== undefined && this.#makeRoom(this.#current, length)) return this.#current;
    const left = this.#current;
    this.#current = undefined;
    for (const number of this.#roomy) {
      if (this.#makeRoom(number, length)) {
        this.#current = number;
        break;
      }
    }
    this.#current ??= this.#newPiece();
    this.#roomy.delete(this.#current);
    if (left !== undefined) this.#settle(left);
    return this.#current;
  }

  /** Tidies a piece up if that helps. @returns whether it has room now. */
  #makeRoom(number: number, length: number): boolean {
    const piece = this.#pieces[number];
    if (!piece) return false;
    if (piece.hasRoom(length)) return true;
    // A quarter of it is free then, so that lines are moved a few times at most for every one that is added.
    if (!piece.isRoomy || !piece.couldHaveRoom(length)) return false;
    const base = number * PIECE_BYTES;
    piece.tidyUp((start, before) => {
      this.#eachName(piece, start, (hash, at) =>
        this.#table.replace(hash, base + at - start + before, base + at),
      );
    });
    return true;
  }

  #newPiece(): number {
    let number = 0;
    while (this.#pieces[number]) number++;
    this.#pieces[number] = new Piece();
    return number;
  }

  /** The piece of a number from the store; undefined when no piece could have it. */
  #pieceToLoad(number: number): Piece | undefined {
    if (!Number.isInteger(number) || number < 0 || number >= MAX_PIECES) return undefined;
    const piece = this.#pieces[number] ?? new Piece();
    this.#pieces[number] = piece;
    return piece;
  }

  /** Notes whether a piece has room, and lets go of one in which nothing is. */
  #settle(number: number): void {
    const piece = this.#pieces[number];
    const isCurrent = number === this.#current;
    if (piece?.isEmpty && !isCurrent) this.#pieces[number] = undefined;
    if (piece?.isRoomy && !piece.isEmpty && !isCurrent) this.#roomy.add(number);
    else this.#roomy.delete(number);
  }

  #sweepPiece(
    number: number,
    piece: Piece,
    isKept: (round: number | undefined, ban: () => Ban) => boolean,
  ): Ban[] {
    const removed: Ban[] = [];
    for (let start = piece.next(0); start !== 0; ) {
      const reference = number * PIECE_BYTES + start;
      const end = piece.endOf(start);
      const ban = () => this.#banAt(reference);
      if (!isKept(this.#roundOf(piece.markOf(start)), ban)) {
        removed.push(ban());
        this.#removeAt(reference);
      }
      start = piece.next(end);
    }
    return removed;
  }

  #markOf(round: number): number {
    this.#latestRound = Math.max(this.#latestRound, round);
    return UNSEEN + 1 + (round % ROUNDS);
  }

  /** The latest round that has this mark. */
  #roundOf(mark: number): number | undefined {
    if (mark === UNSEEN) return undefined;
    const latest = this.#latestRound;
    return latest - ((latest + ROUNDS - (mark - UNSEEN - 1)) % ROUNDS);
  }
}
