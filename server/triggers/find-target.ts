import { parseTarget, type Target } from '../identity/target.ts';
import type { FoundPerson } from '../moderation/person.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';

/** Whom a word is about, or why nobody can be found by it. */
export type TargetAnswer =
  | { readonly who: FoundPerson; readonly target: Target }
  | {
      readonly code: 'INVALID_TARGET' | 'PLAYER_NOT_FOUND';
      readonly message: string;
      readonly target: Target | undefined;
    };

/**
 * Finds whom a word is about. To be called before the first `await` of a handler, see `findPerson`.
 *
 * @param find finds whom a target is about.
 */
export function findTarget(
  word: string,
  find: (target: Target) => FoundPerson | undefined,
  say: Say,
): TargetAnswer {
  const target = parseTarget(word);
  const shown = { target: cleanText(word, MAX_NAME) };
  if (!target) return { code: 'INVALID_TARGET', message: say('error.INVALID_TARGET', shown), target };
  const who = find(target);
  if (who) return { who, target };
  const key = target.form === 'action' ? 'error.PLAYER_NOT_FOUND.action' : 'error.PLAYER_NOT_FOUND';
  return { code: 'PLAYER_NOT_FOUND', message: say(key, shown), target };
}

/** Whether a word is an action's id: it says something only once what is stored has been read. */
export function isActionId(word: string): boolean {
  return parseTarget(word)?.form === 'action';
}
