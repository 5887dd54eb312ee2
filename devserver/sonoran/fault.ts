/** What can go wrong with a call. Every kind takes `effect`. */
export type FaultKind =
  /** The whole answer comes so much later, on the stand-in's clock. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** No answer ever: `before` its first byte, or in the middle of its `body`. The connection stays open. */
  | { readonly kind: 'hang'; readonly when: 'before' | 'body' }
  /** The connection is reset: `before` the request was acted on, or `after`, when the answer is due. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** 429, with `Retry-After` (seconds) when given. */
  | { readonly kind: 'rate-limit'; readonly retryAfter?: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly contentType?: string;
    }
  /** A proxy's page. Status 502 unless given. */
  | { readonly kind: 'html'; readonly status?: number }
  /** 200 with JSON that has nothing to do with the call. */
  | { readonly kind: 'wrong-json' }
  /** A complete HTTP answer whose JSON stops in the middle. */
  | { readonly kind: 'truncated-json' }
  /** 200 with nothing in it. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'redirect'; readonly location: string; readonly status?: number }
  /** 200 with a body of so many bytes, sent without a length, for as long as the caller reads. */
  | { readonly kind: 'huge-body'; readonly bytes: number }
  /** The whole answer, one byte at a time. */
  | { readonly kind: 'trickle'; readonly everyMs: number };

/**
 * A fault, and whether the call takes effect all the same. By default it does only for a reset `after`.
 * With `effect: true` it does so on arrival. `latency` and `trickle` bring the real answer in the end,
 * so without `effect: true` they act late instead of never: when the last byte is due, and not at all
 * if the caller has hung up by then.
 *
 * `after` is how many calls of its operation pass before it begins to hit, whatever else hits those:
 * with `after: 6` and `times` 1, the seventh call from now is the one that fails.
 */
export type Fault = FaultKind & { readonly effect?: boolean; readonly after?: number };

/** @returns whether the call takes effect on arrival under this fault. */
export function actsOnArrival(fault: Fault | undefined): boolean {
  if (fault === undefined) return true;
  return fault.effect ?? (fault.kind === 'reset' && fault.when === 'after');
}

/** The faults that are set, by operation. */
export class Faults<Name extends string> {
  #entries: { operation: Name | '*'; fault: Fault; skip: number; left: number }[] = [];

  /** @param times how many calls it hits; without it, all until it is cleared. */
  add(operation: Name | '*', fault: Fault, times = Number.POSITIVE_INFINITY): void {
    if (times > 0) this.#entries.push({ operation, fault, skip: fault.after ?? 0, left: times });
  }

  /** Without an operation: all of them. */
  clear(operation?: Name | '*'): void {
    this.#entries = this.#entries.filter((entry) => operation !== undefined && entry.operation !== operation);
  }

  /**
   * The fault that hits this call, if any, which uses one of its times up. Counted faults go first, in
   * the order they were set; of the lasting ones the latest holds. One set for this very operation goes
   * before one set for all.
   */
  take(operation: Name): Fault | undefined {
    const ripe = this.#entries.filter(({ skip }) => skip <= 0);
    for (const entry of this.#entries) {
      if (entry.operation === operation || entry.operation === '*') entry.skip -= 1;
    }
    for (const name of [operation, '*'] as const) {
      const entry = ripe.find((each) => each.operation === name && Number.isFinite(each.left));
      if (entry === undefined) continue;
      entry.left -= 1;
      if (entry.left <= 0) this.#entries = this.#entries.filter((each) => each !== entry);
      return entry.fault;
    }
    for (const name of [operation, '*'] as const) {
      const entry = ripe.findLast((each) => each.operation === name);
      if (entry !== undefined) return entry.fault;
    }
    return undefined;
  }
}
