import { describe, expect, it } from 'vitest';
import {
  type Action,
  type DeliveryState,
  isQueued,
  type Product,
} from '../../../server/moderation/action.ts';
import { ActionIndex } from '../../../server/moderation/action-index.ts';
import type { Ledger } from '../../../server/moderation/ports.ts';
import { readCommandLine } from '../../../server/triggers/command-line.ts';
import type { Caller } from '../../../server/triggers/ports.ts';
import { createQueue } from '../../../server/triggers/queue.ts';
import { registerQueueCommands } from '../../../server/triggers/queue-commands.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock } from '../manual-clock.ts';
import { fakePlayers } from '../players.ts';

const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: '', nextTryAt: null };

/** `/cmsqueue`, typed in the console, on these actions; what `cancel` of a product answers is said. */
function start(actions: readonly Action[], cancels: Partial<Record<Product, boolean>> = {}) {
  const index = new ActionIndex();
  for (const each of actions) index.apply(each);
  const lines: string[] = [];
  const retried: Array<string | undefined> = [];
  let run: (caller: Caller, line: ReturnType<typeof readCommandLine>) => void = () => {};
  const ledger: Pick<Ledger, 'pending' | 'byId'> = {
    pending: () => index.pending(),
    byId: (id) => index.byId(id),
  };
  const queue = createQueue({
    whyWaiting: () => ({ detail: 'waits', nextTryAt: null }),
    async retry(id) {
      retried.push(id);
      retried.push(id);
      return { deliveries: retried.length, records: 0 };
    },
    async cancel(id) {
      const shares = index.byId(id)?.deliveries.filter(isQueued) ?? [];
      const wentHow = (how: string) =>
        shares
          .filter(({ product, unanswered }) => {
            if (cancels[product] === false) return how === 'under-way';
            return how === (unanswered === null ? 'unheard' : 'heard');
          })
          .map(({ product }) => product);
      return {
        unheard: wentHow('unheard'),
        heard: wentHow('heard'),
        'under-way': wentHow('under-way'),
      };
    },
    ledger,
    say: checkedSay,
  });
  registerQueueCommands({
    host: {
      register(_, handler) {
        run = handler;
      },
    },
    messenger: { toPlayer() {}, toChat() {}, toConsole: (text) => lines.push(text) },
    queue,
    players: fakePlayers(),
    ready: Promise.resolve(),
    clock: createManualClock(),
    say: checkedSay,
    onBug(where, error) {
      throw new Error(where, { cause: error });
    },
  });
  return {
    retried,
    async type(words: string) {
      lines.length = 0;
      run(
        { kind: 'console' },
        readCommandLine(words === '' ? [] : words.split(' '), `cmsqueue ${words}`.trim()),
      );
      await new Promise((resolve) => setImmediate(resolve));
      return [...lines];
    },
  };
}

function kept(number: number): Action {
  return action({
    id: `kept${number}`,
    sequence: number,
    person: person({ name: `Pat${number}`, identifiers: [`license:${number}`, `discord:${number}`] }),
    deliveries: [
      delivery('cms', { state: { status: 'refused', code: 'NO_IDENTIFIER', detail: '' } }),
      delivery('cad', { state: KEPT }),
    ],
  });
}

describe('bans that wait for a link', () => {
  it('are a count in the list, and listed by kept', async () => {
    const moving = action({ id: 'moving', sequence: 90 });
    const { type } = start([kept(1), moving, kept(2)]);
    expect(await type('')).toEqual([
      'On their way: 1',
      expect.stringContaining('[moving] ban of Pat'),
      'Bans that wait until the person links an account: 2. To see them: /cmsqueue kept',
    ]);
    expect(await type('KEPT')).toEqual([
      expect.stringContaining('links an account: 2. They are in force already.'),
      expect.stringMatching(
        /^\[kept1\] Pat1 \(license:1, discord:1\), banned .* ago by Mo, for good, reason: cheating$/,
      ),
      expect.stringContaining('[kept2] Pat2'),
    ]);
  });

  it('are still to come when nothing is on its way', async () => {
    const { type } = start([kept(1)]);
    expect(await type('list')).toEqual([
      'Nothing is on its way.',
      expect.stringContaining('links an account: 1.'),
    ]);
    expect(await start([]).type('kept')).toEqual(['No ban waits for an account.']);
  });

  it('have pages', async () => {
    const { type } = start(Array.from({ length: 23 }, (_, number) => kept(number + 1)));
    expect(await type('kept')).toHaveLength(12);
    expect((await type('kept 2')).at(-1)).toBe('Page 2 of 3. Next: /cmsqueue kept 3');
    const last = await type('kept 3');
    expect(last).toHaveLength(5);
    expect(last[1]).toContain('[kept21]');
    expect(last.at(-1)).toBe('Page 3 of 3.');
    expect((await type('kept 4')).at(-1)).toBe('There is no page 4. The last page is 3.');
    expect((await type('kept x'))[0]).toContain('Usage: /cmsqueue [list | kept | retry [id] | cancel <id>]');
  });

  it('are not tried again, and that is said', async () => {
    const { type, retried } = start([kept(1)]);
    expect(await type('retry kept1')).toEqual([
      '[kept1] Pat1: no account is linked to this person yet. The ban is sent as soon as they link one.',
    ]);
    expect(retried).toEqual([]);
  });
});

describe('what is cancelled', () => {
  const LOST = { unanswered: 0 };
  it.each<[string, Action['deliveries'], Partial<Record<Product, boolean>>, string[]]>([
    ['nothing was heard of', [delivery('cad')], {}, ['[a1] Pat: cancelled before it was sent.']],
    [
      'one product may have heard of',
      [delivery('cms', LOST), delivery('cad')],
      {},
      ['[a1] Pat: cancelled. But it was sent to Sonoran CMS before, and the answer was lost'],
    ],
    [
      'both may have heard of',
      [delivery('cms', LOST), delivery('cad', LOST)],
      {},
      ['[a1] Pat: cancelled. But it was sent to Sonoran CMS and Sonoran CAD before'],
    ],
    [
      'is under way in one',
      [delivery('cms', LOST), delivery('cad')],
      { cms: false },
      ['[a1] Pat: a call to Sonoran CMS is under way right now'],
    ],
    [
      'is under way in one, and may have been heard in the other',
      [delivery('cms', LOST), delivery('cad', LOST)],
      { cad: false },
      ['a call to Sonoran CAD is under way', 'it was sent to Sonoran CMS before'],
    ],
    [
      'is done in one',
      [delivery('cms', { state: DELIVERED }), delivery('cad', { state: QUEUED })],
      {},
      ['[a1] Pat: cancelled before it was sent.'],
    ],
  ])('that %s', async (_, deliveries, cancels, expected) => {
    const cancelled = action({ deliveries });
    expect(cancelled.deliveries.some(isQueued)).toBe(true);
    const lines = await start([cancelled], cancels).type('cancel A1');
    expect(lines).toEqual(expected.map((text) => expect.stringContaining(text)));
  });
});
