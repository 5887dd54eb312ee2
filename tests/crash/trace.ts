import type { Sonoran } from '../../devserver/sonoran/server.ts';
import { PRODUCTS } from '../../server/moderation/action.ts';

/** What happened in a world, in order, for whoever looks for the cause of a failure. */
export class Trace {
  readonly #now: () => number;
  readonly #begin: number;
  readonly #lines: { at: number; text: string }[] = [];

  /** @param now the wall clock of the world. */
  constructor(now: () => number) {
    this.#now = now;
    this.#begin = now();
  }

  add(text: string): void {
    this.#lines.push({ at: this.#now(), text });
  }

  /** One line each, with the seconds of the world's own clock; requests are taken from Sonoran's record. */
  text(sonoran: Sonoran): string {
    const requests = PRODUCTS.flatMap((product) =>
      sonoran[product].requests.map(({ at, operation, body, response }, index) => {
        const shown = typeof body === 'object' && body !== null && 'data' in body ? body.data : body;
        const text = `    ${product} request ${index}: ${operation} ${JSON.stringify(shown)} → ${response?.status ?? 'no answer'}`;
        return { at, text };
      }),
    );
    return [...this.#lines, ...requests]
      .sort((one, other) => one.at - other.at)
      .map(({ at, text }) => `${((at - this.#begin) / 1000).toFixed(1).padStart(8)} s ${text}`)
      .join('\n');
  }
}
