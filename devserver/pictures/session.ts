import { cut, type Line, readLine, wrap } from './terminal.ts';

/** What a picture shows of the demo. */
export interface Scene {
  /** Its heading in the demo. */
  readonly heading: string;
  /** What is shown beside what people do and see. */
  readonly also: ReadonlyArray<'wire' | 'console'>;
}

/** A line that tells of something: who or what, in its column, and what. */
const LABELLED = /^ {2}(\S.{20}) /;
const WIRE = /^(to (CMS|CAD)|(CMS|CAD) (answers|pushes))$/;

type Kind = 'people' | Scene['also'][number];

/** What differs from run to run. */
const CHANGING: ReadonlyArray<readonly [RegExp, string]> = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '2026-12-24T20:15:00.000Z'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d UTC/g, '2026-12-24 20:15 UTC'],
  [/\d+ s ago/g, '1 s ago'],
  [/\d+ s old/g, '1 s old'],
  [/next try in \d+ s/g, 'next try in 5 s'],
];
/** An action's id, but not a part of something longer. */
const ACTION_ID = /(?<![\w-])[0-9a-f]{10}(?![\w-])/g;

/** Puts fixed words in the place of what differs from run to run. */
export function steady(output: string): string {
  const ids = new Map<string, string>();
  const named = output.replace(ACTION_ID, (id) => {
    const fixed =
      ids.get(id) ?? (0x83a12779c3 + ids.size * 0x1d3f7a91b5).toString(16).slice(-10).padStart(10, '0');
    ids.set(id, fixed);
    return fixed;
  });
  return CHANGING.reduce((text, [pattern, fixed]) => text.replace(pattern, fixed), named);
}

/**
 * The lines of one scene, as they fit into a terminal.
 *
 * @param output what the demo has printed, with colours.
 * @throws when the demo has no such heading.
 */
export function scene(output: string, { heading, also }: Scene, columns: number): Line[] {
  const lines = output.split('\n');
  const isHeading = (line: string) => bare(line).startsWith('── ');
  const begin = lines.findIndex((line) => isHeading(line) && bare(line).includes(` ${heading} `));
  if (begin < 0) throw new Error(`the demo has no scene "${heading}"`);
  const length = lines.slice(begin + 1).findIndex(isHeading);
  const body = lines.slice(begin + 1, length < 0 ? undefined : begin + 1 + length);
  const shown: Line[] = [];
  let kind: Kind = 'people';
  for (const line of body) {
    // What the demo explains begins at the edge.
    if (!bare(line).startsWith('  ')) continue;
    const label = LABELLED.exec(bare(line))?.[1]?.trimEnd();
    if (label !== undefined) kind = kindOf(label);
    else if (!line.startsWith('    ')) kind = 'people';
    if (kind === 'wire' && also.includes('wire')) shown.push(cut(readLine(line), columns));
    else if (kind === 'people' || also.includes(kind)) shown.push(...wrap(readLine(line), columns));
  }
  return shown;
}

function kindOf(label: string): Kind {
  if (label === 'server console') return 'console';
  return WIRE.test(label) ? 'wire' : 'people';
}

function bare(line: string): string {
  return readLine(line)
    .map(({ text }) => text)
    .join('');
}
