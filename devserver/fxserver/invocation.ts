/** Whoever's code is running: a resource. */
export interface Invoker {
  readonly resourceName: string;
}

/**
 * Which resources' code is on the call stack right now. `GetInvokingResource` reads it, which is why that
 * native knows nothing after the first `await`.
 */
export class InvocationStack {
  readonly #stack: Invoker[] = [];

  run<T>(invoker: Invoker, call: () => T): T {
    this.#stack.push(invoker);
    try {
      return call();
    } finally {
      this.#stack.pop();
    }
  }

  /** The resource whose code is running, or null outside of every resource. */
  get current(): string | null {
    return this.#stack.at(-1)?.resourceName ?? null;
  }

  /** The resource that called the one whose code is running, or null. */
  get invoking(): string | null {
    return this.#stack.at(-2)?.resourceName ?? null;
  }
}
