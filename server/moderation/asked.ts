import type { Subject } from '../identity/subject.ts';
import { cleanText } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import type { Delivery } from './action.ts';

/** Longest name of an account that is shown, in characters: every identifier fits. */
const MAX_SHOWN = 80;

/** By what a product was asked for an account, in short: each API ID, or whatever else named it, once. */
export function askedInShort({ subjects, candidate }: Pick<Delivery, 'subjects' | 'candidate'>): string {
  return [...new Set(subjects.slice(0, candidate + 1).map(shown))].join(', ');
}

/** The same whole: every question, with its field. */
export function askedInFull(subjects: readonly Subject[], say: Say): string {
  return subjects.map((subject) => say(`field.${subject.by}`, { value: shown(subject) })).join(', ');
}

function shown({ value }: Subject): string {
  return cleanText(String(value), MAX_SHOWN);
}
