import { type Clock, sleep } from '../clock.ts';
import { type Action, isSettled } from '../moderation/action.ts';
import type { Log } from '../notify/log.ts';
import { readRecordTask, writeRecordTask } from '../records/record-task.ts';
import { inSlices } from '../slices.ts';
import { readActionRecord, writeActionRecord } from '../storage/action-record.ts';
import type { Change, Storage, StoredRecord } from '../storage/storage.ts';
import { ASKED_PREFIX } from './asking/open-requests.ts';
import { COPY_PREFIX } from './copy.ts';
import { homeChange, OWN_STORE, readHome } from './home.ts';
import { type LeftDatabaseOptions, openLeftDatabase } from './left-database.ts';
import { type LeftOver, readAsked } from './left-over.ts';
import { merge } from './merge.ts';
import { movedInName, readMovedIn } from './moved-in.ts';
import { isMoved, readOwn, takenAway, writeAll } from './own-records.ts';
import { asOwn, isOfServer, ownKey } from './ownership.ts';
import { readServerId } from './server-id.ts';
import { seenThroughElsewhere, takenName, takenPrefix } from './taken.ts';

/** How soon it is tried again to write what the own store did not keep, in milliseconds. */
const AGAIN_MS = 1_000;

export interface MovingOutOptions
  extends Pick<LeftDatabaseOptions, 'config' | 'community' | 'newId' | 'clock' | 'say'> {
  readonly ids: () => LeftDatabaseOptions['ids'];
  readonly serverName: string | null;
  readonly local: Pick<Storage, 'load' | 'write'>;
  readonly log: Log;
}

/**
 * Copies into the own store what the servers of a community have decided, when this one is to keep everything for
 * itself again: in the database → (no other server is there) what is on its way is marked there as taken, as it was →
 * copied → at home in the own store. After a crash in between all of it is done again, with the same result; after the
 * end, and on a server that has never left its own store, there is nothing to do.
 *
 * @returns what is still to be seen to here, the oldest first.
 */
export async function moveOut(options: MovingOutOptions): Promise<readonly LeftOver[]> {
  const { local, clock, log, say } = options;
  const home = await readHome(local);
  const asked = await readAsked(local);
  if (home?.in !== 'mysql') return asked.open;
  const server = { id: (await readServerId(local)) ?? '', name: options.serverName ?? '' };
  /** What was handed in, and of which nobody here knows whether it was taken in. */
  let own = home.isTakenIn ? new Map<string, string>() : await readOwn(local);
  const there = say('moving.there');

  const left = await openLeftDatabase({ ...options, ids: options.ids(), server });
  if (!left.ok) {
    const known = await readCopy(local);
    // What the database had not confirmed is still to be decided.
    for (const { id } of asked.open) known.delete(`action:${id}`);
    for (const [name, value] of own) if (!known.has(name)) known.set(name, value);
    const inForce = (
      await settle(await toCopy(known, server.id, there, clock), server.id, local, clock)
    ).filter((action) => action.inForce);
    log.error(say('moving.out.failed', { detail: left.detail, inForce: inForce.length }));
    return asked.open;
  }
  const { records, isAlone } = left;
  if (isAlone) {
    const marks = await marksOf(
      records,
      server,
      say('moving.here', { server: server.name || server.id }),
      clock,
    );
    if (!(await left.write(marks))) {
      await left.close();
      return moveOut(options);
    }
    apply(records, marks);
  }
  const isTakenIn = readMovedIn(records.get(movedInName(server.id)))?.batch === home.batch;
  if (isTakenIn) own = new Map();
  const copied = await toCopy(records, server.id, there, clock);
  if (own.size > 0) {
    const mine = isAlone ? own : await toCopy(own, server.id, there, clock);
    const batch = { server, records: mine, offsetMs: 0, isGivenBack: false };
    apply(copied, (await merge(copied, batch, clock)).changes);
  }
  const open = asked.open.filter(
    ({ id }) => !records.has(`action:${id}`) && (isAlone || !left.asked.has(id)),
  );
  if (isAlone) await left.takeBack([home.batch, ...open.map(({ id }) => id)]);
  await left.close();

  const openNames = new Set(open.map(({ id }) => ASKED_PREFIX + id));
  const done = asked.names.filter((name) => !openNames.has(name));
  const actions = await settle(copied, server.id, local, clock, done);
  const others = [...records].filter(([name, value]) => isPending(name, value)).length;
  log.info(
    say(isAlone ? 'moving.out' : 'moving.out.others', {
      count: actions.length,
      inForce: actions.filter(({ inForce }) => inForce).length,
      pending: isAlone ? actions.filter((action) => !isSettled(action)).length + open.length : others,
    }),
  );
  return open;
}

function apply(records: Map<string, string>, changes: readonly Change[]): void {
  for (const { name, value } of changes) {
    if (value === null) records.delete(name);
    else records.set(name, value);
  }
}

/** What the own store has of the database, as the door needs it. */
async function readCopy(local: Pick<Storage, 'load'>): Promise<Map<string, string>> {
  const records = new Map<string, string>();
  await local.load(COPY_PREFIX, ({ name, value }) => {
    if (value !== undefined) records.set(name.slice(COPY_PREFIX.length), value);
  });
  return records;
}

function isPending(name: string, value: string): boolean {
  const stored = name.startsWith('action:') ? readActionRecord(value) : undefined;
  return stored !== undefined && !isSettled(stored.action);
}

/**
 * Marks in the database what is on its way as taken: a record of what it was, and what the other servers are to see of
 * it. Two for each, side by side, so that no group of writes has one without the other.
 */
async function marksOf(
  records: ReadonlyMap<string, string>,
  server: { readonly id: string },
  where: string,
  clock: Clock,
): Promise<readonly Change[]> {
  const marks: Change[] = [];
  await inSlices(records, clock, ([name, value]) => {
    const left = leftBehind(name, value, where);
    if (left !== undefined) marks.push({ name: takenName(server.id, name), value }, { name, value: left });
  });
  return marks;
}

/** What others see of what is on its way; undefined when it is not, and null when there is nothing to see. */
function leftBehind(name: string, value: string, where: string): string | null | undefined {
  if (name.startsWith('record:')) return readRecordTask(value)?.stage === 'kept' ? undefined : null;
  const stored = name.startsWith('action:') ? readActionRecord(value) : undefined;
  if (!stored || isSettled(stored.action)) return undefined;
  return writeActionRecord(seenThroughElsewhere(stored.action, where), stored.revision + 1);
}

/** What is to be in the own store: what was taken as it was, and of the rest nothing that is on its way. */
async function toCopy(
  records: ReadonlyMap<string, string>,
  serverId: string,
  where: string,
  clock: Clock,
): Promise<Map<string, string>> {
  const prefix = takenPrefix(serverId);
  const copy = new Map<string, string>();
  await inSlices(records, clock, ([name, value]) => {
    if (name.startsWith(prefix)) copy.set(name.slice(prefix.length), value);
    if (!isMoved(name) || records.has(prefix + name)) return;
    const left = leftBehind(name, value, where);
    if (left !== null) copy.set(name, left ?? value);
  });
  return copy;
}

/** Writes all of it into the own store, which counts from then on. @returns the actions. */
async function settle(
  records: ReadonlyMap<string, string>,
  serverId: string,
  local: Pick<Storage, 'load' | 'write'>,
  clock: Clock,
  done: readonly string[] = [],
): Promise<readonly Action[]> {
  const actions: Action[] = [];
  const kept = new Map<string, string>();
  await inSlices(records, clock, ([name, value]) => {
    const stored = name.startsWith('action:') ? readActionRecord(value) : undefined;
    if (stored) actions.push(stored.action);
    const own = ownRecord(name, value, serverId);
    if (own?.value !== undefined) kept.set(own.name, own.value);
  });
  const gone: Change[] = done.map((name) => ({ name, value: null }));
  for (const [name, value] of await readOwn(local)) if (!kept.has(name)) gone.push(...takenAway(name, value));
  const copies: string[] = [];
  await local.load(COPY_PREFIX, ({ name }) => copies.push(name));
  const changes: Change[] = [
    ...[...kept].map(([name, value]) => ({ name, value })),
    ...gone,
    homeChange(OWN_STORE),
    ...copies.map((name) => ({ name, value: null })),
  ];
  while (!(await writeAll(local, changes, clock))) await sleep(clock, AGAIN_MS);
  return actions;
}

/** A record of the community as the server itself keeps it; undefined when it is of no use to it. */
function ownRecord(name: string, value: string, serverId: string): StoredRecord | undefined {
  if (name.startsWith('action:')) {
    const stored = readActionRecord(value);
    return stored && { name, value: writeActionRecord(asOwn(stored.action, serverId), stored.revision) };
  }
  if (name.startsWith('key:')) {
    const key = name.slice('key:'.length);
    return isOfServer(key, serverId) ? { name: `key:${ownKey(key, serverId)}`, value } : undefined;
  }
  const task = name.startsWith('record:') ? readRecordTask(value) : undefined;
  if (!task) return { name, value };
  const id = ownKey(task.id, serverId);
  return { name: `record:${id}`, value: writeRecordTask({ ...task, id }) };
}
