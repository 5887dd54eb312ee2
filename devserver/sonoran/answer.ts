/** A whole HTTP answer, before it is sent. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What an API has decided about a request: the answer, and what it changes. The two are apart so that
 * a fault can keep the answer and drop the effect, or the other way round.
 */
export interface Plan {
  readonly answer: Answer;
  /** Carries the decision out. @param requestIndex the request's place in the host's `requests`. */
  readonly effect?: (requestIndex: number) => void;
}

/** Plain text: how v1 answers, in success and in failure. */
export function textAnswer(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** JSON. `contentType` is for `application/problem+json`. */
export function jsonAnswer(status: number, value: unknown, contentType = 'application/json'): Answer {
  return {
    status,
    headers: { 'content-type': `${contentType}; charset=utf-8` },
    body: JSON.stringify(value),
  };
}

/**
 * What the gateway in front of the APIs answers to a caller who is over a limit. The contract shows
 * it for CAD v2 and is silent on the others; the same gateway is assumed before all four.
 *
 * @param retryAfterSeconds for the `Retry-After` header; without it the header is left out.
 */
export function rateLimitAnswer(requestId: string, retryAfterSeconds?: number): Answer {
  const answer = jsonAnswer(429, { message: 'API rate limit exceeded', request_id: requestId });
  if (retryAfterSeconds === undefined) return answer;
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}
