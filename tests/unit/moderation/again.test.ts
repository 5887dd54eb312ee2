import { describe, expect, it } from 'vitest';
import type { Action, DeliveryState } from '../../../server/moderation/action.ts';
import { createAgain, type Told } from '../../../server/moderation/again.ts';
import { action, DELIVERED, delivery, QUEUED } from '../action.ts';
import { createManualClock } from '../manual-clock.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const TOLD: Told = { kind: 'ban', origin: 'export', products: ['cad'], expiresAt: null, at: NOW };
const REFUSED: DeliveryState = { status: 'refused', code: 'REFUSED', detail: '' };
const CANCELLED: DeliveryState = { status: 'refused', code: 'CANCELLED', detail: '' };

function start() {
  const clock = createManualClock(NOW);
  const again = createAgain(clock);
  const isAgain = (there: Action, told: Partial<Told> = {}, ...others: readonly Action[]) =>
    again.find({ ...TOLD, ...told }, [there, ...others]) === there;
  return { clock, again, isAgain };
}

function ban(changes: Partial<Action> = {}): Action {
  return action({ inForce: true, origin: 'export', deliveries: [delivery('cad')], ...changes });
}

function settled(state: DeliveryState, changes: Partial<Action> = {}): Action {
  return ban({ deliveries: [delivery('cad', { state })], ...changes });
}

describe('a decision that is told again', () => {
  it('is the same one while it is on its way, however long that takes', () => {
    const { clock, isAgain } = start();
    clock.pass(100 * HOUR);
    expect(isAgain(ban())).toBe(true);
  });

  it('is the same one for sixty seconds after it has settled, and no longer', () => {
    const { clock, again, isAgain } = start();
    const there = settled(DELIVERED);
    expect(isAgain(there)).toBe(false);
    again.settled(there.id);
    clock.pass(59_999);
    expect(isAgain(there)).toBe(true);
    clock.pass(1);
    expect(isAgain(there)).toBe(false);
  });

  it('counts the seconds from when it has settled last, whatever the wall clock says', () => {
    const { clock, again, isAgain } = start();
    again.settled('a1');
    clock.pass(30_000);
    again.settled('a2');
    again.settled('a1');
    clock.setWall(NOW + 48 * HOUR);
    clock.pass(45_000);
    expect(isAgain(settled(DELIVERED))).toBe(true);
  });

  it('is another one than the end of one ban alone', () => {
    const { isAgain } = start();
    const lift = ban({ kind: 'unban', inForce: false });
    expect(isAgain(lift, { kind: 'unban' })).toBe(true);
    expect(isAgain({ ...lift, isOfOneBan: true }, { kind: 'unban' })).toBe(false);
  });

  it('is another one than a ban that was lifted in a product since', () => {
    const { isAgain } = start();
    const products = ['cms', 'cad'] as const;
    const there = ban({ deliveries: products.map((product) => delivery(product)) });
    expect(isAgain(there, { products })).toBe(true);
    expect(isAgain({ ...there, lifted: ['cad'] }, { products })).toBe(false);
  });

  it.each<[what: string, told: Partial<Told>]>([
    ['another kind', { kind: 'kick' }],
    ['more products', { products: ['cms', 'cad'] }],
    ['another product', { products: ['cms'] }],
    ['no product', { products: [] }],
  ])('is another one with %s', (_, told) => {
    expect(start().isAgain(ban(), told)).toBe(false);
  });

  it('is the same one for as many products in another order', () => {
    const there = ban({ deliveries: [delivery('cms'), delivery('cad')] });
    expect(start().isAgain(there, { products: ['cad', 'cms'] })).toBe(true);
  });
});

describe('a ban that is told again', () => {
  it.each<[there: number | null, told: number | null, isAgain: boolean]>([
    [null, null, true],
    [null, NOW + HOUR, true],
    [NOW + HOUR, null, false],
    [NOW + HOUR, NOW + HOUR, true],
    [NOW + HOUR, NOW, true],
    [NOW + HOUR, NOW + HOUR + 1_000, true],
    [NOW + HOUR, NOW + HOUR + 1_001, false],
  ])('of one until %s, until %s: the same one: %s', (there, told, isAgain) => {
    expect(start().isAgain(ban({ expiresAt: there }), { expiresAt: told })).toBe(isAgain);
  });

  it('is the same one for as long, however much later it is told', () => {
    const there = ban({ expiresAt: NOW + HOUR });
    const told = (ms: number) => ({ at: NOW + 3 * HOUR, expiresAt: NOW + 3 * HOUR + ms });
    expect(start().isAgain(there, told(HOUR))).toBe(true);
    expect(start().isAgain(there, told(HOUR + 1_001))).toBe(false);
  });

  it('is the same one a while after a restart, when nobody knows when it settled', () => {
    const { again, isAgain } = start();
    const there = settled(DELIVERED);
    const old = settled(DELIVERED, { id: 'a0', at: NOW - 3 * 60_000 });
    again.resume([{ ...there, at: NOW - 60_000 }, old], NOW);
    expect(isAgain(there)).toBe(true);
    expect(isAgain(old)).toBe(false);
  });

  it('is one of its own when txAdmin made either of them: each is revoked by itself', () => {
    const { isAgain } = start();
    expect(isAgain(ban({ origin: 'txadmin' }))).toBe(false);
    expect(isAgain(ban(), { origin: 'txadmin' })).toBe(false);
    const kick = ban({ kind: 'kick', inForce: false, origin: 'txadmin' });
    expect(isAgain(kick, { kind: 'kick', origin: 'txadmin' })).toBe(true);
  });

  it.each<[state: DeliveryState, origin: Told['origin'], isAgain: boolean]>([
    [REFUSED, 'export', true],
    [REFUSED, 'chat', false],
    [CANCELLED, 'export', false],
    [DELIVERED, 'export', false],
  ])(
    'is another one after it has ended, but for a program whose ban nobody took (%#)',
    (state, origin, isAgain) => {
      const { again, isAgain: find } = start();
      again.settled('a1');
      expect(find(settled(state, { inForce: false }), { origin })).toBe(isAgain);
    },
  );

  it('is another one once a later lift stands against it, and the lift once a later ban does', () => {
    const { isAgain } = start();
    const lift = action({ id: 'a2', sequence: 2, kind: 'unban', deliveries: [delivery('cad')] });
    expect(isAgain(ban(), {}, lift)).toBe(false);
    expect(isAgain(lift, { kind: 'unban' }, ban())).toBe(true);
    expect(isAgain(lift, { kind: 'unban' }, ban({ id: 'a3', sequence: 3 }))).toBe(false);
  });

  it('is the same one whatever kicks came later', () => {
    const kick = action({ id: 'a2', sequence: 2, kind: 'kick' });
    expect(start().isAgain(ban({ deliveries: [delivery('cad', { state: QUEUED })] }), {}, kick)).toBe(true);
  });
});
