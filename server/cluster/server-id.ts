import { type Clock, sleep } from '../clock.ts';
import type { Storage } from '../storage/storage.ts';

const NAME = 'server';
/** How soon it is tried again to keep it, in milliseconds. */
const AGAIN_MS = 1_000;

/** @returns undefined when this server has never been one among several. */
export async function readServerId(local: Pick<Storage, 'load'>): Promise<string | undefined> {
  let known: string | undefined;
  await local.load(NAME, ({ name, value }) => {
    if (name === NAME && value) known = value;
  });
  return known;
}

/** The id of this server among those of its community: made once, and kept in its own store. */
export async function serverId(
  local: Pick<Storage, 'load' | 'write'>,
  newId: () => string,
  clock: Clock,
): Promise<string> {
  const known = await readServerId(local);
  if (known !== undefined) return known;
  const made = newId();
  // Before it is used: another one after a crash would be another server.
  while ((await local.write([{ name: NAME, value: made }])) !== 'written') await sleep(clock, AGAIN_MS);
  return made;
}
