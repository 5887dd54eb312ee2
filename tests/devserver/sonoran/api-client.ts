import { Agent, request } from 'undici';
import type { Sonoran } from '../../../devserver/sonoran/server.ts';

type AnyHost = Sonoran['cms'] | Sonoran['cad'];

/** An answer as a caller sees it. */
export interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The parsed body, undefined when it is not JSON. */
  readonly json: unknown;
}

/** One connection per call, so that no test meets a socket that another one has left behind. */
const agent = new Agent({ pipelining: 0 });

/** Sends exactly what it is given: no header is added but those that HTTP demands. */
export async function send(
  host: AnyHost,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH',
  path: string,
  options: { headers?: Record<string, string>; body?: string; signal?: AbortSignal } = {},
): Promise<Seen> {
  const answer = await request(host.url + path, { method, dispatcher: agent, ...options });
  const text = await answer.body.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: answer.statusCode, headers: answer.headers, text, json };
}

/** A v1 call with right credentials; `envelope` overrides parts of the body. */
export function v1(
  host: AnyHost,
  type: string,
  path: string,
  data: unknown,
  envelope: Record<string, unknown> = {},
): Promise<Seen> {
  const { communityId, apiKey } = host.settings;
  return send(host, 'POST', path, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id: communityId, key: apiKey, type, data, ...envelope }),
  });
}

function v2Headers(host: AnyHost): Record<string, string> {
  return { authorization: `Bearer ${host.settings.apiKey}`, accept: 'application/json' };
}

/** A v2 read with right credentials. */
export function get(host: AnyHost, path: string, headers: Record<string, string> = {}): Promise<Seen> {
  return send(host, 'GET', path, { headers: { ...v2Headers(host), ...headers } });
}

/** A v2 write with right credentials. */
export function post(
  host: AnyHost,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Seen> {
  return send(host, 'POST', path, {
    headers: { ...v2Headers(host), 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}
