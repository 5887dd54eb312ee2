import type { ApiRequest } from './operation.ts';

/** An answer as it went out in full. */
export interface RecordedResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, else the raw text. */
  readonly body: unknown;
}

/** A request that reached the stand-in, with everything in it: the API key too, so never print it raw. */
export interface RecordedRequest<Name extends string = string> {
  /** Wall clock, in ms. */
  readonly at: number;
  /** The clock's elapsed ms: for rates, where the wall clock may have jumped. */
  readonly elapsed: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed where it is JSON, else the raw text; empty text when there was none. */
  readonly body: unknown;
  /** By path: the `type` of a v1 call, the name of a v2 call; `unknown` for any other path. */
  readonly operation: Name | 'unknown';
  /** Undefined while the request is open, and for good when it was never answered in full. */
  readonly response: RecordedResponse | undefined;
}

/** @returns a text's value where it is JSON, else undefined. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The credentials that a request carried: the v1 `key`, the v2 bearer token. */
export function presentedKeys(request: { headers: ApiRequest['headers']; body: unknown }): readonly string[] {
  const keys: string[] = [];
  const { authorization = '' } = request.headers;
  const bearer = /^\S+\s+(.+)$/.exec(authorization)?.[1];
  if (bearer !== undefined) keys.push(bearer);
  const { body } = request;
  if (typeof body === 'object' && body !== null && 'key' in body && typeof body.key === 'string') {
    keys.push(body.key);
  }
  // A body that is not JSON (cut off, say) can still hold a key.
  if (typeof body === 'string') {
    const key = /"key"\s*:\s*"([^"]+)/.exec(body)?.[1];
    if (key !== undefined) keys.push(key);
  }
  return keys.filter((key) => key !== '');
}
