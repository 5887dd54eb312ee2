/**
 * Splits console text into commands, as the console's buffer does: at line ends, and at semicolons that
 * are not inside double quotes.
 */
export function splitCommands(text: string): string[] {
  const commands: string[] = [];
  let current = '';
  let quoted = false;
  for (const character of text) {
    if (character === '\n' || character === '\r') {
      commands.push(current);
      current = '';
      quoted = false;
      continue;
    }
    if (character === '"') quoted = !quoted;
    if (character === ';' && !quoted) {
      commands.push(current);
      current = '';
    } else {
      current += character;
    }
  }
  commands.push(current);
  return commands.filter((command) => command.trim() !== '');
}

/** A comment begins only at the start of a word, so that `http://host` and `a#b` stay whole. */
function startsComment(line: string, at: number): boolean {
  return line[at] === '#' || line.startsWith('//', at) || line.startsWith('/*', at);
}

/**
 * Splits one command into its words: on everything up to and including the space character, with double
 * quotes grouping, `\"` for a quote inside them, and the rest of the line dropped at `#`, `//` or `/*`
 * (console::Tokenize in citicore/console/Console.cpp).
 */
export function tokenize(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && line.charCodeAt(at) <= 32) at++;
    if (at >= line.length || startsComment(line, at)) return words;
    let word = '';
    if (line[at] === '"') {
      at++;
      while (at < line.length && line[at] !== '"') {
        if (line[at] === '\\' && line[at + 1] === '"') at++;
        word += line[at];
        at++;
      }
      at++;
      words.push(word);
      continue;
    }
    while (at < line.length && line.charCodeAt(at) > 32 && line[at] !== '"') {
      word += line[at];
      at++;
    }
    words.push(word);
  }
}
