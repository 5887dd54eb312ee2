import * as v from 'valibot';
import { parseJson } from '../text/json.ts';

/** Where the database says what of a server's own store was taken in last. */
const PREFIX = 'moved:';

const Count = v.pipe(v.number(), v.safeInteger());

const MovedIn = v.object({
  version: v.literal(1),
  batch: v.string(),
  actions: Count,
  inForce: Count,
  pending: Count,
});
export type MovedIn = v.InferOutput<typeof MovedIn>;

export function movedInName(serverId: string): string {
  return PREFIX + serverId;
}

/** @param text of a record; undefined when there is none. */
export function readMovedIn(text: string | null | undefined): MovedIn | undefined {
  const parsed = v.safeParse(MovedIn, parseJson(text ?? ''));
  return parsed.success ? parsed.output : undefined;
}
