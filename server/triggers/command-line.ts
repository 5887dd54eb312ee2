/** What somebody typed after a command's name. */
export interface CommandLine {
  /** Its words: split at spaces, double quotes group, `\"` is a quote inside them. */
  readonly words: readonly string[];
  /**
   * All that comes after so many words, as it was typed: quotes inside stay, those around the whole come off.
   *
   * @param count how many words come before it.
   */
  textAfter(count: number): string;
}

/** A word, and where it ends in the line. */
interface Word {
  readonly text: string;
  readonly end: number;
}

/**
 * Reads a command's words and texts from the line as it was typed.
 *
 * The server's own words do not do: for it, one that begins with `#` or `//` begins a comment, and the rest of the
 * line is gone (`broke rule #4`). It hands over the whole line as well: what was typed in the console, up to a line
 * end or a semicolon outside quotes, or what was typed in chat, whole, without the slash. Source: the platform's
 * `Console.cpp` and its chat resource.
 *
 * @param args the server's own words, without the command's name. They count when the line is none of this command's.
 * @param raw the whole line, the command's name first.
 */
export function readCommandLine(args: readonly string[], raw: string): CommandLine {
  const [name, ...words] = wordsOf(raw);
  // A command that is run word by word, and not by its line, has no line, or that of the command that ran it.
  const isItsLine = args[0] === undefined || args[0] === words[0]?.text;
  if (!isItsLine) return { words: args, textAfter: (count) => args.slice(count).join(' ') };
  return {
    words: words.map(({ text }) => text),
    textAfter(count) {
      const before = count === 0 ? name : words[count - 1];
      return before ? unquoted(raw.slice(before.end).trim()) : '';
    },
  };
}

function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  for (let at = skipSpace(line, 0); at < line.length; at = skipSpace(line, at)) {
    const word = line[at] === '"' ? quotedWord(line, at) : bareWord(line, at);
    words.push(word);
    at = word.end;
  }
  return words;
}

/** As the server has it, everything up to the space character is a space. */
function skipSpace(line: string, from: number): number {
  let at = from;
  while (at < line.length && line.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** A word without quotes ends at a space, and where a quoted one begins. */
function bareWord(line: string, from: number): Word {
  let end = from;
  while (end < line.length && line.charCodeAt(end) > SPACE && line[end] !== '"') end++;
  return { text: line.slice(from, end), end };
}

/** @param from where its first quote is. Without a last one it goes on to the end of the line. */
function quotedWord(line: string, from: number): Word {
  let text = '';
  let at = from + 1;
  while (at < line.length && line[at] !== '"') {
    if (line[at] === '\\' && line[at + 1] === '"') at++;
    text += line[at];
    at++;
  }
  return { text, end: at + 1 };
}

/** A text that is one quoted word, without its quotes. */
function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  const word = quotedWord(text, 0);
  return word.end >= text.length ? word.text : text;
}

const SPACE = 0x20;
