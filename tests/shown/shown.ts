import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import english from '../../locales/en.json' with { type: 'json' };

/** Which messages of `locales/en.json` this test file has shown. */
const shown = new Set<string>();

const templates = Object.entries(english).map(([key, text]) => {
  const parts = text.split(/\{\w+\}/);
  return {
    key,
    /** Its longest part without a placeholder: what does not hold this does not hold the message. */
    part: parts.reduce((longest, part) => (part.length > longest.length ? part : longest), ''),
    parts,
  };
});

/** A message was said. */
export function noteMessage(key: string): void {
  shown.add(key);
}

/** Texts were shown: which messages they hold is found out. */
export function noteTexts(texts: readonly string[]): void {
  const all = texts.join('\n');
  for (const { key, part, parts } of templates) {
    if (shown.has(key) || !all.includes(part)) continue;
    if (texts.some((text) => text.includes(part) && hasInOrder(text, parts))) shown.add(key);
  }
}

/** Whether the parts follow one another in a text, with anything in between. */
function hasInOrder(text: string, parts: readonly string[]): boolean {
  let from = 0;
  return parts.every((part) => {
    const at = text.indexOf(part, from);
    from = at + part.length;
    return at >= 0;
  });
}

let written = 0;

/** Writes down what this test file has shown. */
export function writeShown(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const name = `${process.pid}-${threadId}-${Date.now()}-${++written}.json`;
  writeFileSync(join(folder, name), JSON.stringify([...shown]));
}
