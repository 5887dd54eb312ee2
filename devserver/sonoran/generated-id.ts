import { createHash } from 'node:crypto';

/** @returns a UUID that is the same for the same seed and counter, in every run. */
export function generatedUuid(seed: string, counter: number): string {
  const hex = createHash('sha256').update(`${seed}:${counter}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
