import { STATUS_CODES } from 'node:http';
import type { RecordedRequest } from './recorded-request.ts';
import { presentedKeys } from './recorded-request.ts';

const mask = '•••';

/** What came over the wire is untrusted: a control character must not reach somebody's terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

function masked(text: string, recorded: RecordedRequest): string {
  return presentedKeys(recorded).reduce(
    // A key inside JSON is written with escapes, so both spellings are masked.
    (result, key) => result.replaceAll(JSON.stringify(key).slice(1, -1), mask).replaceAll(key, mask),
    printable(text),
  );
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/**
 * A request for people to read: method, path and query; the credentials header; the body. Whatever key
 * it presented, right or wrong, is masked wherever it stands.
 */
export function describeRequest(recorded: RecordedRequest): string {
  // Decoded: easier to read, and a key is found in it whatever its characters.
  const query = Object.entries(recorded.query)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  const lines = [`${recorded.method} ${recorded.path}${query === '' ? '' : `?${query}`}`];
  const { authorization } = recorded.headers;
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  const body = bodyText(recorded.body);
  if (body !== '') lines.push(body);
  return lines.map((line) => masked(line, recorded)).join('\n');
}

/** The answer for people to read: status, `Retry-After` if there is one, body; or that there was none. */
export function describeResponse(recorded: RecordedRequest): string {
  const { response } = recorded;
  if (response === undefined) return 'no answer';
  const retryAfter = response.headers['retry-after'];
  const parts = [`${response.status} ${STATUS_CODES[response.status] ?? ''}`.trim()];
  if (retryAfter !== undefined) parts.push(`(Retry-After: ${retryAfter})`);
  const body = bodyText(response.body);
  if (body !== '') parts.push(body);
  return masked(parts.join(' '), recorded);
}
