import type { Answer, Plan } from './answer.ts';
import type { CommunitySettings } from './community.ts';
import type { Fields } from './fields.ts';
import { isFields } from './fields.ts';
import type { ApiRequest, Operation } from './operation.ts';
import type { Problem } from './problem.ts';

/** What a v2 call is given once the shared checks have passed. */
export interface V2Input {
  readonly path: string;
  /** What stands at the name in braces in the path. */
  readonly segment: string;
  /** The query of a GET, the body of anything else. */
  readonly fields: Fields;
  /** Refuses. */
  refuse(status: number, detail: string): Plan;
}

/** One call of a v2 API. */
export interface V2Call<Name extends string> {
  readonly name: Name;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  decide(input: V2Input): Plan;
}

/** The token of an `Authorization: Bearer` header, or undefined. */
function bearerToken({ authorization = '' }: ApiRequest['headers']): string | undefined {
  return /^Bearer (\S+)$/i.exec(authorization)?.[1];
}

function admitsJson(accept: string | undefined): boolean {
  // No header means that anything is welcome (RFC 9110, 12.5.1); the vendor only recommends to send it.
  if (accept === undefined) return true;
  return accept.split(',').some((range) => /^\s*(\*\/\*|application\/(\*|json))\s*(;|$)/i.test(range));
}

/**
 * Wraps a v2 call in the checks that all of them share. The contract gives v2 failures a content type
 * and a shape but hardly any status; those here are what an ASP.NET-style API answers: 401 credentials,
 * 403 plan, 404 nobody there, 405 method, 406 and 415 content, 400 everything else about the request.
 */
export function v2Operation<Name extends string>(
  community: CommunitySettings,
  problem: Problem,
  call: V2Call<Name>,
): Operation<Name> {
  const withHeader = (answer: Answer, name: string, value: string): Plan => ({
    answer: { ...answer, headers: { ...answer.headers, [name]: value } },
  });
  return {
    name: call.name,
    method: call.method,
    path: call.path,
    plan(request, segment) {
      const { path, headers, search } = request;
      const { accept } = headers;
      const refuse = (status: number, detail: string): Plan => ({ answer: problem(status, detail, path) });
      if (community.v2 !== 'on') return refuse(community.v2, 'v2 is not available here.');
      if (request.method !== call.method) {
        return withHeader(problem(405, `Use ${call.method}.`, path), 'allow', call.method);
      }
      if (bearerToken(headers) !== community.apiKey) {
        return withHeader(problem(401, 'Missing or invalid API key.', path), 'www-authenticate', 'Bearer');
      }
      if (!community.apiEnabled || community.lacks.includes(call.name)) {
        return refuse(403, 'API endpoint is not enabled for this community.');
      }
      if (!admitsJson(accept)) return refuse(406, 'Only application/json is served.');
      if (call.method === 'GET') {
        const names = [...search.keys()];
        if (new Set(names).size < names.length) return refuse(400, 'A parameter is given twice.');
        return call.decide({ path, segment, fields: Object.fromEntries(search), refuse });
      }
      if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
        return refuse(415, 'Send application/json.');
      }
      if (!isFields(request.json)) return refuse(400, 'The body is not a JSON object.');
      return call.decide({ path, segment, fields: request.json, refuse });
    },
  };
}
