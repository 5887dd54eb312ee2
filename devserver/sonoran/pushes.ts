import { type Clock, VirtualClock } from '../clock.ts';
import { postJson } from './post-json.ts';
import type { PushEvent, PushType } from './push-event.ts';

/** A push event on its way to one target, and what came of it. Its body holds the key: never print it raw. */
export interface RecordedPush {
  /** Wall clock of the change, in ms. */
  readonly at: number;
  readonly type: PushType;
  /** The account's `accId`. */
  readonly accountId: string;
  readonly url: string;
  readonly body: Readonly<{ key: string; type: PushType; data: PushEvent['data'] }>;
  /** Undefined until it is answered, and for good when it never was. */
  readonly status: number | undefined;
  /** The answer's text. */
  readonly answer: string | undefined;
  /** Why there is no answer; undefined until that is known. */
  readonly error: string | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** How long a target may take, in ms. The vendor documents nothing; without an end one push would hold up all. */
const PATIENCE_MS = 30_000;

/**
 * Sends push events to game servers: each target gets them in order, one at a time, and none waits for
 * another target. A push that fails is not tried again, as the vendor documents no retry.
 */
export class Pushes {
  readonly #clock: Clock;
  readonly #records: Mutable<RecordedPush>[] = [];
  readonly #lines = new Map<string, Promise<void>>();
  #targets: readonly string[] = [];
  #open: AbortController | undefined;
  #pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Everything that was sent or is still to be sent, in order. */
  get records(): readonly RecordedPush[] {
    return this.#records;
  }

  /** From now on events go there. What is on its way already still goes where it was meant to. @throws for what is no URL. */
  aimAt(urls: readonly string[]): void {
    for (const url of urls) new URL(url);
    this.#targets = [...new Set(urls)];
  }

  /** Lets events out. */
  start(): void {
    if (this.#open !== undefined) return;
    const open = new AbortController();
    // Time must not run out for a push that a socket is about to answer.
    if (this.#clock instanceof VirtualClock) {
      open.signal.addEventListener(
        'abort',
        this.#clock.holdWhile(() => this.#pending > 0),
      );
    }
    this.#open = open;
  }

  /** Cuts what is on its way, and lets nothing out any more: events of this time are lost. */
  async stop(): Promise<void> {
    this.#open?.abort(new Error('the stand-in went down'));
    this.#open = undefined;
    await Promise.all(this.#lines.values());
  }

  /** Sends an event to every target. @param key the community's API key, as it is now. */
  send({ type, accountId, data }: PushEvent, key: string): void {
    const signal = this.#open?.signal;
    if (signal === undefined) return;
    const at = this.#clock.now();
    for (const url of this.#targets) {
      const body = { key, type, data };
      const empty = { status: undefined, answer: undefined, error: undefined };
      const record: Mutable<RecordedPush> = { at, type, accountId, url, body, ...empty };
      this.#records.push(record);
      this.#pending += 1;
      const line = (this.#lines.get(url) ?? Promise.resolve()).then(() => this.#deliver(record, signal));
      this.#lines.set(url, line);
    }
  }

  async #deliver(record: Mutable<RecordedPush>, down: AbortSignal): Promise<void> {
    const late = new AbortController();
    const timer = this.#clock.setTimeout(
      () => late.abort(new Error(`no answer within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    );
    const signal = AbortSignal.any([down, late.signal]);
    try {
      signal.throwIfAborted();
      const { status, text } = await postJson(record.url, JSON.stringify(record.body), signal);
      record.answer = text;
      record.status = status;
    } catch (error) {
      record.error = String(signal.aborted ? signal.reason : error);
    } finally {
      this.#clock.clearTimeout(timer);
      this.#pending -= 1;
    }
  }
}
