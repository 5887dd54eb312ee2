import type { Moderation } from '../moderation/moderation.ts';
import type { Storage } from '../storage/storage.ts';
import { ASKED_PREFIX } from './asking.ts';
import { ownKey } from './ownership.ts';
import { foundIn, type RequestOf, readRequest } from './request.ts';

/** A decision that was taken on this server while it was one of several, and that none has carried out. */
export type LeftOver = RequestOf<'sanction'>;

/** What this server has asked of the one that worked, by the names under which it is kept; the oldest first. */
export async function readAsked(
  local: Pick<Storage, 'load'>,
): Promise<{ readonly names: readonly string[]; readonly decisions: readonly LeftOver[] }> {
  const names: string[] = [];
  const decisions: LeftOver[] = [];
  await local.load(ASKED_PREFIX, ({ name, value }) => {
    names.push(name);
    const request = readRequest(value ?? '');
    if (request?.kind === 'sanction') decisions.push(request);
  });
  return { names, decisions: decisions.sort((one, other) => one.at - other.at) };
}

/** Carries out here what is left over. After a crash in between it is known by its id. */
export async function carryOut(
  leftOver: readonly LeftOver[],
  moderation: Pick<Moderation, 'submit'>,
  local: Pick<Storage, 'soon'>,
): Promise<void> {
  for (const { id, serverId, server, at, who, sanction } of leftOver) {
    const { key, only } = sanction;
    await moderation.submit(foundIn(who), {
      ...sanction,
      ...(key === undefined ? {} : { key: ownKey(key, serverId) }),
      ...(only && 'key' in only ? { only: { key: ownKey(only.key, serverId) } } : {}),
      elsewhere: { id, serverId: null, server, at },
    });
    void local.soon([{ name: ASKED_PREFIX + id, value: null }]);
  }
}
