import type { Say } from './texts.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long something has lasted, in its largest unit; what began in the future (another clock) has just begun. */
export function lasting(say: Say, ms: number): string {
  if (ms < HOUR_MS) return say('minutes', { count: Math.max(0, Math.floor(ms / MINUTE_MS)) });
  if (ms < DAY_MS) return say('hours', { count: Math.floor(ms / HOUR_MS) });
  return say('days', { count: Math.floor(ms / DAY_MS) });
}

/** A moment, as the person's own clock and the language of the community have it. */
export function moment(language: string, at: number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
}

/** The time of day alone, to the second. */
export function timeOfDay(language: string, at: number): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(at);
}

/** @param locale the name of a file in `locales/`, which need not be that of a language. */
export function languageOf(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
