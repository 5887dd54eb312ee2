import { describe, expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import { ActionIndex } from '../../../server/moderation/action-index.ts';
import { createOwnEffects } from '../../../server/moderation/own-effects.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';
import { createManualClock } from '../manual-clock.ts';

const MINUTE_MS = 60_000;
const PAT = ['steam:1', 'license:abc'];
const OTHER = ['license:abd', 'steam:2'];

function start(...actions: readonly Action[]) {
  const clock = createManualClock();
  const index = new ActionIndex();
  for (const each of actions) index.apply(each);
  const own = createOwnEffects(index, clock);
  return { clock, own };
}

const CALLED = { attempts: 1, unanswered: 0 } as const;
const REFUSED = { status: 'refused', code: 'NOT_LINKED', detail: '' } as const;

describe('what is on its way', () => {
  it('is our own once a call is under way or its answer is missing, in that product alone', () => {
    const { own } = start(
      action({ deliveries: [delivery('cms'), delivery('cad', { ...CALLED, state: QUEUED })] }),
    );
    expect(own.isOwn('ban', 'cad', PAT)).toBe(true);
    // Nobody has called CMS yet: what it tells, somebody else did.
    expect(own.isOwn('ban', 'cms', PAT)).toBe(false);
  });

  it('is our own in the product that has it, as long as another has not', () => {
    const { own, clock } = start(
      action({ deliveries: [delivery('cms', { state: DELIVERED }), delivery('cad')] }),
    );
    expect(own.isOwn('ban', 'cms', PAT)).toBe(true);
    clock.advance(10 * MINUTE_MS);
    expect(own.isOwn('ban', 'cms', PAT)).toBe(true);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(false);
  });

  it('is not our own when the product refused it, or was not meant', () => {
    const { own } = start(
      action({ deliveries: [delivery('cms', { ...CALLED, state: REFUSED }), delivery('cad')] }),
    );
    expect(own.isOwn('ban', 'cms', PAT)).toBe(false);
    const { own: cadOnly } = start(action({ deliveries: [delivery('cad', { state: DELIVERED })] }));
    expect(cadOnly.isOwn('ban', 'cms', PAT)).toBe(false);
  });

  it('is not our own of another kind or about another person', () => {
    const { own } = start(action({ deliveries: [delivery('cad', { state: DELIVERED })] }));
    expect(own.isOwn('kick', 'cad', PAT)).toBe(false);
    expect(own.isOwn('unban', 'cad', PAT)).toBe(false);
    expect(own.isOwn('ban', 'cad', OTHER)).toBe(false);
    expect(own.isOwn('ban', 'cad', [])).toBe(false);
  });

  it('about an account alone is that of whoever holds it, as far as that is known', () => {
    const named = person({ identifiers: [], account: 'account:a1' });
    const ban = action({ person: named, inForce: true, deliveries: [delivery('cad', { state: DELIVERED })] });
    const { own } = start({ ...ban, deliveries: [...ban.deliveries, delivery('cms')] });
    expect(own.isOwn('ban', 'cad', PAT)).toBe(false);
    expect(own.isOwn('ban', 'cad', [...PAT, 'account:a1'])).toBe(true);
    const { own: known } = start({
      ...ban,
      holder: ['steam:1'],
      deliveries: [...ban.deliveries, delivery('cms')],
    });
    expect(known.isOwn('ban', 'cad', PAT)).toBe(true);
    expect(known.isOwn('ban', 'cad', OTHER)).toBe(false);
  });

  it('about identifiers is not that of others who hold the account', () => {
    const state = { ...DELIVERED, account: 'a1' };
    const { own } = start(action({ deliveries: [delivery('cad', { state }), delivery('cms')] }));
    expect(own.isOwn('ban', 'cad', ['license:other', 'account:a1'])).toBe(false);
    expect(own.isOwn('ban', 'cad', [...PAT, 'account:a1'])).toBe(true);
  });
});

describe('what has ended', () => {
  const ended = action({ deliveries: [delivery('cad', { state: DELIVERED })] });

  it('is our own for two minutes', async () => {
    const { own, clock } = start(ended);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(false);
    own.confirmed(ended);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(true);
    await clock.advance(2 * MINUTE_MS - 1);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(true);
    await clock.advance(1);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(false);
  });

  it('is so from the last confirmation on, and is not forgotten for an older one', async () => {
    const other = action({
      id: 'a2',
      person: person({ identifiers: ['steam:2'] }),
      deliveries: ended.deliveries,
    });
    const { own, clock } = start(ended, other);
    own.confirmed(ended);
    own.confirmed(other);
    await clock.advance(MINUTE_MS);
    own.confirmed(ended);
    await clock.advance(MINUTE_MS);
    expect(own.isOwn('ban', 'cad', OTHER)).toBe(false);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(true);
  });

  it('goes by the time that passes, not by the wall clock', () => {
    const { own, clock } = start(ended);
    own.confirmed(ended);
    clock.setWall(clock.now() + 60 * MINUTE_MS);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(true);
  });

  it('is nothing when the history has no room for it any more', () => {
    const { own } = start();
    own.confirmed(ended);
    expect(own.isOwn('ban', 'cad', PAT)).toBe(false);
  });
});
