/** The calls of other resources that have not been answered yet. */
export interface OpenCalls {
  /**
   * Runs a call, at once.
   *
   * @param run answers it by what it resolves with, or earlier by what it is handed. Never rejects.
   * @param otherwise the answer of who is not answered when we are stopped.
   */
  open<T>(run: (call: OpenCall<T>) => Promise<T>, otherwise: () => T): Promise<T>;
  /** Answers everybody, before it returns; from then on every call is answered at once. */
  stop(): void;
  /** We have not been stopped after all. */
  resume(): void;
}

/** One call. */
export interface OpenCall<T> {
  /** Only the first answer counts. */
  answer(value: T): void;
  /** Whether the caller has been answered: nothing is to be begun for them any more. */
  isAnswered(): boolean;
}

export function createOpenCalls(): OpenCalls {
  const open = new Set<() => void>();
  let isStopping = false;
  return {
    open<T>(run: (call: OpenCall<T>) => Promise<T>, otherwise: () => T): Promise<T> {
      const answer = new Answer<T>();
      const giveUp = () => {
        open.delete(giveUp);
        answer.give(otherwise());
      };
      if (isStopping) {
        giveUp();
        return answer;
      }
      open.add(giveUp);
      const give = (value: T) => {
        open.delete(giveUp);
        answer.give(value);
      };
      void run({ answer: give, isAnswered: () => answer.isGiven }).then(give);
      return answer;
    },
    stop() {
      isStopping = true;
      for (const giveUp of [...open]) giveUp();
    },
    resume() {
      isStopping = false;
    },
  };
}

/**
 * A promise that whoever called `then` hears of in the very moment in which it is answered.
 *
 * The platform passes an export's promise on by calling `then` (`v8/main.js`). A usual promise calls back in a
 * microtask, and none of those is run between a resource's last handler and its end.
 */
class Answer<T> extends Promise<T> {
  /** What `then` and its like give is a usual promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly #settle: (value: T) => void;
  readonly #listeners: Array<(value: T) => void> = [];
  #given: { readonly value: T } | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<T>();
    super((settle) => settle(promise));
    this.#settle = resolve;
  }

  get isGiven(): boolean {
    return this.#given !== undefined;
  }

  give(value: T): void {
    if (this.#given) return;
    this.#given = { value };
    this.#settle(value);
    for (const listener of this.#listeners.splice(0)) listener(value);
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, and this is what the platform calls
  override then<A = T, B = never>(
    onGiven?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    if (!onGiven) return super.then(onGiven, onFailed);
    const { promise, resolve, reject } = Promise.withResolvers<A>();
    const pass = (value: T) => {
      try {
        resolve(onGiven(value));
      } catch (error) {
        reject(error);
      }
    };
    if (this.#given) pass(this.#given.value);
    else this.#listeners.push(pass);
    return promise;
  }
}
