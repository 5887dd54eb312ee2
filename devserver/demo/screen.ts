import { styleText } from 'node:util';

/** What a line of the demo tells about. */
export type LineKind = 'does' | 'sees' | 'wire' | 'answer' | 'gone' | 'console';

const STYLE: Readonly<Record<LineKind, Parameters<typeof styleText>[0]>> = {
  does: 'bold',
  sees: 'cyan',
  wire: 'yellow',
  answer: 'gray',
  gone: 'red',
  console: 'gray',
};

const LABEL_WIDTH = 21;

/** A heading. */
export function heading(text: string): void {
  console.log(`\n${styleText('bold', `── ${text} ${'─'.repeat(Math.max(3, 76 - text.length))}`)}`);
}

/** A paragraph that explains. */
export function note(text: string): void {
  console.log(text);
}

/** One thing that happened, with who or what did it in front. */
export function line(kind: LineKind, label: string, text: string): void {
  const [first = '', ...rest] = plain(text).split('\n');
  console.log(`  ${label.padEnd(LABEL_WIDTH)} ${styleText(STYLE[kind], first)}`);
  for (const more of rest) console.log(`  ${''.padEnd(LABEL_WIDTH)} ${styleText(STYLE[kind], more)}`);
}

/** Without FiveM's colour codes, which mean nothing to a terminal. */
function plain(text: string): string {
  return text.replace(/\^[0-9]/g, '');
}
