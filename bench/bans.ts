import { type Ban, BanIndex, newBan } from '../server/bans/ban-index.ts';

/** The keys of somebody who was banned: a Steam id, a Rockstar licence and a Discord account, as people have them. */
export function banOf(number: number): Ban {
  const listed = [`steam:${steamOf(number)}`, licenseOf(number), `discord:${discordOf(number)}`];
  const account = `${hex(number)}-0000-4000-8000-${licenseOf(number).slice(0, 12)}`;
  return { ...newBan(account, 1_760_000_000_000 + number), listed };
}

/** What FXServer tells of a player; who has a number below that of the bans is banned. */
export function identifiersOf(number: number): string[] {
  const license = licenseOf(number);
  return [
    `license:${license}`,
    `license2:${license}`,
    `steam:${steamOf(number)}`,
    `discord:${discordOf(number)}`,
    `fivem:${number}`,
    'ip:127.0.0.1',
  ];
}

/** So many bans as the pages on which they are stored. */
export function pagesOf(bans: number): string[] {
  const index = new BanIndex();
  for (let number = 0; number < bans; number++) index.put(banOf(number), 0);
  return [...index.takeChanged()].map(({ text }) => text ?? '');
}

/** Licence ids are hashes: all of their digits differ from one to the next. */
function licenseOf(number: number): string {
  return [1, 2, 3, 4, 5].map((factor) => hex(Math.imul(number + factor, 0x9e3779b1 + factor * 2))).join('');
}

function steamOf(number: number): string {
  return `1100001${hex(number)}`;
}

function discordOf(number: number): string {
  return String(235_947_056_630_000_000n + BigInt(number));
}

function hex(number: number): string {
  return (number >>> 0).toString(16).padStart(8, '0');
}
