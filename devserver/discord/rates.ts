import type { Clock } from '../clock.ts';
import { SlidingMinute } from '../sonoran/limits.ts';

/** What a webhook's answers say of its limit, and how long a refused call has to wait. */
export interface Admission {
  /** Milliseconds until a call may pass; 0 when this one may. */
  readonly waitMs: number;
  /** `user`: the limit of the headers. `shared`: the channel's, which no header tells of before it is reached. */
  readonly scope: 'user' | 'shared';
  readonly headers: Readonly<Record<string, string>>;
}

const BURST = 5;
const WINDOW_MS = 2_000;
const A_MINUTE = 30;

/**
 * The two limits of a webhook: five calls in two seconds, told in the headers, and thirty a minute for the channel,
 * told only when it is reached (discord/discord-api-docs issue 367).
 */
export class WebhookRates {
  readonly #clock: Clock;
  readonly #minute: SlidingMinute;
  #windowEnds = 0;
  #left = BURST;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#minute = new SlidingMinute(clock, A_MINUTE);
  }

  admit(): Admission {
    const now = this.#clock.elapsed();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MS;
      this.#left = BURST;
    }
    const isOver = this.#left === 0;
    if (!isOver) this.#left -= 1;
    const resetMs = this.#windowEnds - now;
    const channelMs = isOver ? 0 : this.#minute.admit('');
    const headers = {
      'x-ratelimit-limit': String(BURST),
      'x-ratelimit-remaining': String(this.#left),
      'x-ratelimit-reset': String((this.#clock.now() + resetMs) / 1000),
      'x-ratelimit-reset-after': String(resetMs / 1000),
      'x-ratelimit-bucket': 'a8f1b2c3d4e5',
    };
    return { waitMs: isOver ? resetMs : channelMs, scope: isOver ? 'user' : 'shared', headers };
  }
}
