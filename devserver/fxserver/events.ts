/** Whoever can have handlers for events: a running script. */
export interface EventTarget {
  /** @param source `''` from the server, `net:<id>` from a client, `internal-net:<id>` from the server about a player. */
  handleEvent(name: string, payload: Uint8Array, source: string): void;
}

/** Sends events to every script on the server, in the order in which their resources started. */
export class EventBus {
  readonly #targets = new Set<EventTarget>();
  /** One entry for every event that is being handled, innermost last. */
  readonly #canceled: boolean[] = [];
  #lastWasCanceled = false;

  join(target: EventTarget): void {
    this.#targets.add(target);
  }

  leave(target: EventTarget): void {
    this.#targets.delete(target);
  }

  /** Runs every handler at once. @returns false when one of them called `CancelEvent`. */
  trigger(name: string, payload: Uint8Array, source = ''): boolean {
    this.#canceled.push(false);
    for (const target of [...this.#targets]) {
      if (this.#targets.has(target)) target.handleEvent(name, payload, source);
    }
    this.#lastWasCanceled = this.#canceled.pop() ?? false;
    return !this.#lastWasCanceled;
  }

  /** Cancels the event that is being handled, if there is one. */
  cancel(): void {
    if (this.#canceled.length > 0) this.#canceled[this.#canceled.length - 1] = true;
  }

  /** Whether the event that was handled last has been canceled. */
  wasCanceled(): boolean {
    return this.#lastWasCanceled;
  }
}
