import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Answer, Plan } from './answer.ts';
import { jsonAnswer, rateLimitAnswer, textAnswer } from './answer.ts';
import type { CommunitySettings } from './community.ts';
import type { Fault } from './fault.ts';
import { actsOnArrival, Faults } from './fault.ts';
import { isReplacement, replacementAnswer } from './faulty-answer.ts';
import { Listener } from './listener.ts';
import type { ApiRequest, Operation } from './operation.ts';
import { findOperation } from './operation.ts';
import { Outgoing } from './outgoing.ts';
import type { Problem } from './problem.ts';
import type { RecordedRequest, RecordedResponse } from './recorded-request.ts';
import { parsedJson, presentedKeys } from './recorded-request.ts';

/** Says how many ms a call must still wait; 0 when it may pass, and is counted. */
export type Admission<Name extends string> = (
  operation: Name | 'unknown',
  path: string,
  key: string,
) => number;

/** What one product brings to its host. */
export interface HostParts<Name extends string> {
  readonly clock: Clock;
  readonly settings: CommunitySettings;
  readonly operations: readonly Operation<Name>[];
  readonly admit: Admission<Name>;
  readonly problem: Problem;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** What a request may carry; no call comes near it. */
const bodyLimit = 1_048_576;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * One of the vendor's two hosts: listens, records, limits, spoils, and lets the product's operations
 * answer. Every request that arrives counts for the limits, whether a fault hits it or not.
 */
export class Host<Name extends string> {
  /** May be changed at any time; the next call sees it. */
  readonly settings: CommunitySettings;
  protected readonly clock: Clock;
  readonly #parts: HostParts<Name>;
  readonly #listener: Listener;
  readonly #faults = new Faults<Name | 'unknown'>();
  readonly #requests: Mutable<RecordedRequest<Name>>[] = [];
  #open = 0;
  #refusals = 0;

  constructor(parts: HostParts<Name>) {
    this.#parts = parts;
    this.settings = parts.settings;
    this.clock = parts.clock;
    this.#listener = new Listener(parts.port, (request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Without a slash at the end. Stays the same through {@link down} and {@link up}. */
  get url(): string {
    return `http://${this.#listener.address}:${this.#listener.port}`;
  }

  /** Every request that arrived whole, in order of arrival. Holds keys: see `describeRequest`. */
  get requests(): readonly RecordedRequest<Name>[] {
    return this.#requests;
  }

  /** How many requests are unanswered now. */
  get openRequests(): number {
    return this.#open;
  }

  /** How many sockets are open now. */
  get connections(): number {
    return this.#listener.connections;
  }

  /**
   * The vendor's own resource makes a call with the community's credentials: it counts against the same
   * limit as everybody's, and is not recorded.
   *
   * @param path of the call; v1 and v2 are told apart by it.
   * @returns whether it was let through.
   */
  vendorCalls(operation: Name, path = '/v2/'): boolean {
    return this.settings.limits === 'off' || this.#parts.admit(operation, path, this.settings.apiKey) === 0;
  }

  /** Sets a fault. @param times how many calls it hits; without it, all until it is cleared. */
  fault(operation: Name | 'unknown' | '*', fault: Fault, times?: number): void {
    this.#faults.add(operation, fault, times);
  }

  /** Without an operation: all faults. Requests that hang already go on hanging. */
  clearFaults(operation?: Name | 'unknown' | '*'): void {
    this.#faults.clear(operation);
  }

  /** @returns whether a fault can be set for this name. */
  isOperation(name: string): name is Name | 'unknown' | '*' {
    return (
      name === '*' ||
      name === 'unknown' ||
      this.#parts.operations.some((operation) => operation.name === name)
    );
  }

  /** Listens, on the port it had before. */
  up(): Promise<void> {
    return this.#listener.up();
  }

  /** Stops listening and cuts every connection. What was open is never answered. */
  down(): Promise<void> {
    return this.#listener.down();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open += 1;
    response.once('close', () => {
      this.#open -= 1;
    });
    const outgoing = new Outgoing(response, this.clock);
    const text = await bodyOf(request);
    if (text === undefined) return;
    if (text.length > bodyLimit) {
      outgoing.send(textAnswer(413, 'PAYLOAD TOO LARGE'));
      return;
    }
    // Not `new URL`, which throws on some of what a client may send.
    const [, path = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(request.url ?? '') ?? [];
    const search = new URLSearchParams(query);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const json = text === '' ? undefined : parsedJson(text);
    const api: ApiRequest = {
      method: request.method ?? 'GET',
      path,
      search,
      headers,
      json,
    };
    const found = findOperation(this.#parts.operations, api.method, api.path);
    const recorded: Mutable<RecordedRequest<Name>> = {
      at: this.clock.now(),
      elapsed: this.clock.elapsed(),
      method: api.method,
      path: api.path,
      query: Object.fromEntries(search),
      headers,
      // A second parse, so that whoever reads the record cannot change what the API decides on.
      body: json === undefined ? text : parsedJson(text),
      operation: found?.operation.name ?? 'unknown',
      response: undefined,
    };
    const index = this.#requests.push(recorded) - 1;

    const refusal = this.#limited(recorded);
    const plan = (): Plan => {
      if (refusal !== undefined) return { answer: refusal };
      return found?.operation.plan(api, found.segment) ?? { answer: this.#nothingHere(api) };
    };
    await this.#answer(recorded, outgoing, plan, index);
  }

  async #answer(
    recorded: Mutable<RecordedRequest<Name>>,
    outgoing: Outgoing,
    plan: () => Plan,
    index: number,
  ): Promise<void> {
    const fault = this.#faults.take(recorded.operation);
    const send = (answer: Answer) => {
      if (outgoing.gone) return;
      // Recorded first: whoever has the answer in hand must find it here.
      recorded.response = asRecorded(answer);
      outgoing.send(answer);
    };

    if (fault?.kind === 'latency' && !actsOnArrival(fault)) {
      if (!(await outgoing.pause(fault.ms))) return;
      const late = plan();
      late.effect?.(index);
      send(late.answer);
      return;
    }

    const { answer, effect } = plan();
    const onArrival = actsOnArrival(fault);
    if (onArrival) effect?.(index);
    if (fault === undefined) {
      send(answer);
    } else if (isReplacement(fault)) {
      send(replacementAnswer(fault, answer));
    } else if (fault.kind === 'latency') {
      if (await outgoing.pause(fault.ms)) send(answer);
    } else if (fault.kind === 'reset') {
      outgoing.reset();
    } else if (fault.kind === 'hang') {
      if (fault.when === 'body') outgoing.sendHalf(answer);
    } else if (fault.kind === 'trickle') {
      const beforeLast = () => {
        if (!onArrival) effect?.(index);
      };
      if (await outgoing.trickle(answer, fault.everyMs, beforeLast)) recorded.response = asRecorded(answer);
    } else {
      const head = jsonAnswer(200, `<${fault.bytes} bytes>`);
      if (await outgoing.flood(head, fault.bytes)) recorded.response = asRecorded(head);
    }
  }

  #limited(recorded: RecordedRequest<Name>): Answer | undefined {
    if (this.settings.limits === 'off') return undefined;
    const [key = ''] = presentedKeys(recorded);
    const wait = this.#parts.admit(recorded.operation, recorded.path, key);
    if (wait <= 0) return undefined;
    this.#refusals += 1;
    const id = this.#refusals.toString(16).padStart(32, '0');
    const header = this.settings.retryAfterHeader;
    const told = header === 'always' || (header === 'sometimes' && this.#refusals % 2 === 0);
    return rateLimitAnswer(id, told ? Math.ceil(wait / 1000) : undefined);
  }

  #nothingHere({ method, path }: ApiRequest): Answer {
    if (path.startsWith('/v2/')) return this.#parts.problem(404, 'There is nothing at this path.', path);
    return textAnswer(404, `Cannot ${method} ${path}`);
  }
}

function asRecorded({ status, headers, body }: Answer): RecordedResponse {
  const isJson = headers['content-type']?.includes('json') ?? false;
  return { status, headers, body: isJson ? (parsedJson(body) ?? body) : body };
}

/** @returns the body, or undefined when the caller hung up first; what is over the limit is not kept. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size <= bodyLimit + 1) pieces.push(piece);
    }
  } catch {
    return undefined;
  }
  return size > bodyLimit ? ' '.repeat(bodyLimit + 1) : Buffer.concat(pieces).toString('utf8');
}
