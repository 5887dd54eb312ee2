import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CMSBAN } from './world.ts';

/** What server owners and script authors read, from the repository's root. */
export const PAGES: readonly string[] = [
  'README.md',
  ...readdirSync(join(CMSBAN, 'docs'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** How a line of server.cfg begins. */
const CONFIG = /^(#|$|exec |ensure |refresh$|set |add_ace |add_principal |add_convar_permission )/;

/** Whether a block holds nothing but lines of server.cfg. */
export function isConfig(block: string): boolean {
  return block.split('\n').every((line) => CONFIG.test(line));
}

/**
 * The blocks of a page that are fenced, without their indentation.
 *
 * @param language as it stands behind the fence; empty: what is typed, written into server.cfg, or printed.
 */
export function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(CMSBAN, page), 'utf8');
  const blocks = [...text.matchAll(/^( *)```(\w*)\n(.*?)^ *```$/gms)];
  return blocks
    .filter(([, , name]) => name === language)
    .map(([, indent = '', , block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), '').trimEnd());
}
