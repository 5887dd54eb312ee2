import type { CallFailure } from '../moderation/product-api.ts';
import { cleanText, MAX_WORDS } from '../text/clean.ts';
import { isObject, parseJson } from '../text/json.ts';
import type { MessageKey, Say } from '../text/locale.ts';
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
    ['MEMBER NOT FOUND', 'not-linked'],
    ['NOT ENABLED FOR THIS COMMUNITY', 'not-enabled'],
  ];

/**
 * What v2's own failures mean where no known text says it. The pages show their shape, and hardly any
 * status: these are what the statuses stand for everywhere.
 */
const PROBLEMS: ReadonlyMap<number, 'bad-credentials' | 'not-enabled' | 'not-linked' | 'refused'> = new Map([
  [400, 'refused'],
  [401, 'bad-credentials'],
  // The key is right (else 401), but this API is not for it.
  [403, 'not-enabled'],
  [404, 'not-linked'],
  [409, 'refused'],
  [422, 'refused'],
]);

const PROBLEM_TYPE = /^application\/problem\+json\b/i;

/** What an answer is of which nobody can tell what it means. */
type UnclearAnswer = Extract<MessageKey, 'http.page' | 'http.cut' | 'http.unexpected'>;

/** Longest wait that a `Retry-After` can impose, in milliseconds: an hour, as long as CMS blocks a caller. */
const MAX_WAIT_MS = 60 * 60 * 1000;

/**
 * Sorts an answer into success or one of the closed set of failures. Only Sonoran's own words are
 * verdicts: a known text, whatever its status; v2's problem documents, by their status; and a 400 in v1's
 * manner. A gateway, a proxy or a firewall says 401, 403 and 404 too, in other words or none: that is
 * tried again.
 *
 * @param now Unix milliseconds, for a `Retry-After` that names a date.
 */
export function classify(answer: HttpAnswer, now: number, say: Say): Accepted | CallFailure {
  if (answer.kind === 'no-answer') {
    return { kind: 'try-again', detail: answer.detail, waitMs: null, mayHaveHappened: answer.sent };
  }
  const { status, body } = answer;
  const tryAgain = (key: UnclearAnswer, trace = ''): CallFailure => ({
    kind: 'try-again',
    detail: say(key, { status }) + trace,
    waitMs: waitOf(answer.retryAfter, now),
    // 503: nobody was there to do it.
    mayHaveHappened: status !== 503,
  });
  if (status === 429) return { kind: 'limited', waitMs: waitOf(answer.retryAfter, now) };
  if (isPage(answer)) return tryAgain('http.page');

  const json = parseJson(body);
  // A 200 is never judged by its body: it may be anybody's name.
  if (status === 200 || status === 201) return { kind: 'accepted', json, body };

  if (json === undefined && body.trim() !== '' && /json/i.test(answer.contentType)) {
    return tryAgain('http.cut');
  }

  const said = sayings(json, body);
  const trace = traceOf(json);
  for (const words of said) {
    const known = TEXTS.find(([text]) => matches(words, text));
    if (!known) continue;
    return known[1] === 'not-linked' ? { kind: known[1] } : { kind: known[1], words: words + trace };
  }
  const words = said[0] ?? '';
  const kind = isProblem(answer, json)
    ? PROBLEMS.get(status)
    : isRefusal(status, words)
      ? 'refused'
      : undefined;
  if (kind === undefined) return tryAgain('http.unexpected', trace);
  return kind === 'not-linked' ? { kind } : { kind, words: words + trace };
}

/** Whether somebody in between has answered, in the form of a web page. */
export function isPage({ contentType, body }: HttpAnswer & { kind: 'answer' }): boolean {
  return /html/i.test(contentType) || /^\s*</.test(body);
}

/** Whether a v2 API says that it has no such call here: 404 or 501, in its own words. */
export function isUnavailable(answer: HttpAnswer): boolean {
  if (answer.kind !== 'answer' || isPage(answer)) return false;
  return (answer.status === 404 || answer.status === 501) && isProblem(answer, parseJson(answer.body));
}

/** In what form an API says that it will not. */
export type OwnForm = 'text' | 'problem';

/**
 * What the answer of a list means. That there is no such list opens a door which stands shut for everybody until the
 * list is known: so that must be in Sonoran's own words, one of its texts or, in v2, a problem document with all that
 * belongs to one.
 *
 * @param form `text` where the API has no problem documents. @param now as above.
 */
export function classifyList(
  answer: HttpAnswer,
  form: OwnForm,
  now: number,
  say: Say,
): Accepted | { readonly kind: 'unavailable' } | Exclude<CallFailure, { kind: 'not-linked' }> {
  const result = classify(answer, now, say);
  const isNone = result.kind === 'not-linked' || result.kind === 'not-enabled' || isUnavailable(answer);
  if (!isNone) return result;
  if (answer.kind === 'answer' && isOwnWord(answer, form)) {
    return result.kind === 'not-enabled' ? result : { kind: 'unavailable' };
  }
  const status = answer.kind === 'answer' ? answer.status : 0;
  return {
    kind: 'try-again',
    detail: say('http.unexpected', { status }),
    waitMs: null,
    mayHaveHappened: false,
  };
}

function isOwnWord(answer: HttpAnswer & { kind: 'answer' }, form: OwnForm): boolean {
  const json = parseJson(answer.body);
  if (sayings(json, answer.body).some((words) => TEXTS.some(([text]) => matches(words, text)))) return true;
  if (form === 'text' || !isObject(json) || !PROBLEM_TYPE.test(answer.contentType)) return false;
  const { type, title, status, detail, instance } = json;
  return [type, title, detail, instance].every(isText) && status === answer.status;
}

/** An answer that was accepted by its status but does not say what it must. */
export function unreadable(say: Say): CallFailure {
  return { kind: 'try-again', detail: say('http.unreadable'), waitMs: null, mayHaveHappened: true };
}

/**
 * Reads a `Retry-After`: a number of seconds, or a date.
 *
 * @param now Unix milliseconds.
 * @returns milliseconds, an hour at the most; null when there is none, or none that makes sense.
 */
export function waitOf(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (!/^[0-9]+$/.test(text) && !HTTP_DATE.test(text)) return null;
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

/** As RFC 9110 has servers write it; `Date.parse` alone finds a date in almost anything. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Whether a v2 API itself speaks: gateways answer in JSON too, but not in problem documents, which say what
 * they are by their type, or by title and status.
 */
function isProblem({ contentType, status }: HttpAnswer & { kind: 'answer' }, json: unknown): boolean {
  if (!isObject(json)) return false;
  const { title, detail } = json;
  if (PROBLEM_TYPE.test(contentType)) return isText(title) || isText(detail);
  return isText(title) && json['status'] === status;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

/** Whether v1 refuses in a text that is not documented: all of its texts are in capitals, with the status 400. */
function isRefusal(status: number, words: string): boolean {
  return status === 400 && /\p{Lu}/u.test(words) && !/\p{Ll}/u.test(words);
}

/** What an answer says in words, what says most first: plain text (v1), or a problem's fields (v2). */
function sayings(json: unknown, body: string): string[] {
  const texts = isObject(json)
    ? [json['detail'], json['title'], json['message']]
    : [json === undefined ? body : json];
  return texts
    .map((text) => (typeof text === 'string' ? cleanText(text, MAX_WORDS) : ''))
    .filter((words) => words !== '');
}

/** CAD v2 names each of its failures; the vendor's support asks for that. Empty when there is no such name. */
function traceOf(json: unknown): string {
  const trace = isObject(json) ? json['traceId'] : undefined;
  return typeof trace === 'string' && /^[\w:.-]{1,100}$/.test(trace) ? ` (traceId ${trace})` : '';
}

/** The whole answer is the text, or ends with it: it says nothing else, and is no account's name. */
function matches(words: string, text: string): boolean {
  return words
    .toUpperCase()
    .replace(/[.!"' ]+$/, '')
    .endsWith(text);
}
