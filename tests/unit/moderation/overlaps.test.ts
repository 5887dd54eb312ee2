import { describe, expect, it } from 'vitest';
import { createOverlaps } from '../../../server/moderation/overlaps.ts';
import { action, DELIVERED, delivery } from '../action.ts';

const heard = delivery('cad', { unanswered: 0 });
const anyCall = () => createOverlaps(() => true);
const done = [delivery('cad', { state: DELIVERED })];
const ban = action({ id: 'ban', inForce: true, deliveries: [heard] });
const lift = action({ id: 'lift', kind: 'unban', deliveries: done });
const answered = { ...ban, deliveries: done };

describe('a lift that was confirmed', () => {
  it('while the call of a ban was under way overlaps with it, once', () => {
    const overlaps = anyCall();
    overlaps.noticed(lift, 'cad', [ban]);
    expect(overlaps.noticed(answered, 'cad', [])(lift)).toBe(true);
    expect(overlaps.noticed(answered, 'cad', [])(lift)).toBe(false);
  });

  it('before the call does not, nor one of another, nor in the other product', () => {
    let isUnderWay = false;
    const overlaps = createOverlaps((id, product) => isUnderWay && id === 'ban' && product === 'cad');
    // Its answer was lost, or cut off by a restart: it is called again, after the lift.
    overlaps.noticed(lift, 'cad', [ban]);
    expect(overlaps.noticed(answered, 'cad', [])(lift)).toBe(false);
    isUnderWay = true;
    overlaps.noticed(lift, 'cad', [ban]);
    expect(overlaps.noticed(answered, 'cms', [])(lift)).toBe(false);
    expect(overlaps.noticed(answered, 'cad', [])(action({ id: 'other', kind: 'unban' }))).toBe(false);
  });

  it('is forgotten with the ban', () => {
    const overlaps = anyCall();
    overlaps.noticed(lift, 'cad', [ban]);
    overlaps.noticed(action({ id: 'later', kind: 'unban', deliveries: done }), 'cad', []);
    expect(overlaps.noticed(answered, 'cad', [])(lift)).toBe(false);
  });

  it('is overlapped by a ban in the same way', () => {
    const overlaps = anyCall();
    const asked = action({ id: 'lift', kind: 'unban', deliveries: [heard] });
    overlaps.noticed(answered, 'cad', [asked, action({ id: 'ban2', deliveries: [heard] })]);
    expect(overlaps.noticed(lift, 'cad', [])(answered)).toBe(true);
    expect(overlaps.noticed(action({ id: 'ban2', deliveries: done }), 'cad', [])(answered)).toBe(false);
  });

  it('overlaps with no kick and no other lift', () => {
    const overlaps = anyCall();
    overlaps.noticed(lift, 'cad', [action({ id: 'kick', kind: 'kick', deliveries: [heard] })]);
    const kicked = action({ id: 'kick', kind: 'kick', deliveries: done });
    expect(overlaps.noticed(kicked, 'cad', [])(lift)).toBe(false);
  });
});
