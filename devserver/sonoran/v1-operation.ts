import type { Plan } from './answer.ts';
import { textAnswer } from './answer.ts';
import type { CommunitySettings } from './community.ts';
import type { Fields } from './fields.ts';
import { isFields, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';

/** One call of a v1 API: always POST, credentials in the body, plain text back. */
export interface V1Call<Name extends string> {
  /** The `type` that the body must carry. */
  readonly name: Name;
  readonly path: string;
  /** `list`: `data` is an array with one object. `object`: `data` is that object. */
  readonly data: 'list' | 'object';
  /** The 400 text for a plan that lacks the API. */
  readonly notEnabled: string;
  decide(data: Fields): Plan;
}

/** A refusal because of the data. The contract is silent on the text; the status is v1's usual 400. */
export function invalidData(detail: string): Plan {
  return { answer: textAnswer(400, `INVALID REQUEST DATA: ${detail}`) };
}

/**
 * Wraps a v1 call in the checks that all of them share: method, content type, JSON, envelope, type,
 * credentials, plan. Credentials come before the plan, because a caller whose key is wrong must not
 * learn what the community pays for.
 */
export function v1Operation<Name extends string>(
  community: CommunitySettings,
  call: V1Call<Name>,
): Operation<Name> {
  const refuse = (status: number, text: string): Plan => ({ answer: textAnswer(status, text) });
  return {
    name: call.name,
    path: call.path,
    plan(request) {
      // The contract is silent on wrong methods, types and bodies: what an Express-style API answers.
      if (request.method !== 'POST') return refuse(404, `Cannot ${request.method} ${request.path}`);
      if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
        return refuse(415, 'UNSUPPORTED MEDIA TYPE');
      }
      const body = request.json;
      if (!isFields(body)) return refuse(400, 'INVALID JSON');
      const { type, id, key, data } = body;
      // Documented for CAD v1; CMS v1's pages do not say, and are taken to do the same.
      if (type !== call.name) return refuse(400, 'INVALID REQUEST TYPE');
      if (id !== community.communityId) return refuse(400, 'INVALID COMMUNITY ID');
      if (key !== community.apiKey) return refuse(400, 'INVALID API KEY');
      if (!community.apiEnabled || community.lacks.includes(call.name)) return refuse(400, call.notEnabled);
      const unknown = unknownField(body, ['id', 'key', 'type', 'data']);
      if (unknown !== undefined) return invalidData(unknown);
      if (call.data === 'object') {
        return isFields(data) ? call.decide(data) : invalidData('data is not an object');
      }
      const [only, ...more] = Array.isArray(data) ? (data as unknown[]) : [];
      if (!isFields(only) || more.length > 0) return invalidData('data is not a list of one object');
      return call.decide(only);
    },
  };
}
