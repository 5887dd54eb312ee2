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

/** Who is here, then who is on the way in, then who has left and is not back, the latest first. */
export function everybodySeen(players: Players): readonly SeenSomewhere[] {
  return [
    ...players.everybody().map((player) => ({ player, where: 'here' as const })),
    ...players.arriving().map((player) => ({ player, where: 'arriving' as const })),
    ...onlyOnce(players).map((player) => ({ player, where: 'left' as const })),
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
  const found = everybodySeen(players).filter(({ player }) => plain(player.name).includes(part));
  if (found.length === 0) return undefined;
  const shown = found
    .slice(0, MOST)
    .map(({ player: { name, id }, where }) => say(`namesake.${where}`, { name, id }));
  if (found.length > MOST) shown.push(say('namesake.more', { count: found.length - MOST }));
  return shown.join(', ');
}

/** Who has left and is not back; who came more than once is there once. */
function onlyOnce(players: Players): readonly ConnectedPlayer[] {
  const known = new Set<string>();
  return players.gone().filter(({ identifiers }) => {
    if (identifiers.length === 0) return true;
    const person = identifiers.join(' ');
    if (known.has(person) || players.sharing(identifiers).length > 0) return false;
    known.add(person);
    return true;
  });
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
