import type { Say } from './locale.ts';

/** A span of time in its largest unit, for people: `8 s`, `12 min`, `5 h`, `3 d`. */
export function duration(ms: number, say: Say): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return say('duration.seconds', { count: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return say('duration.minutes', { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? say('duration.hours', { count: hours })
    : say('duration.days', { count: Math.round(hours / 24) });
}

/** A moment in UTC, to the minute: `2026-11-21 08:15`. @param at Unix milliseconds. */
export function moment(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
