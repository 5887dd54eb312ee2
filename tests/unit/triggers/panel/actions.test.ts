import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../../server/clock.ts';
import { ActionIndex } from '../../../../server/moderation/action-index.ts';
import { createPanelActions, type WantedHistory } from '../../../../server/triggers/panel/actions.ts';
import { createQueue } from '../../../../server/triggers/queue.ts';
import { action, DELIVERED, delivery, person } from '../../action.ts';
import { checkedSay } from '../../checked-say.ts';
import { leastOf, startCpuWatch } from '../../cpu-time.ts';
import { createManualClock } from '../../manual-clock.ts';

/** The longest that a search may keep the game's thread in one turn, in milliseconds. */
const MOST_MS = 8;
const COUNT = 5_000;
const HEX = 16;

function historyOf(count: number, clock: Clock) {
  const index = new ActionIndex();
  for (let number = 1; number <= count; number++) {
    index.apply(
      action({
        id: number.toString(HEX).padStart(10, '0'),
        sequence: number,
        person: person({
          name: number % 3 === 0 ? `Zoë Ångström ${number}` : `xX_Player_Xx ${number}`,
          identifiers: ['license', 'license2', 'steam', 'discord', 'fivem'].map(
            (type) => `${type}:${(number * 1_234_567).toString(HEX).padStart(24, 'f')}`,
          ),
        }),
        reason:
          number % 2 === 0 ? 'Unerlaubtes Töten, mehrfach gewarnt' : 'random deathmatch in a green zone',
        deliveries: [delivery('cad', { state: DELIVERED })],
        inForce: number % 10 === 0,
        expiresAt: number % 20 === 0 ? clock.now() - 1 : null,
      }),
    );
  }
  const ledger = {
    about: (names: readonly string[]) => index.about(names),
    byId: (id: string) => index.byId(id),
    inForce: () => index.inForce(),
    latest: (limit: number) => index.latest(limit),
    pending: () => index.pending(),
    safe: (each: ReturnType<typeof action>) => each,
  };
  const queue = createQueue({
    whyWaiting: () => undefined,
    retry: async () => undefined,
    cancel: async () => undefined,
    ledger,
    say: checkedSay,
  });
  const ties = { of: (names: readonly string[]) => names };
  return createPanelActions({
    ledger,
    ties,
    queue,
    settings: { unlinked: 'keep', joinGate: true },
    clock,
    say: checkedSay,
  });
}

const EVERYTHING: WantedHistory = { search: '', inForce: false, person: undefined, page: 1 };

describe('a search in a long history', () => {
  it('takes turns, none of them long', async () => {
    /** Of the processor: others are busy too. */
    const turns: number[] = [];
    let passed = startCpuWatch();
    const end = () => turns.push(passed());
    const clock: Clock = {
      ...createManualClock(),
      elapsed: () => performance.now(),
      async pause() {
        end();
        await new Promise((resolve) => setImmediate(resolve));
        passed = startCpuWatch();
      },
    };
    const actions = historyOf(COUNT, clock);
    const longest = await leastOf(MOST_MS, async () => {
      turns.splice(0);
      passed = startCpuWatch();
      const found = await actions.history({ ...EVERYTHING, search: 'toten' });
      end();
      expect(found.count).toBe(COUNT / 2);
      return Math.max(...turns);
    });
    expect(longest).toBeLessThan(MOST_MS);
    expect(turns.length).toBeGreaterThan(1);
  });

  it('finds by every part, in pages', async () => {
    const actions = historyOf(COUNT, createManualClock());
    const count = async (wanted: Partial<WantedHistory>) =>
      (await actions.history({ ...EVERYTHING, ...wanted })).count;
    expect(await count({})).toBe(COUNT);
    expect(await count({ search: ' ANGSTROM ' })).toBe(Math.floor(COUNT / 3));
    expect(await count({ search: 'steam:' })).toBe(COUNT);
    expect(await count({ search: (1_234_567 * 4_711).toString(HEX) })).toBe(1);
    expect(await count({ search: '0000001388' })).toBe(1);
    expect(await count({ search: 'mo' })).toBe(COUNT);
    expect(await count({ search: 'nowhere' })).toBe(0);
    const last = await actions.history({ ...EVERYTHING, page: 1_000 });
    expect(last).toMatchObject({ page: COUNT / 20, pages: COUNT / 20 });
    expect(last.items.at(-1)?.id).toBe('0000000001');
    expect(last.items).toHaveLength(20);
  });

  it('leaves out of what is in force whatever has ended', async () => {
    const actions = historyOf(100, createManualClock());
    const { items } = await actions.history({ ...EVERYTHING, inForce: true });
    expect(items.map(({ id }) => id)).toEqual(
      ['5a', '46', '32', '1e', '0a'].map((id) => id.padStart(10, '0')),
    );
    expect(items.every(({ inForce }) => inForce)).toBe(true);
  });
});
