import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import { openPanel } from './panel.ts';
import { newSomebody } from './somebody.ts';
import { startWorld } from './world.ts';

/** Every language, on the built bundle: what is said to the moderator, to the banned person, and in the window. */

const FOLDER = join(import.meta.dirname, '..', '..', 'locales');
const CODES = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));
const Texts = v.record(v.string(), v.string());
const textsOf = (code: string) =>
  v.parse(Texts, JSON.parse(readFileSync(join(FOLDER, `${code}.json`), 'utf8')));

const filled = (text = '', words: Readonly<Record<string, string>> = {}) =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => words[name] ?? `{${name}}`);

it.each(CODES)('cmsban speaks %s', async (code) => {
  const texts = textsOf(code);
  const world = await startWorld({ convars: { cmsban_locale: code } });
  expect(world.log.join('\n')).not.toContain('cmsban_locale');
  const who = newSomebody(world);
  const player = await world.join(who.name, who.identifiers);
  const moderator = await world.moderator();
  const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} RDM`));
  const products = `${texts['product.cms']}${texts['list.and']}${texts['product.cad']}`;
  const name = `${who.name} (${player.id})`;
  expect(outcome['message']).toContain(filled(texts['delivered.ban'], { name, products }));
  expect(moderator.chat.join('\n')).toContain(filled(texts['delivered.ban'], { name, products }));
  const [beforeReason = ''] = (texts['drop.ban'] ?? '').split('{reason}');
  expect(player.dropReason).toContain(`${beforeReason}RDM`);
  const opening = await openPanel(moderator);
  expect(opening.locale).toBe(code);
  expect(opening.texts['view.players']).toBe(texts['panel.view.players']);
  expect(world.faults).toEqual([]);
});
