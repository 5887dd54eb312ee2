/** Since when somebody is here, or when they left. */
export interface Presence {
  /** By the server id they have or had, in Unix milliseconds; null when that is not known: they came before the start. */
  since(id: number): number | null;
}

/** Takes note of who comes and goes. There are no more than 65 535 server ids. */
export function createPresence(now: () => number): Presence & {
  came(id: number): void;
  left(id: number): void;
} {
  const times = new Map<number, number>();
  const note = (id: number) => void times.set(id, now());
  return { since: (id) => times.get(id) ?? null, came: note, left: note };
}
