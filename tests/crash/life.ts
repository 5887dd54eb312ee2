/** What happens in one life of the game server, and what is to happen in it. */
export class Life {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #counts = new Map<string, number>();
  readonly #up = Promise.withResolvers<void>();
  readonly #ledgers = new Map<number, PromiseWithResolvers<void>>();
  #isOver = false;

  get up(): Promise<void> {
    return this.#up.promise;
  }

  setUp(): void {
    this.#up.resolve();
  }

  ledger(number: number): Promise<void> {
    const known = this.#ledgers.get(number) ?? Promise.withResolvers<void>();
    this.#ledgers.set(number, known);
    return known.promise;
  }

  setLedger(number: number): void {
    void this.ledger(number);
    this.#ledgers.get(number)?.resolve();
  }

  /** Counts something. @returns how many times it has happened now. */
  count(what: string): number {
    const count = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, count);
    return count;
  }

  after(ms: number, callback: () => void): void {
    if (this.#isOver) return;
    if (ms === 0) callback();
    else this.#timers.add(setTimeout(callback, ms));
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
