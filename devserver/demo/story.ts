import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { cmsAccountOf, linkAccounts, PEOPLE } from './people.ts';
import { heading, line, note } from './screen.ts';
import type { Stage } from './stage.ts';
import { Witness } from './witness.ts';

/** Somebody of the demo. */
type Person = (typeof PEOPLE)[keyof typeof PEOPLE];

/** How long a step may take before the demo counts as failed, in milliseconds. */
const STEP_LIMIT_MS = 15_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Plays the main job from beginning to end, and fails when something does not happen.
 *
 * @param printed lines that the game server has printed since the last step; taken away as they are shown.
 */
export async function playStory(stage: Stage, printed: string[]): Promise<void> {
  const { fx, txAdmin, sonoran, clock } = stage;
  const showConsole = () => {
    for (const text of printed.splice(0)) line('console', 'server console', text);
  };

  /** Does something, waits until it has had its effect, and shows all that came of it. */
  async function step(act: () => unknown, effect: () => unknown): Promise<void> {
    await act();
    const limit = performance.now() + STEP_LIMIT_MS;
    while (!(await effect())) {
      if (performance.now() > limit) throw new Error('the demo waited in vain');
      await setImmediate();
    }
    // What belongs to the same moment: the line after the drop, the answer after the effect.
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    witness.show();
    showConsole();
  }

  const join_ = async (person: Person) => {
    const joined = await stage.fx.connect({ ...person, client: person === PEOPLE.alice });
    if (!joined.admitted) throw new Error(`${person.name} was not let in: ${joined.message}`);
    return joined.player;
  };
  /** Another time: what the last one has used up of Sonoran's rate limits is free again. */
  function scene(title: string): void {
    clock.skip(MINUTE_MS);
    heading(title);
  }

  /** Somebody connects, and reads why not. */
  const isRefused = async (person: Person) => {
    line('does', person.name, 'connects again');
    const attempt = stage.fx.startConnecting(person);
    await step(
      () => undefined,
      () => attempt.state === 'refused' || attempt.state === 'joined',
    );
    const outcome = await attempt.result;
    if (outcome.admitted) throw new Error(`${person.name} is banned, and was let in`);
    line('sees', `${person.name} sees`, outcome.message);
  };
  /** Somebody connects, and is in. */
  const isLetIn = async (person: Person) => {
    line('does', person.name, 'connects again');
    const { name, id } = await join_(person);
    line('sees', name, `is on the server again, as ${id}`);
  };
  /** What other resources are told of them. */
  const isBanned = async ({ identifiers: [license] }: Person) => {
    const answer = await stage.fx.callExport('anticheat', 'cmsban', 'isBanned', license);
    return Reflect.get(Object(answer), 'banned') === true;
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
  const nora = await join_(PEOPLE.nora);
  const oscar = await join_(PEOPLE.oscar);
  const paul = await join_(PEOPLE.paul);
  const witness = new Witness(stage);
  const chatHas = (player: typeof alice, words: string) => () =>
    player.chat.some((text) => text.includes(words));

  heading('The server starts');
  note('Alice is in group.admin, Bob is not. Everybody but Zed has linked a Sonoran account.');
  showConsole();

  scene('A moderator bans in chat');
  line('does', 'Alice types', `/cmsban ${rob.id} cheating in races`);
  await step(() => alice.chatInput(`/cmsban ${rob.id} cheating in races`), chatHas(alice, 'is banned in'));

  scene('Somebody without the right tries');
  line('does', 'Bob types', `/cmsban ${alice.id} revenge`);
  await step(() => bob.chatInput(`/cmsban ${alice.id} revenge`), chatHas(bob, 'Access denied'));

  scene('A moderator bans in txAdmin');
  line('does', 'in txAdmin', `ban ${tina.name} (${tina.id}), permanent: insults`);
  await step(
    () => txAdmin.ban({ author: 'Alice', reason: 'insults', target: tina.id }),
    () => tina.dropReason !== null && printed.some((text) => text.includes('ban by Alice (txadmin)')),
  );

  scene('Another resource bans');
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

  scene('A cheater who has not linked an account');
  line('does', 'Alice types', `/cmsban ${zed.id} aimbot`);
  await step(
    () => alice.chatInput(`/cmsban ${zed.id} aimbot`),
    () => zed.dropReason !== null && chatHas(alice, 'Zed (7) is banned.')(),
  );
  await isRefused(PEOPLE.zed);
  note('  … ten minutes later:');
  clock.skip(10 * MINUTE_MS);
  line('does', zed.name, 'links his accounts in CMS and CAD');
  await step(
    () => linkAccounts(sonoran, PEOPLE.zed),
    chatHas(alice, 'Zed (7) is banned in Sonoran CMS and Sonoran CAD'),
  );

  scene('A wrong ban is taken back by its id');
  line('does', 'Alice types', `/cmsban ${nora.id} ramming`);
  await step(() => alice.chatInput(`/cmsban ${nora.id} ramming`), chatHas(alice, 'Nora (11) is banned in'));
  const wrong = idIn(alice.chat.at(-1) ?? '');
  line('does', 'Alice types', `/cmsunban ${wrong} wrong player, sorry`);
  await step(
    () => alice.chatInput(`/cmsunban ${wrong} wrong player, sorry`),
    chatHas(alice, 'Nora is no longer banned'),
  );
  line('does', 'in the CMS panel', 'the ban of Nora is lifted');
  await step(
    () => sonoran.cms.unban(cmsAccountOf(sonoran, nora.name)?.accId ?? ''),
    async () => !(await isBanned(PEOPLE.nora)),
  );
  await isLetIn(PEOPLE.nora);

  scene('A ban for two hours');
  line('does', 'Alice types', `/cmsban ${oscar.id} 2h ramming`);
  await step(
    () => alice.chatInput(`/cmsban ${oscar.id} 2h ramming`),
    chatHas(alice, 'Oscar (12) is banned in'),
  );
  await isRefused(PEOPLE.oscar);
  note('  … two hours later:');
  await step(() => clock.skip(2 * HOUR_MS), chatHas(alice, 'Oscar is no longer banned in'));
  await isLetIn(PEOPLE.oscar);

  scene('A kick asks first');
  line('does', 'Alice types', `/cmskick ${paul.id} insults`);
  await step(() => alice.chatInput(`/cmskick ${paul.id} insults`), chatHas(alice, '/cmskick confirm'));
  line('does', 'Alice types', '/cmskick confirm');
  await step(() => alice.chatInput('/cmskick confirm'), chatHas(alice, 'Paul (13) was removed'));

  scene('A look-up');
  const robsDiscord = PEOPLE.rob.identifiers[2];
  line('does', 'Alice types', `/cmslookup ${robsDiscord}`);
  await step(() => alice.chatInput(`/cmslookup ${robsDiscord}`), chatHas(alice, 'BANNED'));

  scene('Banned on the web, gone from the game');
  line('does', 'in the CMS panel', `${bob.name} is banned`);
  await step(
    () => sonoran.cms.ban(cmsAccountOf(sonoran, bob.name)?.accId ?? ''),
    () => bob.dropReason !== null,
  );
  await isRefused(PEOPLE.bob);

  scene('Sonoran is down, three bans, and the server restarts');
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
  note('  … the server restarts:');
  await stage.restart();
  const aliceAgain = await join_(PEOPLE.alice);
  await isRefused(PEOPLE.una);
  note('  … Sonoran is back:');
  await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
  await step(
    () => undefined,
    () =>
      aliceAgain.chat.filter((text) => text.includes('is banned in Sonoran CMS and Sonoran CAD')).length ===
      3,
  );
  line('does', 'Alice types', '/cmsqueue');
  await step(() => aliceAgain.chatInput('/cmsqueue'), chatHas(aliceAgain, 'Nothing is waiting'));
}

/** The id of an action, as every answer shows it. */
function idIn(answer: string): string {
  const id = /\[([0-9a-f]{10})\]/.exec(answer)?.[1];
  if (id === undefined) throw new Error(`there is no id in: ${answer}`);
  return id;
}

function isAnswer(text: string): boolean {
  return text.includes('banPlayer answered');
}

async function sample(file: string): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '..', 'resources', file), 'utf8');
  return text.replace(/^/gm, '    ');
}
