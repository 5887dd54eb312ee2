/** Bytes of a piece: as much as is written to the store when one line of it changes. A power of two. */
export const PIECE_BYTES = 2 ** 14;
/** Longest line that fits into an empty piece: its mark, and the sentinel behind it, take a byte each. */
export const MAX_LINE = PIECE_BYTES - 2;
/** A line that has been taken out, and the end of the last one. */
const GONE = 255;
/** Marks begin here; text is below. */
export const FIRST_MARK = 128;
/** Different marks that a line can have. */
export const MARKS = GONE - FIRST_MARK;
const NEWLINE = 10;
/** Up to so much in it, a piece is worth tidying up for the room. */
const ROOMY_BYTES = (PIECE_BYTES / 4) * 3;

/**
 * Lines of ASCII text in one stretch of memory. A line begins with a mark, a byte that no text has and that is
 * not stored: it tells where the line before ends, and holds a number from 0 up to {@link MARKS} (excluded).
 */
export class Piece {
  /** A `Buffer` for its fast way to strings. */
  readonly bytes = Buffer.alloc(PIECE_BYTES);
  /** Where the next line begins. */
  #end = 0;
  /** Bytes of the lines that are there, marks included. */
  #used = 0;

  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** Whether tidying it up would give enough room to be worth it. */
  get isRoomy(): boolean {
    return this.#used <= ROOMY_BYTES;
  }

  /** Whether a line of this length, in bytes, can be added as it is. */
  hasRoom(length: number): boolean {
    return length <= MAX_LINE - this.#end;
  }

  /** Whether a line of this length, in bytes, could be added once it is tidied up. */
  couldHaveRoom(length: number): boolean {
    return length <= MAX_LINE - this.#used;
  }

  /** Adds a line for which there is room. @returns where its text begins. */
  add(source: Buffer, start: number, end: number, mark: number): number {
    const at = this.#end + 1;
    this.bytes[this.#end] = FIRST_MARK + mark;
    source.copy(this.bytes, at, start, end);
    this.#end = at + end - start;
    this.bytes[this.#end] = GONE;
    this.#used += end - start + 1;
    return at;
  }

  /** Takes out the line whose text begins here. */
  remove(start: number): void {
    this.#used -= this.endOf(start) - start + 1;
    this.bytes[start - 1] = GONE;
  }

  /** Where the text of a line begins. @param at a place in it. */
  startOf(at: number): number {
    let start = at;
    while ((this.bytes[start - 1] ?? GONE) < FIRST_MARK) start--;
    return start;
  }

  /** Where the text of a line ends. @param at a place in it. */
  endOf(at: number): number {
    let end = at;
    while ((this.bytes[end] ?? GONE) < FIRST_MARK) end++;
    return end;
  }

  /** The mark of the line whose text begins here. */
  markOf(start: number): number {
    return (this.bytes[start - 1] ?? FIRST_MARK) - FIRST_MARK;
  }

  setMark(start: number, mark: number): void {
    this.bytes[start - 1] = FIRST_MARK + mark;
  }

  /** Where the text of the next line begins. @param from where one ends, or 0. @returns 0 when there is none. */
  next(from: number): number {
    let at = from;
    while (at < this.#end) {
      if (this.bytes[at] !== GONE) return at + 1;
      at = this.endOf(at + 1);
    }
    return 0;
  }

  /** Closes the gaps. @param onMove told of every line that has moved: where its text begins now, and began. */
  tidyUp(onMove: (start: number, before: number) => void): void {
    let end = 0;
    for (let start = this.next(0); start !== 0; ) {
      const after = this.endOf(start);
      const moved = end + 1;
      this.bytes.copyWithin(end, start - 1, after);
      end += after - start + 1;
      if (moved !== start) {
        this.bytes[end] = GONE;
        onMove(moved, start);
      }
      start = this.next(after);
    }
    this.#end = end;
  }

  /** The lines, each with a newline behind it. */
  text(): string {
    let at = 0;
    for (let start = this.next(0); start !== 0; ) {
      const end = this.endOf(start);
      for (let from = start; from < end; from++) SCRATCH[at++] = this.bytes[from] ?? 0;
      SCRATCH[at++] = NEWLINE;
      start = this.next(end);
    }
    return SCRATCH.toString('latin1', 0, at);
  }
}

/** A line's newline takes the place of its mark, so that a piece's text is never longer than the piece. */
const SCRATCH = Buffer.alloc(PIECE_BYTES);
