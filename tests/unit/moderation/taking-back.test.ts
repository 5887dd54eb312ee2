import { describe, expect, it } from 'vitest';
import {
  type Action,
  type DeliveryState,
  deliveryOf,
  withDelivery,
} from '../../../server/moderation/action.ts';
import type { Withdrawal } from '../../../server/moderation/ports.ts';
import { createTakingBack } from '../../../server/moderation/taking-back.ts';
import { action, DELIVERED, delivery, QUEUED } from '../action.ts';

const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: '', nextTryAt: null };
const CANCELLED: DeliveryState = { status: 'refused', code: 'CANCELLED', detail: '' };

/** @param hows how taking shares back goes in the outbox, by id of their action; unheard when nothing is said. */
function start(actions: readonly Action[], hows: Readonly<Record<string, Withdrawal>> = {}) {
  const byId = new Map(actions.map((each) => [each.id, each]));
  const did: string[] = [];
  let meanwhile = () => {};
  const keep = (each: Action) => {
    byId.set(each.id, each);
  };
  const takingBack = createTakingBack({
    ledger: {
      byId: (id) => byId.get(id),
      async save(each) {
        keep(each);
        return 'written';
      },
      saveSoon: keep,
    },
    outbox: {
      add: ({ id }, { product }) => did.push(`add ${id} ${product}`),
      withdraw(id, product, isFinal) {
        did.push(`withdraw ${id} ${product}${isFinal ? ' for good' : ''}`);
        meanwhile();
        const how = hows[id] ?? 'unheard';
        const now = byId.get(id);
        const share = now && deliveryOf(now, product);
        // As the outbox does: what it can end, it ends in this turn.
        if (now && share && (how === 'unheard' || how === 'heard')) {
          const ended = { ...share, state: CANCELLED };
          if (!takingBack.noticed(now, ended)) keep(withDelivery(now, ended));
        }
        return how;
      },
    },
    onKept: (id) => did.push(`kept ${id}`),
  });
  const now = (id: string) => {
    const each = byId.get(id);
    return each && [each.inForce, ...each.deliveries.map(({ state }) => state)];
  };
  const onWithdraw = (run: () => void) => {
    meanwhile = run;
  };
  return { takingBack, did, now, keep, onWithdraw };
}

function ban(id: string, sequence: number, cms: DeliveryState, cad: DeliveryState): Action {
  const deliveries = [delivery('cms', { state: cms }), delivery('cad', { state: cad })];
  return action({ id, sequence, inForce: true, deliveries });
}

describe('bans that are taken back', () => {
  it('end here and on their way, the latest first', () => {
    const bans = [ban('a1', 1, QUEUED, DELIVERED), ban('a2', 2, QUEUED, QUEUED)];
    const { takingBack, did, now } = start(bans, { a1: 'heard' });
    const { how, before } = takingBack.take(bans, undefined);
    expect(did).toEqual(['withdraw a2 cms for good', 'withdraw a2 cad for good', 'withdraw a1 cms for good']);
    expect(now('a1')).toEqual([false, CANCELLED, DELIVERED]);
    expect(now('a2')).toEqual([false, CANCELLED, CANCELLED]);
    expect([...how]).toEqual([
      ['cms', ['unheard', 'heard']],
      ['cad', ['unheard']],
    ]);
    expect([...before.values()]).toEqual([bans[1], bans[0]]);
  });

  it('come to their own end where a call is under way', () => {
    const bans = [ban('a1', 1, QUEUED, DELIVERED)];
    const { takingBack, now } = start(bans, { a1: 'under-way' });
    expect([...takingBack.take(bans, undefined).how]).toEqual([['cms', ['under-way']]]);
    expect(now('a1')).toEqual([false, QUEUED, DELIVERED]);
  });

  it('end without the outbox where they wait for a link, and whoever watches links is told', () => {
    const bans = [ban('a1', 1, KEPT, KEPT)];
    const { takingBack, did, now } = start(bans);
    takingBack.take(bans, undefined);
    expect(did).toEqual(['kept a1']);
    expect(now('a1')).toEqual([false, CANCELLED, CANCELLED]);
  });

  it('that the outbox does not have end all the same, and may have been heard if a call went out', () => {
    const heard = delivery('cad', { unanswered: 0 });
    const bans = [action({ id: 'a1', inForce: true, deliveries: [delivery('cms'), heard] })];
    const { takingBack, now } = start(bans, { a1: 'not-here' });
    expect([...takingBack.take(bans, undefined).how]).toEqual([
      ['cms', ['unheard']],
      ['cad', ['heard']],
    ]);
    expect(now('a1')).toEqual([false, CANCELLED, CANCELLED]);
  });

  it('in some products go on, and count here, for the others', () => {
    const bans = [ban('a1', 1, QUEUED, QUEUED)];
    const { takingBack, now } = start(bans);
    takingBack.take(bans, ['cad']);
    expect(now('a1')).toEqual([true, QUEUED, CANCELLED]);
  });
});

describe('bans whose lift was not stored', () => {
  it('count and go out after all, in the order decided', () => {
    const bans = [ban('a1', 1, KEPT, DELIVERED), ban('a2', 2, QUEUED, QUEUED)];
    const { takingBack, did, now } = start(bans);
    const takenBack = takingBack.take(bans, undefined);
    did.length = 0;
    takingBack.restore(takenBack);
    expect(now('a1')).toEqual([true, KEPT, DELIVERED]);
    expect(now('a2')).toEqual([true, QUEUED, QUEUED]);
    expect(did).toEqual(['kept a1', 'add a2 cms', 'add a2 cad', 'kept a2']);
  });

  it('keep what a call that was under way has come to', () => {
    const bans = [ban('a1', 1, QUEUED, QUEUED)];
    const { takingBack, now, keep } = start(bans, { a1: 'under-way' });
    const takenBack = takingBack.take(bans, undefined);
    const confirmed = ban('a1', 1, DELIVERED, QUEUED);
    keep({ ...confirmed, inForce: false });
    takingBack.restore(takenBack);
    expect(now('a1')).toEqual([true, DELIVERED, QUEUED]);
  });
});

it('what changes of others while bans are taken back is put back as well, and nothing before or after', () => {
  const other = ban('a2', 2, QUEUED, QUEUED);
  const bans = [ban('a1', 1, QUEUED, DELIVERED)];
  const { takingBack, now, onWithdraw } = start([...bans, other]);
  const change = delivery('cms', { state: CANCELLED });
  expect(takingBack.noticed(other, change)).toBe(false);
  onWithdraw(() => expect(takingBack.noticed(other, change)).toBe(true));
  const takenBack = takingBack.take(bans, undefined);
  expect(takingBack.noticed(other, change)).toBe(false);
  expect(now('a2')).toEqual([true, CANCELLED, QUEUED]);
  takingBack.restore(takenBack);
  expect(now('a2')).toEqual([true, QUEUED, QUEUED]);
});

it('only what goes out is handed to the outbox', () => {
  const { takingBack, did } = start([]);
  takingBack.dispatch(ban('a1', 1, KEPT, QUEUED));
  takingBack.dispatch(ban('a2', 2, DELIVERED, CANCELLED));
  expect(did).toEqual(['add a1 cad']);
});
