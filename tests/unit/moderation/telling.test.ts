import { describe, expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { outcomeOf } from '../../../server/moderation/outcome.ts';
import { createTelling } from '../../../server/moderation/telling.ts';
import { action, delivery } from '../action.ts';
import { checkedSay } from '../checked-say.ts';

/** Telling of one ban, which waits for its turn. */
function telling() {
  const ban = action({ deliveries: [delivery('cad')] });
  const queued: string[] = [];
  const parts = createTelling({
    ledger: {
      byId: (id) => (id === ban.id ? ban : undefined),
      safe: (stored: Action) => stored,
      save: async () => 'written',
      pending: () => [ban],
    },
    audience: { settled() {}, queued: (_, { message }) => queued.push(message) },
    outcomeOf: (stored) =>
      outcomeOf(stored, { say: checkedSay, isHere: () => false, unlinked: 'keep', joinGate: true }),
    onSettled() {},
    asHere: (stored) => stored,
  });
  return { telling: parts, ban, queued };
}

describe('what another server goes on with', () => {
  const WHY = 'goes on elsewhere';
  const isQueued = (outcome: Outcome | undefined) =>
    outcome?.status === 'queued' && outcome.message.includes(WHY);

  it('is told at once when it is on disk', async () => {
    const { telling: parts, ban, queued } = telling();
    const answered = parts.answerTo(ban.id);
    parts.handOver(WHY, true);
    expect(isQueued(await answered)).toBe(true);
    expect(queued).toHaveLength(1);
  });

  it('is told once it turns out to be on disk', async () => {
    const { telling: parts, ban, queued } = telling();
    parts.begin(ban.id);
    const answered = parts.answerTo(ban.id);
    parts.handOver(WHY, false);
    expect(queued).toEqual([]);
    expect(parts.decided(ban.id)).toBe(true);
    parts.announce(ban);
    expect(isQueued(await answered)).toBe(true);
  });

  it('is told to whoever tells it again after that', async () => {
    const { telling: parts, ban } = telling();
    parts.handOver(WHY, false);
    expect(isQueued(await parts.answerTo(ban.id))).toBe(true);
  });
});
