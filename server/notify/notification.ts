import type { Tone } from '../triggers/ports.ts';
import { inert } from './discord/inert.ts';

/** What ox_lib's client event `ox_lib:notify` takes. Where on the screen, each player has chosen in ox_lib. */
export interface Notification {
  readonly title: string;
  /** ox_lib shows it as Markdown. */
  readonly description: string;
  readonly type: 'success' | 'error' | 'inform';
  /** How long it is seen, in milliseconds. */
  readonly duration: number;
}

const TYPE: Readonly<Record<Tone, Notification['type']>> = {
  good: 'success',
  bad: 'error',
  neutral: 'inform',
};

/** For a look at it, and then for each character: an unhurried reader reads about 17 in a second. */
const LOOK_MS = 3_000;
const CHARACTER_MS = 60;
/** A longer text, in characters, covers too much of the screen, and nobody reads it while they play. */
const MOST_CHARACTERS = 400;

/** Makes a text a notification; undefined when it is too long for one. */
export function notificationOf(title: string, text: string, tone: Tone): Notification | undefined {
  const { length } = Array.from(text);
  if (length > MOST_CHARACTERS) return undefined;
  return {
    title,
    description: asMarkdown(text),
    type: TYPE[tone],
    duration: LOOK_MS + length * CHARACTER_MS,
  };
}

/** A text as Markdown that shows it as it is. Unlike Discord's, it knows entities (`&copy;`). */
function asMarkdown(text: string): string {
  return inert(text).replaceAll('&', '\\&');
}
