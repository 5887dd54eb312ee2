/** Tables in all; one grows at a time, so that no growth takes long. A power of two. */
const SHARDS = 256;
/** A table that holds nothing: one empty slot. */
const NOTHING = new Uint32Array(2);
/** Slots of the smallest table that holds something. A power of two, as all are. */
const FIRST_SLOTS = 16;

/**
 * From hashes to references: numbers above 0 that mean something to the caller, who decides which of those
 * with the right hash is the right one. Two 32-bit numbers a slot, hash and reference, with open addressing:
 * nothing for the garbage collector to trace or to move.
 */
export class HashTable {
  readonly #shards: Uint32Array[] = Array.from({ length: SHARDS }, () => NOTHING);
  readonly #counts = new Uint32Array(SHARDS);

  /** What the tables take up. */
  get bytes(): number {
    return this.#shards.reduce((sum, slots) => sum + slots.byteLength, 0);
  }

  /** Puts a reference in; the same pair may be there several times. @param hash 32 bits, well mixed. */
  add(hash: number, reference: number): void {
    const shard = shardOf(hash);
    let slots = this.#shards[shard] ?? NOTHING;
    const count = (this.#counts[shard] ?? 0) + 1;
    // Three quarters full at most: beyond, the ways get long.
    if (count * 4 > (slots.length / 2) * 3) {
      slots = grown(slots);
      this.#shards[shard] = slots;
    }
    set(slots, hash, reference, home(slots, hash));
    this.#counts[shard] = count;
  }

  /** The first reference with this hash that is the right one; 0 when there is none. */
  find(hash: number, isRight: (reference: number) => boolean): number {
    const slots = this.#shards[shardOf(hash)] ?? NOTHING;
    for (let at = home(slots, hash); ; at = following(slots, at)) {
      const reference = slots[at + 1] ?? 0;
      if (reference === 0 || (slots[at] === hash && isRight(reference))) return reference;
    }
  }

  /** Puts another reference in a pair's place, if the pair is there. */
  replace(hash: number, reference: number, by: number): void {
    const slots = this.#shards[shardOf(hash)] ?? NOTHING;
    const at = placeOf(slots, hash, reference);
    if (slots[at + 1] !== 0) slots[at + 1] = by;
  }

  /** Takes a pair out, if it is there. */
  remove(hash: number, reference: number): void {
    const shard = shardOf(hash);
    const slots = this.#shards[shard] ?? NOTHING;
    let hole = placeOf(slots, hash, reference);
    if (slots[hole + 1] === 0) return;
    this.#counts[shard] = (this.#counts[shard] ?? 0) - 1;
    // Whoever stands behind the hole because of who stood there moves up, so that no way ends too soon.
    for (let at = following(slots, hole); slots[at + 1] !== 0; at = following(slots, at)) {
      if (way(slots, home(slots, slots[at] ?? 0), at) < way(slots, hole, at)) continue;
      slots[hole] = slots[at] ?? 0;
      slots[hole + 1] = slots[at + 1] ?? 0;
      hole = at;
    }
    slots[hole + 1] = 0;
  }
}

/** By the hash's upper bits; the lower ones choose the slot. */
function shardOf(hash: number): number {
  return hash >>> 24;
}

/** Where a hash belongs: the index of a slot's first number, as everywhere below. */
function home(slots: Uint32Array, hash: number): number {
  return (hash << 1) & (slots.length - 1);
}

function following(slots: Uint32Array, at: number): number {
  return (at + 2) & (slots.length - 1);
}

/** How far it is from one slot on to another. */
function way(slots: Uint32Array, from: number, to: number): number {
  return (to - from) & (slots.length - 1);
}

/** Where a pair is, or the empty slot at the end of the way there. */
function placeOf(slots: Uint32Array, hash: number, reference: number): number {
  let at = home(slots, hash);
  while (slots[at + 1] !== 0 && (slots[at] !== hash || slots[at + 1] !== reference))
    at = following(slots, at);
  return at;
}

/** @param from where to look for room. @returns where it was. */
function set(slots: Uint32Array, hash: number, reference: number, from: number): number {
  let at = from;
  while (slots[at + 1] !== 0) at = following(slots, at);
  slots[at] = hash;
  slots[at + 1] = reference;
  return at;
}

function grown(slots: Uint32Array): Uint32Array {
  const larger = new Uint32Array(Math.max(slots.length * 2, FIRST_SLOTS * 2));
  let last = 0;
  for (let at = 0; at < slots.length; at += 2) {
    const hash = slots[at] ?? 0;
    const reference = slots[at + 1] ?? 0;
    if (reference === 0) continue;
    // Of a key that thousands share, each would go all the way behind the others again.
    const from = larger[last + 1] !== 0 && larger[last] === hash ? last : home(larger, hash);
    last = set(larger, hash, reference, from);
  }
  return larger;
}
