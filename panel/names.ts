/** Letters and symbols that leave no ink all the same: fillers of Hangul and of braille. */
const BLANK = /[\u115f\u1160\u3164\uffa0\u2800]/g;
const INK = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** @returns the name, or what is said of somebody whose name cannot be seen: their row would look broken. */
export function legible(name: string, nameless: string): string {
  return INK.test(name.replace(BLANK, '')) ? name : nameless;
}
