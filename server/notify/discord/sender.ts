import * as v from 'valibot';
import { backoff } from '../../backoff.ts';
import type { Clock } from '../../clock.ts';
import type { Webhook } from '../../settings/webhook.ts';
import type { Http, HttpAnswer } from '../../sonoran/http.ts';
import { cleanText, MAX_WORDS } from '../../text/clean.ts';
import { EMBED_LIMITS, type Embed, fitted, sizeOf } from './embed.ts';

/** How many embeds wait at the most; of more the oldest fall out. */
export const MOST_WAITING = 200;

/** Between two messages, in milliseconds: a channel takes thirty a minute from webhooks, which no header tells. */
const SPACING_MS = 2_000;

/** An embed that could not be sent for so long is given up, in milliseconds. */
const GIVE_UP_MS = 60 * 60 * 1000;

/** The longest wait that is obeyed, in milliseconds: whoever says more makes no sense. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;

/** What the sender has to say, each once for as long as it is so. */
export interface SenderReport {
  /** Discord does not take messages; it is tried again. */
  failing(detail: string): void;
  /** Discord takes messages again. */
  works(): void;
  /** The webhook is not there any more: nothing is sent from now on. */
  gone(detail: string): void;
  /** Discord does not take one message for what is in it; it is left out. */
  refused(detail: string): void;
  /** Embeds are left out: there were too many, or it took too long. */
  leftOut(): void;
}

/** What a sender is made of. */
export interface SenderOptions {
  readonly webhook: Webhook;
  readonly http: Http;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** As Discord asks for: `DiscordBot ($url, $version)`. */
  readonly userAgent: string;
  readonly report: SenderReport;
  /** Says in the channel how many embeds were left out before. */
  readonly leftOutEmbed: (count: number) => Embed;
  readonly onBug: (error: unknown) => void;
}

interface Waiting {
  readonly embed: Embed;
  /** On `elapsed`. */
  readonly since: number;
}

type Try =
  | { readonly kind: 'sent'; readonly waitMs: number }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'again'; readonly detail: string; readonly waitMs: number | null }
  | { readonly kind: 'gone' | 'bad'; readonly detail: string };

/**
 * Sends embeds to a webhook, one message at a time, as many embeds in each as there is room for. Nobody waits for it.
 *
 * idle → sending: an embed comes. sending → pausing: a message was taken, a limit is reached, or it failed. pausing →
 * sending: the time is over. sending → idle: nothing is left. Anything → gone: the webhook was deleted; for good.
 *
 * @returns takes an embed in.
 */
export function createSender(options: SenderOptions): (embed: Embed) => void {
  const { webhook, http, clock, random, report } = options;
  const waiting: Waiting[] = [];
  let state: 'idle' | 'busy' | 'gone' = 'idle';
  let attempts = 0;
  let leftOut = 0;
  /** How many messages are sent with one embed each, to find out which one Discord does not take. */
  let singly = 0;
  let isFailing = false;

  function leaveOut(count: number): void {
    if (count <= 0) return;
    if (leftOut === 0) report.leftOut();
    leftOut += count;
    waiting.splice(0, count);
  }

  /** Takes what goes into the next message from those that wait. @param room the characters that are left in it. */
  function takeBatch(room: number, most: number): Waiting[] {
    const sizes = waiting.slice(0, most).map(({ embed }) => sizeOf(embed));
    const end = sizes.findIndex((_, index) => sizes.slice(0, index + 1).reduce((a, b) => a + b) > room);
    return waiting.splice(0, end === -1 ? sizes.length : end);
  }

  async function run(): Promise<void> {
    // After everybody else who is ready: what is decided goes first.
    await clock.pause();
    while (waiting.length > 0 || leftOut > 0) {
      const said = leftOut;
      const first = said === 0 ? [] : [fitted(options.leftOutEmbed(said))];
      const room = EMBED_LIMITS.message - first.reduce((sum, embed) => sum + sizeOf(embed), 0);
      const batch = takeBatch(room, singly > 0 ? 1 : EMBED_LIMITS.embeds - first.length);
      const embeds = [...first, ...batch.map(({ embed }) => embed)];
      const result = read(await http(requestFor(webhook, embeds, options.userAgent)));
      const pauseMs = settle(result, batch, said);
      if (pauseMs === undefined) return;
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
    state = 'idle';
  }

  /** Goes by what came back. @returns how long to wait; undefined when nothing is sent any more. */
  function settle(result: Try, batch: readonly Waiting[], said: number): number | undefined {
    switch (result.kind) {
      case 'sent':
        if (isFailing) report.works();
        isFailing = false;
        attempts = 0;
        done(said);
        return Math.max(SPACING_MS, result.waitMs);
      case 'wait':
        putBack(batch);
        return Math.max(SPACING_MS, result.waitMs);
      case 'bad':
        if (batch.length > 1) {
          singly = batch.length;
          putBack(batch);
        } else {
          report.refused(result.detail);
          done(said);
        }
        return SPACING_MS;
      case 'gone':
        state = 'gone';
        waiting.length = 0;
        report.gone(result.detail);
        return undefined;
      case 'again': {
        if (!isFailing) report.failing(result.detail);
        isFailing = true;
        attempts += 1;
        putBack(batch);
        const old = clock.elapsed() - GIVE_UP_MS;
        leaveOut(waiting.filter(({ since }) => since <= old).length);
        return Math.max(SPACING_MS, backoff(attempts, result.waitMs, random()));
      }
    }
  }

  /** A message is through, one way or the other. @param said how many it said were left out. */
  function done(said: number): void {
    leftOut -= said;
    singly = Math.max(0, singly - 1);
  }

  function putBack(batch: readonly Waiting[]): void {
    waiting.unshift(...batch);
    leaveOut(waiting.length - MOST_WAITING);
  }

  return (embed) => {
    if (state === 'gone') return;
    waiting.push({ embed: fitted(embed), since: clock.elapsed() });
    leaveOut(waiting.length - MOST_WAITING);
    if (state === 'busy') return;
    state = 'busy';
    run().catch((error: unknown) => {
      state = 'idle';
      options.onBug(error);
    });
  };
}

function requestFor({ origin, path }: Webhook, embeds: readonly Embed[], userAgent: string) {
  // The embeds mention nobody; this is for the case that they do.
  const body = { embeds, allowed_mentions: { parse: [] } };
  return { method: 'POST', origin, path: path.reveal(), body, userAgent } as const;
}

const RateLimited = v.object({ retry_after: v.number() });
const Problem = v.object({ message: v.string(), code: v.optional(v.number()) });

/** What an answer of Discord means. Seconds become milliseconds. */
function read(answer: HttpAnswer): Try {
  if (answer.kind === 'no-answer') return { kind: 'again', detail: answer.detail, waitMs: null };
  const { status, body, retryAfter, rateLimit } = answer;
  if (status >= 200 && status < 300) {
    const waitMs = rateLimit?.remaining === '0' ? inMs(rateLimit.resetAfter) : undefined;
    return { kind: 'sent', waitMs: waitMs ?? 0 };
  }
  const told = v.safeParse(v.pipe(v.string(), v.parseJson(), RateLimited), body);
  const asked = [inMs(retryAfter), told.success ? inMs(told.output.retry_after) : undefined];
  const waits = asked.filter((each) => each !== undefined);
  const waitMs = waits.length === 0 ? null : Math.max(...waits);
  if (status === 429 && waitMs !== null) return { kind: 'wait', waitMs };
  const detail = wordsOf(status, body);
  if (status === 401 || status === 404) return { kind: 'gone', detail };
  if (status === 400 || status === 413) return { kind: 'bad', detail };
  return { kind: 'again', detail, waitMs };
}

/** @param seconds as a header or a field says them. */
function inMs(seconds: string | number | undefined): number | undefined {
  const ms = seconds === undefined || seconds === '' ? Number.NaN : Number(seconds) * 1000;
  return ms >= 0 ? Math.min(Math.ceil(ms), LONGEST_WAIT_MS) : undefined;
}

/** Discord's own words, with the status before them. */
function wordsOf(status: number, body: string): string {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Problem), body);
  if (!parsed.success) return String(status);
  const { message, code } = parsed.output;
  return cleanText(`${status}: ${message}${code === undefined ? '' : ` (${code})`}`, MAX_WORDS);
}
