/** What goes into a hash besides the text: who does not know it cannot craft two texts of one hash. */
export interface HashKey {
  readonly low: number;
  readonly high: number;
}

/** @param seed a whole number from 0 on. */
export function hashKey(seed: number): HashKey {
  // An odd factor spreads a small seed over both halves.
  return { low: seed | 0, high: Math.imul(seed ^ Math.floor(seed / 2 ** 32), 0x9e3779b1) };
}

/** HalfSipHash-1-3 (as Linux has it in lib/siphash.c) of some bytes. @returns 32 bits, as a number from 0 on. */
export function keyedHash(key: HashKey, bytes: Uint8Array, start: number, length: number): number {
  let v0 = key.low;
  let v1 = key.high;
  let v2 = key.low ^ 0x6c796765;
  let v3 = key.high ^ 0x74656462;
  const words = length >>> 2;
  // After the words one of what is left, with the length, and three empty ones to finish.
  for (let step = 0; step < words + 4; step++) {
    const at = start + step * 4;
    let word = 0;
    if (step < words) word = lowBytes(bytes, at) | ((bytes[at + 3] ?? 0) << 24);
    else if (step === words) word = (lowBytes(bytes, at) & ~(-1 << (8 * (length & 3)))) | (length << 24);
    else if (step === words + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

/** Three bytes as a number, the first one lowest. */
function lowBytes(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
}
