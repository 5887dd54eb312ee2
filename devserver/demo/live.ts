import { createInterface } from 'node:readline/promises';
import { createConsole, HELP } from './console.ts';
import { PEOPLE } from './people.ts';
import { line, note } from './screen.ts';
import type { Stage } from './stage.ts';
import { Witness } from './witness.ts';

/** A console on the running stand-ins, until `quit` or the end of the input. */
export async function runLive(stage: Stage, printed: string[]): Promise<void> {
  // What the story has used up of Sonoran's rate limits is free again.
  stage.clock.skip(60_000);
  // After the story Alice is alone; these come so that there is somebody to act on.
  for (const person of [PEOPLE.pia, PEOPLE.quinn, PEOPLE.ulf]) await stage.fx.connect(person);
  const run = createConsole(stage);
  note(`\nThe server runs. ${HELP}\n`);
  await run('players');
  const address = await screenOf(stage, PEOPLE.alice.name);
  if (address !== undefined) {
    note(`\nAlice's screen: ${address}`);
    note('Open it in a browser, then type here: as Alice /cmspanel\n');
  }
  const witness = new Witness(stage);
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  const news = setInterval(() => {
    if (printed.length === 0 && !witness.hasNews) return;
    process.stdout.write('\r');
    for (const text of printed.splice(0)) line('console', 'server console', text);
    witness.show();
    terminal.prompt(true);
  }, 50);
  try {
    terminal.prompt();
    for await (const input of terminal) {
      if (await run(input)) break;
      terminal.prompt();
    }
  } finally {
    clearInterval(news);
    terminal.close();
  }
}

/** Where a player's page of cmsban is to be seen; undefined when they are not here. */
async function screenOf({ fx }: Stage, name: string): Promise<string | undefined> {
  const player = [...fx.players.values()].find((each) => each.name === name);
  return player && (await fx.servePage(player, 'cmsban')).address;
}
