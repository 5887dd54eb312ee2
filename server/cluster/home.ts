import * as v from 'valibot';
import type { Storage } from '../storage/storage.ts';
import { parseJson } from '../text/json.ts';

const NAME = 'home';

const Home = v.variant('in', [
  v.object({ version: v.literal(1), in: v.literal('kvp') }),
  v.object({
    version: v.literal(1),
    in: v.literal('mysql'),
    /** The name under which the own store was handed in, nobody else's. */
    batch: v.string(),
    /** Whether it was taken in: what the own store still holds of it is of no use. */
    isTakenIn: v.boolean(),
    /** Whether it is handed in because this server had begun to leave, and did not: what it had taken is given back. */
    isGivenBack: v.boolean(),
  }),
]);

/** Where the decisions of this server are kept: `cmsban_storage` says where they are to be. */
export type Home = v.InferOutput<typeof Home>;

export const OWN_STORE: Home = { version: 1, in: 'kvp' };

/** @returns undefined when this server has never kept them anywhere but in its own store. */
export async function readHome(local: Pick<Storage, 'load'>): Promise<Home | undefined> {
  let home: Home | undefined;
  await local.load(NAME, ({ name, value }) => {
    const parsed = v.safeParse(Home, parseJson(value ?? ''));
    if (name === NAME && parsed.success) home = parsed.output;
  });
  return home;
}

/** The record that says it. */
export function homeChange(home: Home): { readonly name: string; readonly value: string } {
  return { name: NAME, value: JSON.stringify(home) };
}
