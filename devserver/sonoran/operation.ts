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
  /** Tells two operations at one path apart; without it, there is only one. */
  readonly method?: string;
  /** The path, exact in case; a name in braces, such as `{accId}`, stands for one segment. */
  readonly path: string;
  /** Decides; changes nothing by itself. @param segment what stands at the name in braces, else empty. */
  plan(request: ApiRequest, segment: string): Plan;
}

/**
 * The operation a path belongs to, and its variable segment. Of two at one path, that of the method; one that
 * is there in another method only refuses that by itself.
 */
export function findOperation<Name extends string>(
  operations: readonly Operation<Name>[],
  method: string,
  path: string,
): { operation: Operation<Name>; segment: string } | undefined {
  const exact = operations.filter((operation) => operation.path === path);
  const found =
    exact.length > 0
      ? exact.map((operation) => ({ operation, segment: '' }))
      : operations.flatMap((operation) => {
          const segment = segmentIn(operation.path, path);
          return segment === undefined ? [] : [{ operation, segment }];
        });
  return found.find(({ operation }) => operation.method === method) ?? found[0];
}

function segmentIn(pattern: string, path: string): string | undefined {
  const [before, after] = pattern.split(/\{\w+\}/);
  if (before === undefined || after === undefined) return undefined;
  const segment = path.slice(before.length, path.length - after.length);
  return path === before + segment + after && segment !== '' && !segment.includes('/') ? segment : undefined;
}
