import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import type { TargetAnswer } from './find-target.ts';

/** How many players are named at the most. */
const MOST = 8;
/** Letters and signs of ASCII. */
const PLAIN = /^[ -~]*$/;

/** Somebody whom this server has seen, and where they are now. */
export interface SeenSomewhere {
  readonly player: ConnectedPlayer;
  readonly where: 'here' | 'arriving' | 'left';
}

/**
 * Who is here, then who is on the way in, then who has left and is not back, the latest first.
 *
 * @param isMeant who of them.
 * @param mostLeft how many of those who have left at the most: in a week they are thousands.
 */
export function everybodySeen(
  players: Players,
  isMeant: (player: ConnectedPlayer) => boolean,
  mostLeft = Number.POSITIVE_INFINITY,
): readonly SeenSomewhere[] {
  const all = (where: SeenSomewhere['where'], of: readonly ConnectedPlayer[]) =>
    of.map((player) => ({ player, where }));
  return [
    ...all('here', players.everybody().filter(isMeant)),
    ...all('arriving', players.arriving().filter(isMeant)),
    ...all('left', onlyOnce(players.gone().filter(isMeant), players, mostLeft)),
  ];
}

/**
 * Whom a word may mean that is no target: players by a part of their name, whatever the case and the accents. Those
 * who are here come first, then those on the way in, then those who have left, the latest first.
 *
 * @returns them with their server ids, in words; undefined when there is nobody.
 */
function namesakesOf(word: string, players: Players, say: Say): string | undefined {
  const part = plain(word);
  if (part === '') return undefined;
  const found = everybodySeen(players, ({ name }) => plain(name).includes(part));
  if (found.length === 0) return undefined;
  const shown = found
    .slice(0, MOST)
    .map(({ player: { name, id }, where }) => say(`namesake.${where}`, { name, id }));
  if (found.length > MOST) shown.push(say('namesake.more', { count: found.length - MOST }));
  return shown.join(', ');
}

/** Who is not back; who came more than once is there once. @param most how many at the most. */
function onlyOnce(gone: readonly ConnectedPlayer[], players: Players, most: number): ConnectedPlayer[] {
  const known = new Set<string>();
  const found: ConnectedPlayer[] = [];
  for (const player of gone) {
    if (found.length >= most) break;
    const person = player.identifiers.join(' ');
    if (person !== '' && (known.has(person) || players.sharing(player.identifiers).length > 0)) continue;
    known.add(person);
    found.push(player);
  }
  return found;
}

/** A word that is no target gets the players it may mean. @param answer what it would get otherwise. */
export function namedTarget(word: string, answer: TargetAnswer, players: Players, say: Say): TargetAnswer {
  if (!('code' in answer) || answer.code !== 'INVALID_TARGET') return answer;
  const namesakes = namesakesOf(word, players, say);
  if (namesakes === undefined) return answer;
  const shown = { target: cleanText(word, MAX_NAME), players: namesakes };
  return { ...answer, message: say('error.INVALID_TARGET.names', shown) };
}

/** A text as it is searched: whatever the case and the accents. */
export function plain(text: string): string {
  // Most texts have no accents, and are many.
  if (PLAIN.test(text)) return text.toLowerCase().trim();
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trim();
}
