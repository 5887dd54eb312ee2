import { describe, expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import { readActionRecord } from '../../../server/storage/action-record.ts';
import { createLedger } from '../../../server/storage/ledger.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { runAgain } from '../moderation/running.ts';
import { DONE } from '../scripted-api.ts';
import { kvpOn } from './kvp-on.ts';

/** An action as an earlier version of cmsban wrote it. */
function old(version: 1 | 2, changes: Partial<Action> = {}, isExpiryPending = false): string {
  const {
    inForce,
    lifted,
    served,
    ended,
    isOfOneBan,
    server,
    serverId,
    told,
    toldAt,
    alsoKeys,
    holder,
    deliveries,
    ...rest
  } = action(changes);
  const shares = deliveries.map(({ spentMs, ...share }) => (version === 1 ? share : { ...share, spentMs }));
  const head = version === 1 ? { version } : { version, revision: 3 };
  return JSON.stringify({ ...head, ...rest, isExpiryPending, deliveries: shares });
}

const done = [delivery('cad', { state: DELIVERED })];
const refused = (code: 'NOT_LINKED' | 'EXPIRED') => [
  delivery('cad', { state: { status: 'refused', code, detail: '' } }),
];

describe.each([1, 2] as const)('a record of version %d', (version) => {
  it('is read, and has what is new', () => {
    const read = readActionRecord(old(version, { sequence: 7, deliveries: done }));
    expect(read).toMatchObject({ isOld: true, revision: version === 1 ? 0 : 3 });
    expect(read?.action).toEqual(action({ sequence: 7, deliveries: done, inForce: true }));
  });

  it('of a ban without an end counts, unless nobody took it', () => {
    const counts = (deliveries: Action['deliveries']) =>
      readActionRecord(old(version, { deliveries }))?.action.inForce;
    expect(counts(done)).toBe(true);
    expect(counts([delivery()])).toBe(true);
    expect(counts(refused('EXPIRED'))).toBe(true);
    expect(counts(refused('NOT_LINKED'))).toBe(false);
  });

  it('of a temporary ban counts while its end is to come', () => {
    const temporary = { expiresAt: 1_800_000_000_000, deliveries: done };
    expect(readActionRecord(old(version, temporary, true))?.action.inForce).toBe(true);
    expect(readActionRecord(old(version, temporary, false))?.action.inForce).toBe(false);
  });

  it('of a kick or a lift never does', () => {
    for (const kind of ['kick', 'unban'] as const) {
      expect(readActionRecord(old(version, { kind, deliveries: done }))?.action.inForce).toBe(false);
    }
  });

  it('without what its version has, or with what a later one has, is none', () => {
    const record: Record<string, unknown> = JSON.parse(old(version));
    const { isExpiryPending, ...less } = record;
    expect(isExpiryPending).toBe(false);
    expect(readActionRecord(JSON.stringify(less))).toBeUndefined();
    for (const [name, value] of Object.entries({
      inForce: true,
      lifted: [],
      ended: [],
      told: 1,
      toldAt: 1,
      server: null,
      serverId: null,
      alsoKeys: [],
      holder: [],
    })) {
      expect(readActionRecord(JSON.stringify({ ...record, [name]: value })), name).toBeUndefined();
    }
  });
});

describe('a record of version 3', () => {
  const { serverId, toldAt, ...written } = action({ deliveries: done, inForce: true });
  const record = { version: 3, revision: 5, ...written };

  it('is read, is of no server by an id, and was told last when it was decided', () => {
    expect(serverId).toBeNull();
    const read = readActionRecord(JSON.stringify(record));
    const also = { serverId: null, inForce: true, toldAt };
    expect(read).toMatchObject({ isOld: false, revision: 5, action: also });
    expect(readActionRecord(JSON.stringify({ ...record, serverId: 'one' }))).toBeUndefined();
    expect(readActionRecord(JSON.stringify({ ...record, toldAt }))).toBeUndefined();
  });
});

describe('a lift that an earlier version has stored', () => {
  const records = (...texts: readonly [string, string][]) =>
    new Map(texts.map(([id, text]) => [`action:${id}`, text] as const));
  const ban = (sequence: number, changes: Partial<Action> = {}): [string, string] => [
    `b${sequence}`,
    old(2, { id: `b${sequence}`, sequence, deliveries: done, ...changes }),
  ];
  const lift = (sequence: number, changes: Partial<Action> = {}): [string, string] => [
    `l${sequence}`,
    old(2, { id: `l${sequence}`, sequence, kind: 'unban', deliveries: done, ...changes }),
  ];

  async function endedBy(id: string, disk: Map<string, string>): Promise<readonly string[] | undefined> {
    const clock = createManualClock();
    const ledger = createLedger({ storage: kvpOn(clock, disk).storage, clock, historyLimit: 100 });
    expect((await ledger.load()).setAside).toEqual([]);
    return ledger.byId(id)?.ended;
  }

  it('has ended the bans of its person that were decided before, also what is on its way', async () => {
    const disk = records(ban(1), ban(2, { deliveries: [delivery()] }), lift(3), ban(4));
    expect(await endedBy('l3', disk)).toEqual(['b1', 'b2']);
  });

  it('has ended nobody else’s, nor what was never in force', async () => {
    const other = person({ identifiers: ['license:other'] });
    const disk = records(ban(1, { person: other }), ban(2, { deliveries: refused('NOT_LINKED') }), lift(3));
    expect(await endedBy('l3', disk)).toEqual([]);
  });

  it('that nobody took has ended nothing', async () => {
    expect(await endedBy('l2', records(ban(1), lift(2, { deliveries: refused('NOT_LINKED') })))).toEqual([]);
  });

  it('of the end of a temporary ban has ended that one alone', async () => {
    const temporary = old(2, { id: 'b2', sequence: 2, deliveries: done, expiresAt: 1_600_000_000_000 }, true);
    const disk = records(ban(1), ['b2', temporary], lift(3, { key: 'lift:b2' }));
    expect(await endedBy('l3', disk)).toEqual(['b2']);
  });

  it('is carried out at the start: nobody is kept out by a ban that was lifted', async () => {
    const disk = records(ban(1), ban(2, { deliveries: [delivery()] }), lift(3), ban(4));
    const { ledger, cad } = await runAgain({ disk, products: ['cad'] }, ({ cad: api }) =>
      api.answerWith(() => DONE),
    );
    await settle();
    expect(ledger.inForceAbout(['license:abc']).map(({ id }) => id)).toEqual(['b4']);
    expect(ledger.pending()).toEqual([]);
    expect(cad.calls).toEqual([]);
    expect(disk.get('action:b1')).toContain('"inForce":false');
  });
});
