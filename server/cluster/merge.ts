import { readAtOf } from '../bans/snapshot.ts';
import type { Clock } from '../clock.ts';
import {
  type Action,
  type Delivery,
  isQueued,
  isSettled,
  keysOf,
  namesOfAction,
  PRODUCTS,
} from '../moderation/action.ts';
import { ActionIndex } from '../moderation/action-index.ts';
import { isHeldBy } from '../moderation/late.ts';
import { isToEnd } from '../moderation/lift.ts';
import { endsAllOf } from '../moderation/one-person.ts';
import { readRecordTask, writeRecordTask } from '../records/record-task.ts';
import { inSlices } from '../slices.ts';
import { readActionRecord, type StoredAction, writeActionRecord } from '../storage/action-record.ts';
import { withEnded } from '../storage/ledger.ts';
import type { Change } from '../storage/storage.ts';
import { mergedOrder, type Place } from './merged-order.ts';
import { asCommunitys, scopedKey } from './ownership.ts';
import { sorted } from './sorted.ts';
import { takenName, takenPrefix } from './taken.ts';

/** What a server has kept by itself, and hands in. */
export interface Batch {
  readonly server: { readonly id: string; readonly name: string | null };
  readonly records: ReadonlyMap<string, string>;
  /** By how much the database's clock is ahead of the server's, in milliseconds. */
  readonly offsetMs: number;
  /** See {@link Home}. */
  readonly isGivenBack: boolean;
}

/** What was in a batch. */
export interface BatchCounts {
  readonly actions: number;
  readonly inForce: number;
  readonly pending: number;
}

/** What is to be written so that a batch is in the community's records. */
export interface Merge {
  /** In the order in which they are to be written: after each, the decisions that are there are in order. */
  readonly changes: readonly Change[];
  readonly counts: BatchCounts;
}

/** A decision as it counts, and as the community had it before. */
interface Known {
  readonly action: Action;
  /** In whose order its places are. */
  readonly order: 'ours' | 'theirs';
  readonly revision: number;
  readonly before: Action | undefined;
}

/** The same in the order of all. */
type Placed = Omit<Known, 'order'>;

/**
 * Takes the records of a server into those of its community. The result is one order by the time of decision.
 *
 * - Of two versions of a record the community's counts; the server's where it had taken it along.
 * - A ban ends that was lifted later in the other store. A lift that is still on its way ends nothing that a later ban
 *   of the other store holds.
 *
 * Has the same effect when it is done again, also on what a part of it has left: which decisions are the server's is
 * told by the batch alone.
 */
export async function merge(
  community: ReadonlyMap<string, string>,
  batch: Batch,
  clock: Clock,
): Promise<Merge> {
  const { server } = batch;
  const taken = takenBy(server.id, community);
  const ours = await readActions(community, clock);
  const given = await readActions(batch.records, clock);
  const old = new Set([...given.values()].filter(({ isOld }) => isOld).map(({ action }) => action.id));
  const theirs = await asTheyAre(given, clock);

  // Whose version counts.
  const keys = new Set([...ours.values()].flatMap(({ action }) => keysOf(action)));
  const all = new Map<string, Known>();
  const places: { ours: Place[]; theirs: Place[] } = { ours: [], theirs: [] };
  await inSlices(ours, clock, ([id, { action, revision }]) => {
    all.set(id, { action, order: 'ours', revision, before: action });
    places.ours.push(...placesOf(action));
  });
  await inSlices(theirs.keys(), clock, (id) => {
    const stored = theirs.get(id);
    if (!stored) return;
    const action = asCommunitys(stored.action, server, batch.offsetMs);
    const there = ours.get(id);
    if (there && !taken.has(`action:${id}`)) return;
    if (!there && keysOf(action).some((key) => keys.has(key))) return;
    const revision = Math.max(stored.revision, there?.revision ?? 0);
    const told = placesOf(action).filter(({ place }) => !there || place !== action.sequence);
    places.theirs.push(...told);
    all.set(id, { action, order: 'theirs', revision, before: there?.action });
  });
  if (batch.isGivenBack) {
    for (const [name, value] of taken) {
      const there = ours.get(name.slice('action:'.length));
      const stored = readActionRecord(value);
      if (!there || !stored) continue;
      const { action: before, revision } = there;
      const action = { ...stored.action, sequence: before.sequence, told: before.told };
      all.set(action.id, { action, order: 'ours', revision, before });
    }
  }

  // Where each is in the order of all.
  const merged = await mergedOrder(places.ours, places.theirs, clock);
  const placed: Placed[] = [];
  await inSlices(all.values(), clock, ({ action, order, before, revision }) => {
    const sequence = before ? merged.ours.get(before.sequence) : merged.theirs.get(action.sequence);
    const told = action.told === action.sequence ? sequence : merged[order].get(action.told);
    if (sequence === undefined) return;
    const now = { ...action, sequence, told: Math.max(told ?? 0, sequence) };
    placed.push({ action: now, before, revision });
  });
  const inOrder = await sorted(placed, ({ action }) => action.sequence, clock);
  const index = new ActionIndex();
  await inSlices(inOrder, clock, ({ action }) => index.apply(action));
  await settleBetween(index, (id) => theirs.has(id), old, clock);

  const changed: Change[] = [];
  // The last first.
  await inSlices(inOrder.toReversed(), clock, ({ action: { id }, before, revision }) => {
    const action = index.byId(id);
    if (!action || (before && isSame(before, action))) return;
    changed.push({ name: `action:${id}`, value: writeActionRecord(action, revision + 1) });
  });
  const actions = [...given.values()].map(({ action }) => action);
  return {
    changes: [...changed, ...(await otherChanges(community, batch, index, taken, clock))],
    counts: {
      actions: actions.length,
      inForce: actions.filter(({ inForce }) => inForce).length,
      pending: actions.filter((action) => !isSettled(action)).length,
    },
  };
}

/** By name, the records that a server has taken along, as they were then. */
function takenBy(serverId: string, community: ReadonlyMap<string, string>): Map<string, string> {
  const prefix = takenPrefix(serverId);
  const taken = new Map<string, string>();
  for (const [name, value] of community) {
    if (name.startsWith(prefix)) taken.set(name.slice(prefix.length), value);
  }
  return taken;
}

async function readActions(
  records: ReadonlyMap<string, string>,
  clock: Clock,
): Promise<Map<string, StoredAction>> {
  const actions = new Map<string, StoredAction>();
  await inSlices(records, clock, ([name, value]) => {
    if (!name.startsWith('action:')) return;
    const stored = readActionRecord(value);
    if (stored && name === `action:${stored.action.id}`) actions.set(stored.action.id, stored);
  });
  return actions;
}

/** What earlier versions of cmsban did not say of a lift is found out, as at every start. */
async function asTheyAre(
  given: ReadonlyMap<string, StoredAction>,
  clock: Clock,
): Promise<ReadonlyMap<string, StoredAction>> {
  const lifts = [...given.values()].filter(({ isOld, action }) => isOld && action.kind === 'unban');
  if (lifts.length === 0) return given;
  const index = new ActionIndex();
  await inSlices(given.values(), clock, ({ action }) => index.apply(action));
  const whole = new Map(given);
  await inSlices(lifts, clock, (stored) => {
    whole.set(stored.action.id, { ...stored, action: withEnded(stored.action, index) });
  });
  return whole;
}

function placesOf({ sequence, told, at }: Action): readonly Place[] {
  const first = { place: sequence, at };
  return told === sequence ? [first] : [first, { place: told, at: undefined }];
}

/** What decisions of the two stores do to one another. */
async function settleBetween(
  index: ActionIndex,
  isTheirs: (id: string) => boolean,
  old: ReadonlySet<string>,
  clock: Clock,
): Promise<void> {
  const ended = new Set<string>();
  const about = (action: Action) =>
    index.about(namesOfAction(action)).filter(({ id }) => isTheirs(id) !== isTheirs(action.id));
  const bans = new Set([...index.inForce(), ...index.pending()]);
  await inSlices(bans, clock, (ban) => {
    if (!isToEnd(ban, undefined)) return;
    // A lift that earlier versions made, and nobody took, has ended nothing.
    const lift = about(ban).find(
      (other) =>
        other.kind === 'unban' &&
        !other.isOfOneBan &&
        other.toldAt > ban.toldAt &&
        endsAllOf(other, ban) &&
        (!old.has(other.id) || other.deliveries.some(({ state }) => state.status !== 'refused')),
    );
    if (!lift) return;
    ended.add(ban.id);
    // A start ends what a lift says that it has ended.
    if (!lift.ended.includes(ban.id)) index.apply({ ...lift, ended: [...lift.ended, ban.id] });
  });
  await inSlices(index.pending(), clock, (lift) => {
    if (lift.kind !== 'unban') return;
    const others = about(lift).filter(
      ({ id, inForce, told }) =>
        inForce && !ended.has(id) && !lift.ended.includes(id) && (lift.isOfOneBan || told > lift.sequence),
    );
    const deliveries = lift.deliveries.map(
      (delivery): Delivery =>
        isQueued(delivery) && isHeldBy(others, delivery.product)
          ? { ...delivery, state: { status: 'refused', code: 'CANCELLED', detail: '' } }
          : delivery,
    );
    if (deliveries.some((delivery, place) => delivery !== lift.deliveries[place])) {
      index.apply({ ...lift, deliveries });
    }
  });
}

function isSame(one: Action, other: Action): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Beside the actions: what is there already stays as it is. */
async function otherChanges(
  community: ReadonlyMap<string, string>,
  { server, records, isGivenBack }: Batch,
  index: ActionIndex,
  taken: ReadonlyMap<string, string>,
  clock: Clock,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  // Of two lists the one that was read last counts, whole; of one that was copied, what has become of it since.
  const newer = PRODUCTS.map((product) => `mirror:${product}`).filter(
    (head) => records.has(head) && readAtOf(records.get(head)) >= readAtOf(community.get(head)),
  );

  function changeOf(name: string, value: string): Change | undefined {
    if (name.startsWith('key:')) {
      const key = scopedKey(name.slice('key:'.length), server.id);
      return index.byKey(key) ? undefined : { name: `key:${key}`, value };
    }
    if (name.startsWith('record:')) {
      const task = readRecordTask(value);
      if (!task || name !== `record:${task.id}`) return undefined;
      const id = task.kind === 'warn' ? scopedKey(task.id, server.id) : task.id;
      return {
        name: `record:${id}`,
        value: writeRecordTask({ ...task, id, serverId: task.serverId ?? server.id }),
      };
    }
    return name.startsWith('limit:') ? { name, value } : undefined;
  }

  const isNewer = (name: string) => newer.some((head) => name === head || name.startsWith(`${head}:`));
  await inSlices(community.keys(), clock, (name) => {
    if (isNewer(name) && !records.has(name)) changes.push({ name, value: null });
  });

  await inSlices(records, clock, ([name, value]) => {
    if (isNewer(name)) changes.push({ name, value });
    const change = changeOf(name, value);
    if (change && !community.has(change.name)) changes.push(change);
  });
  for (const [name, value] of taken) {
    if (isGivenBack && !name.startsWith('action:')) changes.push({ name, value });
    changes.push({ name: takenName(server.id, name), value: null });
  }
  return changes;
}
