import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { type Answer, jsonAnswer } from '../sonoran/answer.ts';
import { Listener } from '../sonoran/listener.ts';
import { Outgoing } from '../sonoran/outgoing.ts';
import { parsedJson } from '../sonoran/recorded-request.ts';
import { type Embed, type Message, readMessage } from './message.ts';
import { WebhookRates } from './rates.ts';

/** What can go wrong with a call; the message is not posted then, but for `slow`, which posts it late. */
export type DiscordFault =
  | { readonly kind: 'status'; readonly status: number; readonly body?: unknown }
  /** 429. @param retryAfter seconds. `global` when the whole address is limited. */
  | { readonly kind: 'rate-limit'; readonly retryAfter: number; readonly isGlobal?: boolean }
  /** No answer ever. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'slow'; readonly ms: number };

/** A call of a webhook that arrived whole. Its path holds the token, so never print it raw. */
export interface WebhookCall {
  /** The clock's elapsed milliseconds. */
  readonly elapsed: number;
  readonly path: string;
  readonly body: unknown;
  /** Of the answer; undefined while there is none. */
  readonly status: number | 'reset' | undefined;
}

/** The webhook that is there; real tokens have 68 characters. */
export const WEBHOOK_ID = '1234567890123456789';
export const WEBHOOK_TOKEN = 'Wh-secret_token-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP';

const PATH = /^\/api(?:\/v(\d+))?\/webhooks\/(\d+)\/([^/?]+)(?:\?(.*))?$/;

/**
 * A stand-in for Discord's "Execute Webhook", over real HTTP on loopback: it checks as Discord documents it, limits,
 * and keeps what was posted.
 */
export class Discord {
  /** What can be read in the channel, oldest first. */
  readonly messages: Message[] = [];
  readonly calls: WebhookCall[] = [];
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #rates: WebhookRates;
  #faults: { readonly fault: DiscordFault; left: number }[] = [];
  #isDeleted = false;

  private constructor(clock: Clock) {
    this.#clock = clock;
    this.#rates = new WebhookRates(clock);
    this.#listener = new Listener(0, (request, response) => void this.#serve(request, response));
  }

  static async start(clock: Clock = systemClock): Promise<Discord> {
    const discord = new Discord(clock);
    await discord.#listener.up();
    return discord;
  }

  /** The address as somebody would copy it from Discord. */
  get webhook(): string {
    const { address, port } = this.#listener;
    return `http://${address}:${port}/api/webhooks/${WEBHOOK_ID}/${WEBHOOK_TOKEN}`;
  }

  /** All embeds that can be read, oldest first. */
  get embeds(): readonly Embed[] {
    return this.messages.flatMap(({ embeds = [] }) => embeds);
  }

  /** @param times how many calls it hits; without it, all until faults are cleared. */
  fault(fault: DiscordFault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.push({ fault, left: times });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Somebody deletes the webhook in the channel's settings. */
  deleteWebhook(): void {
    this.#isDeleted = true;
  }

  up(): Promise<void> {
    return this.#listener.up();
  }

  /** Stops listening and cuts every connection. */
  down(): Promise<void> {
    return this.#listener.down();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const outgoing = new Outgoing(response, this.#clock);
    let text = '';
    try {
      for await (const piece of request) text += String(piece);
    } catch {
      return;
    }
    const path = request.url ?? '';
    const call = { elapsed: this.#clock.elapsed(), path, body: parsedJson(text), status: undefined };
    const recorded: { -readonly [K in keyof WebhookCall]: WebhookCall[K] } = call;
    this.calls.push(recorded);
    const fault = this.#takeFault();
    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'reset') {
      recorded.status = 'reset';
      return outgoing.reset();
    }
    if (fault?.kind === 'slow' && !(await outgoing.pause(fault.ms))) return;
    const answer =
      fault === undefined || fault.kind === 'slow' ? this.#answer(request, recorded) : spoiled(fault);
    recorded.status = answer.status;
    if (!outgoing.gone) outgoing.send(answer);
  }

  #takeFault(): DiscordFault | undefined {
    const [next] = this.#faults;
    if (next === undefined) return undefined;
    next.left -= 1;
    if (next.left <= 0) this.#faults.shift();
    return next.fault;
  }

  #answer(request: IncomingMessage, { path, body }: WebhookCall): Answer {
    const [, version, id, token, query = ''] = PATH.exec(path) ?? [];
    if (id === undefined) return problem(404, 0, '404: Not Found');
    if (request.method !== 'POST') return problem(405, 0, '405: Method Not Allowed');
    // "Clients using the HTTP API must provide a valid User Agent"; without one, Cloudflare answers.
    if (!/^DiscordBot \(\S+, \S+\)/.test(request.headers['user-agent'] ?? '')) {
      return problem(403, 40333, 'internal network error');
    }
    // Without a version it is the oldest, whose numbers mean other things.
    if (version !== '10') return problem(400, 50041, 'Invalid API version provided');
    if (this.#isDeleted || id !== WEBHOOK_ID) return problem(404, 10015, 'Unknown Webhook');
    if (token !== WEBHOOK_TOKEN) return problem(401, 50027, 'Invalid Webhook Token');
    const { waitMs, scope, headers } = this.#rates.admit();
    if (waitMs > 0) {
      const seconds = waitMs / 1000;
      const answer = jsonAnswer(429, {
        message: 'You are being rate limited.',
        retry_after: seconds,
        global: false,
      });
      const told = { ...headers, 'retry-after': String(Math.ceil(seconds)), 'x-ratelimit-scope': scope };
      return { ...answer, headers: { ...answer.headers, ...told } };
    }
    const answer = this.#post(body, new URLSearchParams(query).get('wait') === 'true');
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }

  #post(body: unknown, wait: boolean): Answer {
    if (body === undefined) return problem(400, 50109, 'The request body contains invalid JSON.');
    const read = readMessage(body);
    if (read.kind === 'refusal') return jsonAnswer(400, read.refusal);
    this.messages.push(read.message);
    if (!wait) return { status: 204, headers: {}, body: '' };
    return jsonAnswer(200, { id: String(this.messages.length), webhook_id: WEBHOOK_ID, ...read.message });
  }
}

function problem(status: number, code: number, message: string): Answer {
  return jsonAnswer(status, { message, code });
}

function spoiled(fault: Extract<DiscordFault, { kind: 'status' | 'rate-limit' }>): Answer {
  if (fault.kind === 'status')
    return jsonAnswer(fault.status, fault.body ?? { message: 'upstream', code: 0 });
  const { retryAfter, isGlobal = false } = fault;
  const answer = jsonAnswer(429, {
    message: 'You are being rate limited.',
    retry_after: retryAfter,
    global: isGlobal,
  });
  const headers = { ...answer.headers, 'retry-after': String(Math.ceil(retryAfter)) };
  return { ...answer, headers: isGlobal ? { ...headers, 'x-ratelimit-global': 'true' } : headers };
}
