import type { Http, HttpAnswer, HttpRequest } from '../../../server/sonoran/http.ts';

/** What a scripted answer says; the rest is as the API usually answers. */
export interface Scripted {
  readonly status?: number;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly retryAfter?: string;
}

/** An answer over HTTP. A body that is not text is sent as JSON. */
export function answer({
  status = 200,
  body = '',
  contentType,
  retryAfter,
}: Scripted): HttpAnswer & { kind: 'answer' } {
  const isText = typeof body === 'string';
  return {
    kind: 'answer',
    status,
    contentType: contentType ?? (isText ? 'text/plain' : 'application/json'),
    body: isText ? body : JSON.stringify(body),
    retryAfter,
  };
}

/** A failure as v2 tells it. */
export function problem(status: number, detail = 'No.'): Scripted {
  const body = { type: 'about:blank', title: 'Wrong', status, detail, instance: '/' };
  return { status, body, contentType: 'application/problem+json; charset=utf-8' };
}

/** An HTTP function that gives the scripted answers in their order, and keeps what it was asked. */
export function scriptedHttp(...script: readonly (Scripted | HttpAnswer)[]): {
  readonly http: Http;
  readonly requests: HttpRequest[];
} {
  const requests: HttpRequest[] = [];
  const http: Http = async (request) => {
    const next = script[requests.length];
    requests.push(request);
    if (!next) throw new Error(`nothing is scripted for ${request.method} ${request.path}`);
    return 'kind' in next ? next : answer(next);
  };
  return { http, requests };
}
