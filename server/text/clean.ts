/** Longest reason that is kept, in characters. */
export const MAX_REASON = 256;
/** Longest name of a person or author that is shown, in characters. */
export const MAX_NAME = 64;
/** Longest piece of somebody else's answer (Sonoran's, a proxy's) that is shown, in characters. */
export const MAX_WORDS = 200;

/**
 * Makes text from outside safe to show on one line of chat, console or a drop message.
 *
 * Every caret goes, not just `^1`: taking out the codes alone would let `^^11` become one. Control,
 * format (text direction, zero width) and line-separating characters become spaces, so that nobody
 * can forge a line or turn one around; half surrogate pairs are replaced.
 *
 * @param maxLength in characters as people count them (code points); what is longer ends in `…`.
 * @returns one line without leading, trailing or repeated spaces; it may be empty.
 */
export function cleanText(text: string, maxLength: number): string {
  // Four code units a character at the most are looked at: a megabyte of input must not cost a megabyte of work.
  const line = text
    .slice(0, maxLength * 4)
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .replaceAll('^', '')
    .replace(/ +/g, ' ')
    .trim();
  const characters = Array.from(line);
  if (characters.length <= maxLength) return line;
  return `${characters
    .slice(0, maxLength - 1)
    .join('')
    .trimEnd()}…`;
}
