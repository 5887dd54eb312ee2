import type { Answer } from './answer.ts';
import { jsonAnswer, rateLimitAnswer, textAnswer } from './answer.ts';
import type { FaultKind } from './fault.ts';

/** The faults that replace the answer by another whole one. */
export type Replacement = Extract<
  FaultKind,
  { kind: 'rate-limit' | 'status' | 'html' | 'wrong-json' | 'truncated-json' | 'empty' | 'redirect' }
>;

/** @returns whether a fault replaces the answer by another whole one. */
export function isReplacement(fault: FaultKind): fault is Replacement {
  return !['latency', 'hang', 'reset', 'huge-body', 'trickle'].includes(fault.kind);
}

/** A gateway's page, as a proxy in front of the API sends it. */
function page(status: number): Answer {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>${status}</h1><hr>proxy</body></html>`,
  };
}

function truncated(honest: Answer): Answer {
  const isJson = honest.headers['content-type']?.includes('json') ?? false;
  // v1 answers in plain text; then there is only made-up JSON to cut.
  const whole = isJson ? honest : jsonAnswer(honest.status, { success: true, data: { items: [] } });
  return { ...whole, body: whole.body.slice(0, Math.floor(whole.body.length / 2)) };
}

/** @returns the answer that goes out instead of the honest one. */
export function replacementAnswer(fault: Replacement, honest: Answer): Answer {
  switch (fault.kind) {
    case 'rate-limit':
      return rateLimitAnswer('fault', fault.retryAfter);
    case 'status': {
      const answer = textAnswer(fault.status, fault.body ?? '');
      return fault.contentType === undefined
        ? answer
        : { ...answer, headers: { 'content-type': fault.contentType } };
    }
    case 'html':
      return page(fault.status ?? 502);
    case 'wrong-json':
      return jsonAnswer(200, { ok: [null, 42], of: { somebody: 'else' } });
    case 'truncated-json':
      return truncated(honest);
    case 'empty':
      return { status: 200, headers: {}, body: '' };
    case 'redirect':
      return { status: fault.status ?? 302, headers: { location: fault.location }, body: '' };
  }
}
