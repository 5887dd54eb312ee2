import type { CallFailure } from '../moderation/product-api.ts';
import { cleanText, MAX_WORDS } from '../text/clean.ts';
import type { HttpAnswer } from './http.ts';

/** An answer that the API gave on success: what remains is to read it. */
export interface Accepted {
  readonly kind: 'accepted';
  /** The body as JSON; undefined when it is not JSON. */
  readonly json: unknown;
  readonly body: string;
}

/**
 * Sonoran's failure texts. They come with varying statuses (400 or 404 for the same one), so they are
 * looked for before the status is. Source: the tables of the vendor's v1 pages.
 */
const TEXTS: ReadonlyArray<readonly [text: string, kind: 'bad-credentials' | 'not-linked' | 'not-enabled']> =
  [
    ['INVALID API KEY', 'bad-credentials'],
    ['INVALID COMMUNITY ID', 'bad-credentials'],
    ['API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY', 'not-linked'],
    ['NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY', 'not-linked'],
    ['NOT ENABLED FOR THIS COMMUNITY', 'not-enabled'],
  ];

/** Statuses by which an API that has said why refuses a request for good. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 404, 409, 422]);

/** Longest wait that a `Retry-After` can impose, in milliseconds: an hour, as long as CMS blocks a caller. */
const MAX_WAIT_MS = 60 * 60 * 1000;

/**
 * Sorts an answer into success or one of the closed set of failures: text before status, and anything
 * that fits nothing is to be tried again.
 *
 * @param now Unix milliseconds, for a `Retry-After` that names a date.
 */
export function classify(answer: HttpAnswer, now: number): Accepted | CallFailure {
  if (answer.kind === 'no-answer') {
    return { kind: 'try-again', detail: answer.detail, waitMs: null, mayHaveHappened: answer.sent };
  }
  const { status, body } = answer;
  const isPage = /html/i.test(answer.contentType) || /^\s*<(!doctype|html|head|body)/i.test(body);
  if (isPage) return tryAgain(`a web page instead of an answer (status ${status})`, answer, now);

  const json = parseJson(body);
  const words = wordsOf(json, body);
  const known = TEXTS.find(([text]) => matches(words, text));
  if (known) return known[1] === 'not-linked' ? { kind: 'not-linked' } : { kind: known[1], words };

  if (status === 200 || status === 201) return { kind: 'accepted', json, body };
  if (status === 401) return { kind: 'bad-credentials', words };
  if (status === 429) return tryAgain('the rate limit is reached (status 429)', answer, now);
  if (FINAL.has(status) && words !== '') {
    // The key is right (else 401), but this API is not for it.
    if (status === 403) return { kind: 'not-enabled', words };
    if (status === 404 && isObject(json)) return { kind: 'not-linked' };
    return { kind: 'refused', words };
  }
  return tryAgain(`an unexpected answer (status ${status})`, answer, now);
}

/** An answer that was accepted by its status but does not say what it must. */
export function unreadable(): CallFailure {
  return { kind: 'try-again', detail: 'an unreadable answer', waitMs: null, mayHaveHappened: true };
}

function tryAgain(detail: string, answer: HttpAnswer & { kind: 'answer' }, now: number): CallFailure {
  return {
    kind: 'try-again',
    detail,
    waitMs: waitOf(answer.retryAfter, now),
    // A refusal by the limiter is the one unexpected answer that surely came before the work.
    mayHaveHappened: answer.status !== 429,
  };
}

/** `Retry-After` is a number of seconds or a date. */
function waitOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const ms = /^[0-9]{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** What an answer says in words: plain text (v1), or the problem's detail or title (v2). */
function wordsOf(json: unknown, body: string): string {
  if (isObject(json)) {
    const words = ['detail', 'title', 'message'].map((field) => json[field]);
    return cleanText(
      words.find((word) => typeof word === 'string' && word !== '')?.toString() ?? '',
      MAX_WORDS,
    );
  }
  if (json === undefined || typeof json === 'string') return cleanText(json ?? body, MAX_WORDS);
  return '';
}

/** The whole answer is the text, or ends with it: it says nothing else, and is no account's name. */
function matches(words: string, text: string): boolean {
  return words
    .toUpperCase()
    .replace(/[.!"' ]+$/, '')
    .endsWith(text);
}
