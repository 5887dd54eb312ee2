import { expect, it } from 'vitest';
import { createDoor } from '../../../server/door/door.ts';
import type { Refusal } from '../../../server/door/join-gate.ts';
import { createNotices } from '../../../server/door/notice.ts';
import { createSeen } from '../../../server/identity/seen.ts';
import type { Action } from '../../../server/moderation/action.ts';
import { readSettings } from '../../../server/settings/settings.ts';
import { action, DELIVERED, delivery } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { fakePlayers } from '../players.ts';

/** A door without lists. @param ban of whoever has `license:pat`; it may come later. */
function start(convars: Readonly<Record<string, string>> = {}) {
  const clock = createManualClock();
  const players = fakePlayers();
  const seen = createSeen();
  const loaded = Promise.withResolvers<void>();
  const state: { ban?: Action } = {};
  const refusals: Refusal[] = [];
  const door = createDoor({
    settings: readSettings(
      (name) => convars[name] ?? '',
      (text) => text,
    ).settings,
    players,
    seen,
    access: { playerHas: () => false, identifierHas: () => false, resourceHas: () => false },
    here: { find: (names) => (names.includes('license:pat') ? state.ban : undefined) },
    bans: {
      get: () => undefined,
      all: () => [],
      onLate() {},
      onBanned() {},
    },
    own: { confirmed() {}, isOwn: () => false, undone: () => false },
    notices: createNotices({ appealText: '', clock, say: checkedSay }),
    loaded: loaded.promise,
    clock,
    log: { debug() {}, info() {}, warn() {}, error() {}, bug: (_, error) => expect(error).toBeUndefined() },
    say: checkedSay,
  });
  door.onRefused((refusal) => refusals.push(refusal));
  const droppedIds = () => players.dropped.map(({ id }) => id);
  return { door, players, seen, load: loaded.resolve, state, refusals, droppedIds };
}

/** That waits, so that whoever is here stays for now; or that was confirmed. */
const WAITS = action({ inForce: true });
const CONFIRMED = action({ inForce: true, deliveries: [delivery('cad', { state: DELIVERED })] });

it('drops at a start who came in while it could not be told, and leaves to its rule who was here', () => {
  const { door, players, state, droppedIds } = start();
  const came = { id: 12, name: 'Pat', identifiers: ['license:pat'] };
  players.join(11, 'Pat', 'license:pat');
  players.join(12, 'Pat', 'license:pat');
  door.joined(came);
  expect(droppedIds()).toEqual([]);
  state.ban = WAITS;
  door.evictBanned();
  expect(droppedIds()).toEqual([12]);
  // From now on it can be told.
  door.joined(came);
  door.evictBanned();
  expect(droppedIds()).not.toContain(11);
});

it('drops at a start everybody whose ban was to drop them already', () => {
  const { door, players, state, droppedIds } = start();
  players.join(11, 'Pat', 'license:pat');
  players.join(13, 'Sam', 'license:sam');
  state.ban = CONFIRMED;
  door.evictBanned();
  expect(droppedIds()).toEqual([11]);
});

it.each([
  ['true', 1],
  ['false', 0],
])(
  'remembers everybody who connects, and tells whom it has refused (cmsban_join_gate %s)',
  async (gate, times) => {
    const { door, seen, load, state, refusals } = start({ cmsban_join_gate: gate });
    load();
    await settle();
    state.ban = WAITS;
    const refused: string[] = [];
    const identifiers = ['license:pat', 'steam:1'];
    door.arrived({
      id: 65_537,
      name: 'Pat',
      identifiers,
      refuse: (message) => void refused.push(message),
      defer: () => () => {},
    });
    expect(seen.with(['steam:1'])).toEqual(['steam:1', 'license:pat']);
    expect(seen.byId(65_537)).toBeUndefined();
    expect(refused).toHaveLength(times);
    expect(refusals.map(({ player, ban, product }) => [player.name, ban, product])).toEqual(
      Array.from({ length: times }, () => ['Pat', WAITS, undefined]),
    );
  },
);
