import type { CallFailure } from '../moderation/product-api.ts';

/** How often it is looked whether the credentials have been changed, in milliseconds. */
const CREDENTIALS_CHECK_MS = 30 * 1000;

/** How often a call is tried all the same, in milliseconds: what was wrong may be mended on the web. */
const TRIAL_MS = 60 * 60 * 1000;

/** Why no call of a product can succeed until somebody does something about it. */
export type HoldCode = 'BAD_CREDENTIALS' | 'REFUSED';

/** A failure that every further call would meet too. */
export type HoldingFailure = Extract<CallFailure, { kind: 'bad-credentials' | 'not-enabled' }>;

/** What is to be done about a hold that is looked at. */
export type HoldLook = 'nothing' | 'look for other credentials';

interface Held {
  readonly code: HoldCode;
  /** The API's own. */
  readonly words: string;
}

/**
 * A product's queue that is held: none → held, by a failure that holds for every call. Held → none: the credentials
 * are others, or somebody wants to try. Held → on trial, after an hour: one call at a time finds out. On trial → none:
 * an answer says otherwise. On trial → held: it does not.
 *
 * Times are on the clock that never goes back.
 */
export class Hold {
  #held: (Held & { checkAt: number; readonly trialAt: number }) | undefined;
  /** The hold that ended by itself. */
  #onTrial: Held | undefined;

  /** Why no call may go out; undefined when one may. */
  get reason(): Held | undefined {
    return this.#held;
  }

  get isOnTrial(): boolean {
    return this.#onTrial !== undefined;
  }

  /** When it is to be looked at next. */
  get lookAt(): number {
    return this.#held ? Math.min(this.#held.checkAt, this.#held.trialAt) : Number.POSITIVE_INFINITY;
  }

  /** @returns whether it is news: it is said once, however often it is found to be so, with another trace each time. */
  begin({ kind, words }: HoldingFailure, now: number): boolean {
    if (this.#held) return false;
    const code = kind === 'bad-credentials' ? 'BAD_CREDENTIALS' : 'REFUSED';
    this.#held = { code, words, checkAt: now + CREDENTIALS_CHECK_MS, trialAt: now + TRIAL_MS };
    return this.#onTrial?.code !== code;
  }

  look(now: number): HoldLook {
    if (!this.#held || now < this.lookAt) return 'nothing';
    if (now >= this.#held.trialAt) {
      this.#onTrial = this.#held;
      this.#held = undefined;
      return 'nothing';
    }
    this.#held.checkAt = now + CREDENTIALS_CHECK_MS;
    return 'look for other credentials';
  }

  /** An answer came that holds nothing. */
  passed(): void {
    this.#onTrial = undefined;
  }

  end(): void {
    this.#held = undefined;
    this.#onTrial = undefined;
  }
}
