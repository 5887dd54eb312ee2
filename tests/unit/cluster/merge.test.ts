import { describe, expect, it } from 'vitest';
import { type Batch, merge } from '../../../server/cluster/merge.ts';
import { takenName } from '../../../server/cluster/taken.ts';
import type { Action } from '../../../server/moderation/action.ts';
import { readActionRecord, writeActionRecord } from '../../../server/storage/action-record.ts';
import { realClock } from '../../mysql/real-clock.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';
import { leastOf, longestTurnOf } from '../cpu-time.ts';

const SERVER = { id: 'one', name: 'One' };
const HOUR_MS = 60 * 60 * 1000;

type Records = Map<string, string>;

const stored = (...actions: readonly Action[]): Records =>
  new Map(actions.map((each) => [`action:${each.id}`, writeActionRecord(each)]));

const DONE = [delivery('cad', { state: DELIVERED })];
const ban = (id: string, sequence: number, at: number, changes: Partial<Action> = {}) =>
  action({ id, sequence, at, inForce: true, deliveries: DONE, ...changes });
const lift = (id: string, sequence: number, at: number, changes: Partial<Action> = {}) =>
  action({ id, sequence, at, kind: 'unban', deliveries: DONE, ...changes });

function batchOf(records: Records, changes: Partial<Batch> = {}): Batch {
  return { server: SERVER, records, offsetMs: 0, isGivenBack: false, ...changes };
}

/** The records, once so many of the changes are written: all, if that is not said. */
async function merged(community: Records, batch: Batch, count = Number.POSITIVE_INFINITY): Promise<Records> {
  const records = new Map(community);
  const { changes } = await merge(community, batch, realClock);
  for (const { name, value } of changes.slice(0, count)) {
    if (value === null) records.delete(name);
    else records.set(name, value);
  }
  return records;
}

function actionsOf(records: Records): Action[] {
  return [...records.values()]
    .flatMap((text) => readActionRecord(text)?.action ?? [])
    .sort((one, other) => one.sequence - other.sequence);
}

const orderOf = (records: Records) => actionsOf(records).map(({ id }) => id);

describe('two stores', () => {
  it('are one order by time, each in its own', async () => {
    const ours = stored(ban('a', 1, 10), ban('c', 2, 30), ban('e', 7, 50));
    // A clock has jumped back.
    const theirs = stored(ban('b', 3, 20), ban('d', 5, 40), ban('d2', 6, 35), ban('f', 9, 60));
    const records = await merged(ours, batchOf(theirs));
    expect(orderOf(records)).toEqual(['a', 'b', 'c', 'd', 'd2', 'e', 'f']);
    expect(actionsOf(records).find(({ id }) => id === 'b')).toMatchObject({ serverId: 'one', server: 'One' });
  });

  it('are in order after every single write, and the same when it is done again', async () => {
    const ours = stored(...Array.from({ length: 12 }, (_, at) => ban(`our${at}`, at + 1, at * 10)));
    const theirs = stored(...Array.from({ length: 9 }, (_, at) => ban(`their${at}`, at + 1, at * 13 + 1)));
    const batch = batchOf(theirs);
    const whole = await merged(ours, batch);
    const { changes } = await merge(ours, batch, realClock);
    for (let count = 0; count <= changes.length; count++) {
      const broken = await merged(ours, batch, count);
      const times = actionsOf(broken).map(({ at }) => at);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      expect(orderOf(await merged(broken, batch))).toEqual(orderOf(whole));
    }
    expect((await merge(whole, batch, realClock)).changes).toEqual([]);
  });

  it('keep the place of a ban that was told again', async () => {
    const theirs = stored(ban('b', 1, 20, { told: 3 }), lift('l', 2, 40));
    const records = await merged(
      stored(ban('a', 1, 30, { person: person({ identifiers: ['x:1'] }) })),
      batchOf(theirs),
    );
    const found = actionsOf(records);
    const [b, l] = [found.find(({ id }) => id === 'b'), found.find(({ id }) => id === 'l')];
    expect(b?.told).toBeGreaterThan(l?.sequence ?? 0);
    expect(orderOf(records)).toEqual(['b', 'a', 'l']);
  });
});

describe('a ban of one store', () => {
  const endedBy = (records: Records, id: string) => actionsOf(records).find((each) => each.id === id)?.ended;

  it('ends by a later lift of the other, also when the merge broke off anywhere', async () => {
    const ours = stored(ban('b', 1, 10), ban('x', 2, 15, { person: person({ identifiers: ['x:1'] }) }));
    const batch = batchOf(stored(lift('l', 1, 20)));
    const { changes } = await merge(ours, batch, realClock);
    for (let count = 0; count <= changes.length; count++) {
      const again = await merged(await merged(ours, batch, count), batch);
      expect(endedBy(again, 'l')).toEqual(['b']);
    }
    expect(endedBy(await merged(stored(lift('l', 1, 20)), batchOf(stored(ban('b', 1, 10)))), 'l')).toEqual([
      'b',
    ]);
  });

  it('stays when the lift was earlier, was of one ban, or was nobody`s in 0.1', async () => {
    for (const [l, at] of [
      [lift('l', 1, 5), 10],
      [lift('l', 1, 20, { isOfOneBan: true }), 10],
    ] as const) {
      expect(endedBy(await merged(stored(ban('b', 1, at)), batchOf(stored(l))), 'l')).toEqual([]);
    }
    const {
      inForce: _,
      lifted: _f,
      served: _v,
      holder: _h,
      ended: _e,
      isOfOneBan: _o,
      server: _s,
      serverId: _i,
      told: _t,
      toldAt: _ta,
      alsoKeys: _k,
      ...old
    } = lift('l', 1, 20, {
      deliveries: [delivery('cad', { state: { status: 'refused', code: 'REFUSED', detail: '' } })],
    });
    const record = JSON.stringify({ version: 2, ...old, isExpiryPending: false });
    const records = await merged(stored(ban('b', 1, 10)), batchOf(new Map([['action:l', record]])));
    expect(endedBy(records, 'l')).toEqual([]);
  });

  it('keeps an earlier lift of the other from going out, and a later one not', async () => {
    const waiting = [delivery('cad')];
    for (const [at, code] of [
      [5, 'CANCELLED'],
      [20, undefined],
    ] as const) {
      const records = await merged(
        stored(lift('l', 1, at, { deliveries: waiting })),
        batchOf(stored(ban('b', 1, 10))),
      );
      const [share] = actionsOf(records).find(({ id }) => id === 'l')?.deliveries ?? [];
      expect(share?.state.status === 'refused' ? share.state.code : undefined).toBe(code);
    }
  });
});

describe('of two versions of a decision', () => {
  it('the community`s counts, and the server`s of what it had taken along', async () => {
    const known = ban('a', 4, 10, { reason: 'ours' });
    const theirs = stored(ban('a', 1, 10, { reason: 'theirs' }));
    expect(await merged(stored(known), batchOf(theirs))).toEqual(stored(known));
    const taken = new Map([
      ...stored(known),
      [takenName('one', 'action:a'), writeActionRecord(known)] as const,
    ]);
    const [back] = actionsOf(await merged(taken, batchOf(theirs)));
    expect(back).toMatchObject({ reason: 'theirs', sequence: 4 });
    // It never went on by itself: what it had taken is as it was.
    const left = { ...known, deliveries: [] };
    const marked = new Map([
      ...stored(left),
      [takenName('one', 'action:a'), writeActionRecord(known)] as const,
    ]);
    const given = await merged(marked, batchOf(new Map(), { isGivenBack: true }));
    expect([...given.keys()]).toEqual(['action:a']);
    expect(actionsOf(given)[0]).toMatchObject({ deliveries: DONE });
    // It has forgotten it since: it is over.
    const forgotten = await merged(marked, batchOf(new Map()));
    expect(forgotten).toEqual(stored(left));
  });

  it('names that others have given are the server`s own, and what names actions is not', async () => {
    const records = new Map([
      ...stored(
        ban('a', 1, 10, { key: 'export:x:1', alsoKeys: ['txadmin:T1'] }),
        lift('l', 2, 20, { key: 'lift:a' }),
      ),
      ['key:txadmin:T0', '{}'] as const,
    ]);
    const community = await merged(new Map(), batchOf(records));
    expect(actionsOf(community)).toMatchObject([
      { key: 'export:x:1@one', alsoKeys: ['txadmin:T1@one'] },
      { key: 'lift:a' },
    ]);
    expect([...community.keys()]).toContain('key:txadmin:T0@one');
    // The end of a temporary ban is one, whoever makes it.
    const other = batchOf(stored(lift('l2', 1, 21, { key: 'lift:a' })), {
      server: { id: 'two', name: null },
    });
    expect(orderOf(await merged(community, other))).toEqual(['a', 'l']);
  });

  it('times are the database`s when the clocks are far apart', async () => {
    const batch = batchOf(stored(ban('a', 1, 10, { expiresAt: 20 })), { offsetMs: HOUR_MS });
    expect(actionsOf(await merged(new Map(), batch))[0]).toMatchObject({
      at: 10 + HOUR_MS,
      expiresAt: 20 + HOUR_MS,
    });
  });
});

it('takes 10 000 into 10 000 in turns of less than 8 ms', { timeout: 60_000 }, async () => {
  const many = (prefix: string, offset: number) =>
    stored(
      ...Array.from({ length: 10_000 }, (_, at) => {
        const who = person({ identifiers: [`license:${prefix}${at}`, `steam:${prefix}${at}`] });
        return ban(`${prefix}${(at * 7919) % 10_000}`, at + 1, at * 100 + offset, { person: who });
      }),
    );
  const [ours, theirs] = [many('a', 0), many('b', 50)];
  const once = async (): Promise<number> => {
    const merged = merge(ours, batchOf(theirs), realClock);
    const longest = await longestTurnOf(merged);
    expect((await merged).counts).toEqual({ actions: 10_000, inForce: 10_000, pending: 0 });
    if (process.env['CMSBAN_FIGURES']) console.log('longest turn', longest);
    return longest;
  };
  expect(await leastOf(8, once)).toBeLessThan(8);
});
