import type { Plan } from './answer.ts';

/** A request as the APIs read it: whole, its body parsed where it is JSON. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly search: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed body; undefined when there is none or it is not JSON. */
  readonly json: unknown;
}

/** One call of one API. */
export interface Operation<Name extends string> {
  /** v1: the `type` of the call; v2: the last words of its path. Faults and recordings use this name. */
  readonly name: Name;
  /** The path, exact in case; `{accId}` stands for one segment. */
  readonly path: string;
  /** Decides; changes nothing by itself. @param segment what stands at `{accId}`, else empty. */
  plan(request: ApiRequest, segment: string): Plan;
}

/** The operation a path belongs to, whatever the method, and its variable segment. */
export function findOperation<Name extends string>(
  operations: readonly Operation<Name>[],
  path: string,
): { operation: Operation<Name>; segment: string } | undefined {
  for (const operation of operations) {
    if (operation.path === path) return { operation, segment: '' };
  }
  for (const operation of operations) {
    const [before, after] = operation.path.split('{accId}');
    if (before === undefined || after === undefined) continue;
    const segment = path.slice(before.length, path.length - after.length);
    if (path === before + segment + after && segment !== '' && !segment.includes('/')) {
      return { operation, segment };
    }
  }
  return undefined;
}
