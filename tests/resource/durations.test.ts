import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { moment } from '../../server/text/time.ts';
import { callsToBoth } from './calls.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** For how long: what is typed, and what other resources pass. */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});

/** Somebody with an account, and the words of a ban of them. */
function target(): string {
  return `license:${newSomebody(world).license}`;
}

const places = [
  ['chat', (line: string) => moderator.chatInput(`/${line}`)],
  ['console', (line: string) => world.fx.console(line)],
] as const;

describe.each(places)('typed in the %s', (_, type) => {
  it.each([
    ['2d rude', 2 * DAY_MS, 'rude'],
    ['1d12h being rude', 36 * HOUR_MS, 'being rude'],
    ['600M', 10 * HOUR_MS, ''],
    ['2W broke rule #4', 14 * DAY_MS, 'broke rule #4'],
    ['"3d" "rude"', 3 * DAY_MS, 'rude'],
    ['2d 3d', 2 * DAY_MS, '3d'],
  ])('%s', async (words, ms, reason) => {
    const at = world.clock.now();
    const outcome = await world.outcomeOf(() => type(`cmsban ${target()} ${words}`));
    expect(outcome).toMatchObject({
      action: 'ban',
      reason,
      until: at + ms,
      products: { cad: { code: 'OK' } },
    });
  });

  it.each([
    ['perm', ''],
    ['PERM rude', 'rude'],
    ['rude 2d', 'rude 2d'],
    ['3 warnings', '3 warnings'],
    ['1v1 me', '1v1 me'],
    ['2fast', '2fast'],
    ['', ''],
  ])('for good: %s', async (words, reason) => {
    const outcome = await world.outcomeOf(() => type(`cmsban ${target()} ${words}`));
    expect(outcome).toMatchObject({ action: 'ban', reason, until: null, code: 'OK' });
  });

  it.each([
    '90min rude',
    '1mo',
    '7 days',
    '2 years for that',
    '30sec',
    '1y',
    '0m',
    '0d0h rude',
    '11y',
    '3651d',
    '1.5h rude',
    '"2d cheating"',
    '7-day ban',
    '1d,12h',
    '2d-cheating',
    '1fortnight',
  ])('gets the usage line, and nothing is done: %s', async (words) => {
    const before = { requests: callsToBoth(world.sonoran).length, events: world.events.length };
    const said = { chat: moderator.chat.length, log: world.log.length };
    await type(`cmsban ${target()} ${words}`);
    const lines = () => [...moderator.chat.slice(said.chat), ...world.log.slice(said.log)];
    await until(() => lines().length > 0, 'the usage line');
    expect(lines()).toEqual([
      expect.stringMatching(/Usage: \/cmsban <target> \[duration\] \[reason…\] .*1d12h.*ten years at most/),
    ]);
    expect(callsToBoth(world.sonoran)).toHaveLength(before.requests);
    expect(world.events).toHaveLength(before.events);
  });
});

it('is said when it is accepted', async () => {
  const at = world.clock.now();
  await world.outcomeOf(() => moderator.chatInput(`/cmsban ${target()} 2d rude`));
  const line = moderator.chat.findLast((text) => text.includes('Banning'));
  expect(line).toContain(` until ${moment(at + 2 * DAY_MS)} UTC…`);
});

it('is no matter of kicks and lifts: there it begins the reason', async () => {
  const who = target();
  await world.outcomeOf(() => world.fx.console(`cmsban ${who}`));
  const lift = await world.outcomeOf(() => world.fx.console(`cmsunban ${who} 2d were enough`));
  expect(lift).toMatchObject({ reason: '2d were enough', until: null });
  const kick = await world.outcomeOf(() => world.fx.console(`cmskick ${who} 90min idle`));
  expect(kick).toMatchObject({ reason: '90min idle', until: null });
});

it('ends: CAD is lifted', async () => {
  // A world of its own: what others have banned for an hour ends as well.
  const own = await startWorld();
  const who = newSomebody(own);
  await own.outcomeOf(() => own.fx.console(`cmsban license:${who.license} 2h rude`));
  const status = () => own.sonoran.cad.account(who.uuid).status;
  expect(status()).toBe(4);
  await own.clock.advance(HOUR_MS);
  expect(status()).toBe(4);
  await own.outcomeOf(() => own.clock.advance(HOUR_MS));
  await until(() => status() === 1, 'the lift');
});

describe('passed by another resource', () => {
  it.each([
    ['3d', 3 * DAY_MS],
    ['1D12H', 36 * HOUR_MS],
    [3600, HOUR_MS],
    [90.5, 90_500],
  ])('%j', async (duration, ms) => {
    const at = world.clock.now();
    const outcome = await world.call('banPlayer', target(), '5d of what', { duration });
    expect(outcome).toMatchObject({ code: 'OK', reason: '5d of what', until: at + ms });
  });

  it.each(['perm', 'PERM', null])('for good: %j', async (duration) => {
    const outcome = await world.call('banPlayer', target(), 'x', { duration });
    expect(outcome).toMatchObject({ code: 'OK', until: null });
  });

  it.each(['90min', '7 days', '', 'soon', '3600', '0m', 0, -5, 315_360_001, true, ['1d']])(
    'is named when it is wrong: %j',
    async (duration) => {
      const requests = callsToBoth(world.sonoran).length;
      const outcome = await world.call('banPlayer', target(), 'x', { duration });
      expect(outcome).toMatchObject({ status: 'refused', code: 'REFUSED' });
      expect(outcome['message']).toContain('duration must be a text such as 30m, 12h, 3d');
      expect(callsToBoth(world.sonoran)).toHaveLength(requests);
    },
  );

  it.each(['kickPlayer', 'unbanPlayer'])('is refused by %s', async (name) => {
    const outcome = await world.call(name, target(), 'x', { duration: '1d' });
    expect(outcome).toMatchObject({ status: 'refused', code: 'REFUSED' });
    expect(outcome['message']).toContain('duration is only for bans');
  });
});
