import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cmsAccountOf, PEOPLE } from './people.ts';
import { heading, line, note } from './screen.ts';
import type { Stage } from './stage.ts';
import { Witness } from './witness.ts';

/** How long a step may take before the demo counts as failed, in milliseconds. */
const STEP_LIMIT_MS = 15_000;

/**
 * Plays the main job from beginning to end, and fails when something does not happen.
 *
 * @param printed lines that the game server has printed since the last step; taken away as they are shown.
 */
export async function playStory(stage: Stage, printed: string[]): Promise<void> {
  const { fx, txAdmin, sonoran } = stage;
  const showConsole = () => {
    for (const text of printed.splice(0)) line('console', 'server console', text);
  };

  /** Does something, waits until it has had its effect, and shows all that came of it. */
  async function step(act: () => unknown, effect: () => unknown): Promise<void> {
    await act();
    const limit = performance.now() + STEP_LIMIT_MS;
    while (!effect()) {
      if (performance.now() > limit) throw new Error('the demo waited in vain');
      await setImmediate();
    }
    // What belongs to the same moment: the line after the drop, the answer after the effect.
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    witness.show();
    showConsole();
  }

  const join_ = async (person: (typeof PEOPLE)[keyof typeof PEOPLE]) => {
    const joined = await stage.fx.connect(person);
    if (!joined.admitted) throw new Error(`${person.name} was not let in: ${joined.message}`);
    return joined.player;
  };
  const alice = await join_(PEOPLE.alice);
  const bob = await join_(PEOPLE.bob);
  const rob = await join_(PEOPLE.rob);
  const tina = await join_(PEOPLE.tina);
  const xavier = await join_(PEOPLE.xavier);
  const yves = await join_(PEOPLE.yves);
  const zed = await join_(PEOPLE.zed);
  const una = await join_(PEOPLE.una);
  const vera = await join_(PEOPLE.vera);
  const will = await join_(PEOPLE.will);
  const witness = new Witness(stage);
  const chatHas = (player: typeof alice, words: string) => () =>
    player.chat.some((text) => text.includes(words));

  heading('The server starts');
  note('Alice is in group.admin, Bob is not. Everybody but Zed has linked a Sonoran account.');
  showConsole();

  heading('A moderator bans in chat');
  line('does', 'Alice types', `/cmsban ${rob.id} cheating in races`);
  await step(() => alice.chatInput(`/cmsban ${rob.id} cheating in races`), chatHas(alice, 'is banned in'));

  heading('Somebody without the right tries');
  line('does', 'Bob types', `/cmsban ${alice.id} revenge`);
  await step(() => bob.chatInput(`/cmsban ${alice.id} revenge`), chatHas(bob, 'Access denied'));

  heading('A moderator bans in txAdmin');
  line('does', 'in txAdmin', `ban ${tina.name} (${tina.id}), permanent: insults`);
  await step(
    () => txAdmin.ban({ author: 'Alice', reason: 'insults', target: tina.id }),
    () => tina.dropReason !== null && printed.some((text) => text.includes('ban by Alice (txadmin)')),
  );

  heading('Another resource bans');
  note(
    `${await sample('anticheat/server.js')}\nThe same in Lua:\n\n${await sample('anticheat-lua/server.lua')}`,
  );
  line('does', 'anticheat (JS)', `cheater ${xavier.id}`);
  await step(
    () => fx.console(`cheater ${xavier.id}`),
    () => printed.some(isAnswer),
  );
  line('does', 'anticheat (Lua)', `cheaterlua ${yves.id}`);
  await step(
    () => fx.console(`cheaterlua ${yves.id}`),
    () => printed.some(isAnswer),
  );

  heading('A player who has not linked an account');
  line('does', 'Alice types', `/cmsban ${zed.id} trolling`);
  await step(() => alice.chatInput(`/cmsban ${zed.id} trolling`), chatHas(alice, 'Zed (7) was NOT banned'));

  heading('A look-up');
  const robsDiscord = PEOPLE.rob.identifiers[2];
  line('does', 'Alice types', `/cmslookup ${robsDiscord}`);
  await step(() => alice.chatInput(`/cmslookup ${robsDiscord}`), chatHas(alice, 'BANNED'));

  heading('Banned on the web, gone from the game');
  line('does', 'in the CMS panel', `${bob.name} is banned`);
  await step(
    () => sonoran.cms.ban(cmsAccountOf(sonoran, bob.name)?.accId ?? ''),
    () => bob.dropReason !== null,
  );
  line('does', bob.name, 'connects again');
  const attempt = fx.startConnecting(PEOPLE.bob);
  await step(
    () => undefined,
    () => attempt.state === 'refused' || attempt.state === 'joined',
  );
  const outcome = await attempt.result;
  if (outcome.admitted) throw new Error(`${bob.name} is banned, and was let in`);
  line('sees', `${bob.name} sees`, outcome.message);

  heading('Sonoran is down, three bans, and the server restarts');
  await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
  for (const [player, reason] of [
    [una, 'ramming'],
    [vera, 'spawn killing'],
    [will, 'insults'],
  ] as const) {
    line('does', 'Alice types', `/cmsban ${player.id} ${reason}`);
    await step(
      () => alice.chatInput(`/cmsban ${player.id} ${reason}`),
      chatHas(alice, `${player.name} (${player.id}) is accepted`),
    );
  }
  line('does', 'Alice types', '/cmsqueue');
  await step(() => alice.chatInput('/cmsqueue'), chatHas(alice, `of ${will.name}`));
  note('  … the server restarts; everybody comes back, and so does Sonoran:');
  await stage.restart();
  const aliceAgain = await join_(PEOPLE.alice);
  const back = await Promise.all([PEOPLE.una, PEOPLE.vera, PEOPLE.will].map(join_));
  await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
  await step(
    () => undefined,
    () =>
      back.every(({ dropReason }) => dropReason !== null) &&
      aliceAgain.chat.filter((text) => text.includes('is banned in Sonoran CMS and Sonoran CAD')).length ===
        3,
  );
  line('does', 'Alice types', '/cmsqueue');
  await step(() => aliceAgain.chatInput('/cmsqueue'), chatHas(aliceAgain, 'Nothing is waiting'));
}

function isAnswer(text: string): boolean {
  return text.includes('banPlayer answered');
}

async function sample(file: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', 'resources', file), 'utf8');
  return text.replace(/^/gm, '    ');
}
