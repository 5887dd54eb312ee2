import { expect, it } from 'vitest';
import { createAsking } from '../../../server/cluster/asking/asking.ts';
import type { AskingOptions } from '../../../server/cluster/asking/options.ts';
import { readRequest } from '../../../server/cluster/request.ts';
import { outcomeOf } from '../../../server/moderation/outcome.ts';
import { samePerson } from '../../../server/moderation/person.ts';
import { action, MODERATOR } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { inUse, scriptedApi } from '../scripted-api.ts';
import { kvpOn } from '../storage/kvp-on.ts';

/** A server whose database is away, and which knows nothing of what was decided. */
async function apart() {
  const clock = createManualClock();
  const disk = new Map<string, string>();
  const { storage } = kvpOn(clock, disk);
  const cad = inUse(scriptedApi('cad'));
  let count = 0;
  const asking = createAsking({
    server: { id: 'a', name: 'A' },
    local: storage,
    box: { add: async () => 'later', remove() {} },
    now: clock.now,
    offset: () => 0,
    products: () => [cad],
    dropWhen: 'success',
    dropIfDue: (each) => each,
    ties: { of: (names) => names },
    seen: { with: () => [] },
    audience: { settled() {}, queued() {}, accepted() {}, withdrawn() {}, corrected() {} },
    outcomeOf: (each) =>
      outcomeOf(each, { say: checkedSay, isHere: () => false, unlinked: 'keep', joinGate: true }),
    actionById: () => undefined,
    actionByKey: () => undefined,
    isTold: () => false,
    newId: () => `id${++count}`,
    why: () => 'waits for the database',
    isAway: () => true,
    onAsked() {},
    clock,
    say: checkedSay,
  } satisfies Partial<AskingOptions> as unknown as AskingOptions);
  await asking.resume();

  /** @param key the caller's own name for it. */
  async function lift(key?: string): Promise<void> {
    void asking.submit(samePerson(action()), {
      kind: 'unban',
      reason: 'innocent',
      author: MODERATOR,
      origin: 'export',
      ...(key === undefined ? {} : { key }),
    });
    await clock.advance(10);
    await settle();
  }

  /** The names of what is to be handed on, in the order asked. */
  const asked = () =>
    [...disk].flatMap(([name, value]) => {
      const request = name.startsWith('asked:') ? readRequest(value) : undefined;
      return request?.kind === 'sanction' ? [request.sanction.key] : [];
    });
  return { lift, asked };
}

it('what is told again in the same second is handed on once', async () => {
  const { lift, asked } = await apart();
  await lift();
  await lift();
  expect(asked()).toEqual([undefined]);
});

it('what is told again by its name is handed on once', async () => {
  const { lift, asked } = await apart();
  await lift('case-1');
  await lift('case-1');
  expect(asked()).toEqual(['case-1']);
});

it('what has a name may be an old decision: one without is handed on too, and counts from now', async () => {
  const { lift, asked } = await apart();
  await lift('case-1');
  await lift();
  await lift();
  expect(asked()).toEqual(['case-1', undefined]);
});

it('what is told again by a name is handed on by that name too', async () => {
  const { lift, asked } = await apart();
  await lift();
  await lift('case-1');
  await lift('case-1');
  expect(asked()).toEqual([undefined, 'case-1']);
});
