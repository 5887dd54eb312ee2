/** A piece of a line in one colour. */
export interface Piece {
  readonly text: string;
  readonly colour: Colour;
}

export type Line = readonly Piece[];

/** What a terminal calls them; `plain` is its own. */
export type Colour = 'plain' | 'bold' | 'red' | 'yellow' | 'cyan' | 'gray';

/** The escape sequences that `styleText` writes (ECMA-48, SGR); those that end one make it plain again. */
const SGR: Readonly<Record<string, Colour>> = {
  '1': 'bold',
  '31': 'red',
  '33': 'yellow',
  '36': 'cyan',
  '90': 'gray',
};

/** Reads a line as a terminal does. */
export function readLine(text: string): Line {
  const pieces: Piece[] = [];
  let colour: Colour = 'plain';
  // Text and the numbers of escape sequences in turn.
  for (const [place, part] of text.split(new RegExp(`${ESCAPE}\\[(\\d+)m`)).entries()) {
    if (place % 2 === 1) colour = SGR[part] ?? 'plain';
    else if (part !== '') pieces.push({ text: part, colour });
  }
  return pieces;
}

const ESCAPE = '\\u001b';

/** How long a line is, in characters. */
export function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + [...text].length, 0);
}

/** The line, or its beginning with an ellipsis. */
export function cut(line: Line, columns: number): Line {
  if (lengthOf(line) <= columns) return line;
  const pieces: Piece[] = [];
  let left = columns - 1;
  for (const { text, colour } of line) {
    const kept = [...text].slice(0, left).join('');
    left -= [...kept].length;
    if (kept !== '') pieces.push({ text: left === 0 ? `${kept}…` : kept, colour });
    if (left === 0) break;
  }
  return pieces;
}

/** The line in as many as it takes, broken between words; what follows the first is put below its last piece. */
export function wrap(line: Line, columns: number): Line[] {
  const last = line.at(-1);
  if (last === undefined || lengthOf(line) <= columns) return [line];
  const before = line.slice(0, -1);
  const indent = lengthOf(before);
  const rows: string[] = [];
  let row = '';
  for (const word of last.text.split(' ')) {
    if (row !== '' && indent + [...row].length + 1 + [...word].length > columns) {
      rows.push(row);
      row = word;
    } else row = row === '' ? word : `${row} ${word}`;
  }
  rows.push(row);
  return rows.map((text, place) => [
    ...(place === 0 ? before : [{ text: ' '.repeat(indent), colour: 'plain' } as const]),
    { text, colour: last.colour },
  ]);
}

const FILL: Readonly<Record<Colour, string>> = {
  plain: '#c9d1d9',
  bold: '#ffffff',
  red: '#ff7b72',
  yellow: '#d29922',
  cyan: '#79c0ff',
  gray: '#8b949e',
};
const BACKGROUND = '#0d1117';
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
/** In pixels; a character of these fonts is 0.6 as wide as it is high. */
const [SIZE, ROW, MARGIN] = [13, 19, 16];
const COLUMN = SIZE * 0.6;

/** A picture of a terminal, in which text stays text. The same bytes for the same lines. */
export function toSvg(lines: readonly Line[], columns: number, title: string): string {
  const width = Math.ceil(columns * COLUMN) + 2 * MARGIN;
  const height = lines.length * ROW + 2 * MARGIN;
  const rows = lines.map((line, place) => `<text y="${MARGIN + place * ROW + SIZE}">${spans(line)}</text>\n`);
  const styles = Object.entries(FILL).map(([colour, fill]) => `.${colour}{fill:${fill}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>text{font:${SIZE}px ${FONT}}.bold{font-weight:bold}${styles.join('')}</style>
<rect width="100%" height="100%" rx="6" fill="${BACKGROUND}"/>
${rows.join('')}</svg>
`;
}

/** Each piece is put in its column: not every viewer keeps spaces, and fonts differ in width. */
function spans(line: Line): string {
  let column = 0;
  return line
    .map(({ text, colour }) => {
      const shown = text.trimStart();
      const x = MARGIN + (column + text.length - shown.length) * COLUMN;
      column += [...text].length;
      return shown === ''
        ? ''
        : `<tspan x="${x.toFixed(1)}" class="${colour}">${escapeXml(shown.trimEnd())}</tspan>`;
    })
    .join('');
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
