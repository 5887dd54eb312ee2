import { STATUS_CODES } from 'node:http';
import type { Answer } from './answer.ts';
import { jsonAnswer } from './answer.ts';

/** Makes the failure answer of a v2 API. @param instance the path of the request. */
export type Problem = (status: number, detail: string, instance: string) => Answer;

/**
 * v2 failures are `application/problem+json` with `type, title, status, detail, instance`; CAD adds a
 * `traceId`, CMS does not. Trace ids count up, so two runs of a test see the same ones.
 */
export function problemWriter(product: 'cms' | 'cad'): Problem {
  let count = 0;
  return (status, detail, instance) => {
    count += 1;
    const trace = `00-${count.toString(16).padStart(32, '0')}-${count.toString(16).padStart(16, '0')}-00`;
    const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, instance };
    return jsonAnswer(
      status,
      product === 'cad' ? { ...body, traceId: trace } : body,
      'application/problem+json',
    );
  };
}
