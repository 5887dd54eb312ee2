import { describe, expect, it } from 'vitest';
import { knock, MINUTE_MS, only, pass, saying, settled } from './ban-lists.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What an answer says of the door is what happens there, with the join gate on and off. */

/** Whoever reads one of these takes the person to be kept out. */
const KEPT_OUT = /cannot join|can no longer join|at the door/;

interface Scene {
  readonly words: string;
  readonly options?: WorldOptions;
  /** @returns what is said in the end. */
  play(world: World, who: Somebody): Promise<unknown>;
  /** By which of a person's identifiers their accounts are known. */
  readonly linked?: Parameters<typeof newSomebody>[1];
}

const banned = async (world: World, words: string) =>
  (await world.outcomeOf(() => world.fx.console(`cmsban ${words}`)))['message'];

const SCENES: readonly Scene[] = [
  {
    words: 'waits, since Sonoran is down',
    async play(world, { license }) {
      await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
      return banned(world, `license:${license} rammed`);
    },
  },
  {
    words: 'waits, and has an end',
    async play(world, { license }) {
      await world.sonoran.cad.down();
      return banned(world, `license:${license} 2h rammed`);
    },
  },
  {
    words: 'waits for a link',
    linked: { cms: [], cad: [] },
    play: (world, { license }) => banned(world, `license:${license} rammed`),
  },
  {
    words: 'has an end, and no product can take it',
    options: { use: only('cms') },
    play: (world, { license }) => banned(world, `license:${license} 2h rammed`),
  },
  {
    words: 'is done, and has an end',
    play: (world, { license }) => banned(world, `license:${license} 2h rammed`),
  },
  {
    words: 'was given up',
    options: { use: only('cad'), convars: { cmsban_retry_hours: '1' } },
    async play(world, { license }) {
      await world.sonoran.cad.down();
      await banned(world, `license:${license} rammed`);
      return (await world.outcomeOf(() => world.clock.advance(120 * MINUTE_MS)))['message'];
    },
  },
];

describe.each([
  ['true', true],
  ['false', false],
] as const)('with cmsban_join_gate at %s', (joinGate, isOn) => {
  const start = ({ convars, ...options }: WorldOptions = {}) =>
    startWorld({ ...options, convars: { ...convars, cmsban_join_gate: joinGate } });

  it.each(SCENES)('a ban that $words says whether its person can join', async (scene) => {
    const world = await start(scene.options);
    const who = newSomebody(world, scene.linked);
    const message = await scene.play(world, who);
    const isRefused = (await knock(world, who.identifiers)) !== undefined;
    expect(isRefused).toBe(isOn);
    expect(KEPT_OUT.test(String(message)), String(message)).toBe(isRefused);
  });
});

describe('with the join gate off', () => {
  const OFF = { cmsban_join_gate: 'false' };

  it.each(SCENES)('nobody is told that somebody is kept out whose ban $words', async (scene) => {
    const world = await startWorld({ ...scene.options, convars: { ...scene.options?.convars, ...OFF } });
    const moderator = await world.moderator();
    const who = newSomebody(world, scene.linked);
    await scene.play(world, who);
    for (const command of ['cmsqueue', 'cmsqueue kept', 'cmshistory', `cmslookup license:${who.license}`]) {
      await moderator.chatInput(`/${command}`);
      await settled(world);
    }
    await pass(world, 1_000);
    await moderator.chatInput(`/cmsunban license:${who.license} sorry`);
    await settled(world);
    const said = [...world.log, ...moderator.chat];
    expect(said.filter((line) => KEPT_OUT.test(line))).toEqual([]);
  });

  it('a ban that nothing holds but the door says that nothing holds it', async () => {
    const world = await startWorld({ convars: OFF, use: only('cms') });
    const message = await banned(world, `license:${newSomebody(world).license} 2h rammed`);
    expect(message).toMatch(saying('gateOff'));
    expect(message).toMatch(saying('ends'));
  });

  it('a lift says that who is still on the list stays banned, and not that they are refused', async () => {
    const world = await startWorld({ convars: OFF });
    const { license } = newSomebody(world);
    await banned(world, `license:${license} rammed`);
    const lift = await world.outcomeOf(() => world.fx.console(`cmsunban license:${license}`));
    expect(lift['message']).toMatch(saying('lift.listed'));
    expect(lift['message']).not.toMatch(KEPT_OUT);
  });

  it('a product that waits for its credentials, or has no list, does not speak of the door', async () => {
    const world = await startWorld({
      convars: { ...OFF, cmsban_cad_api_key: '' },
      cms: { v2: 404, lacks: ['GET_ACCOUNTS'] },
    });
    await world.logged(/has no ban list for this community/);
    expect(world.log.filter((line) => KEPT_OUT.test(line))).toEqual([]);
  });
});

describe('with the join gate on', () => {
  it('nobody is said to be kept out by a name that the door cannot know', async () => {
    const world = await startWorld();
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    const who = newSomebody(world);
    for (const target of [`username:${who.name}`, `account:${who.uuid}`]) {
      expect(await banned(world, `${target} rammed`)).not.toMatch(KEPT_OUT);
    }
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });
});
