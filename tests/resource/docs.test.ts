import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { layOutRelease } from '../../build.mjs';
import { until } from '../../devserver/clock.ts';
import english from '../../locales/en.json' with { type: 'json' };
import { knock, pass, passUntil, settled } from './ban-lists.ts';
import { blocksOf, isConfig, PAGES } from './documentation.ts';
import { newSomebody } from './somebody.ts';
import { CMSBAN, openWorld, startWorld, type World } from './world.ts';

/** The documentation's samples run, and what it shows is what is printed. */

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A resource of the samples in one language. */
function resourceOf(samples: readonly string[], extension: string): string {
  const folder = newFolder();
  const files = samples.map((text, index) => ({ name: `sample${index}.${extension}`, text }));
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
  const scripts = files.map(({ name }) => `server_script '${name}'`).join('\n');
  writeFileSync(join(folder, 'fxmanifest.lua'), `fx_version 'cerulean'\ngame 'common'\n${scripts}\n`);
  return folder;
}

describe.each(['lua', 'js'])('the samples in %s', (language) => {
  const samples = blocksOf('docs/exports-and-events.md', language);

  it('ban, say why not, and hear of it', async () => {
    expect(samples.length).toBeGreaterThan(1);
    const world = await startWorld({ resources: { samples: resourceOf(samples, language) } });
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const outcome = await world.outcomeOf(() => world.fx.emit('anticheat:caught', player.id));
    expect(outcome).toMatchObject({ status: 'delivered', author: 'anticheat', reason: 'speed hack' });
    expect(outcome['until']).toBe(Number(outcome['at']) + 3 * 24 * 60 * 60 * 1000);
    expect(player.connected).toBe(false);
    await world.outcomeOf(() => world.fx.emit('anticheat:caught', 4711));
    const printed = await until(() => {
      const lines = world.printedBy('samples');
      return lines.some((line) => line.startsWith('not banned (PLAYER_NOT_FOUND): ')) && lines;
    }, 'what the sample prints');
    const heard = { lua: /^ban of .+ by anticheat$/, js: /^ban by anticheat came to nothing/ }[language];
    expect(printed.join('\n')).toMatch(new RegExp(heard ?? '', 'm'));
    if (language !== 'lua') return;
    await world.fx.console(`isbanned license:${who.license}`);
    await until(() => world.printedBy('samples').includes('banned: speed hack'), 'the answer');
  });
});

describe('the script that erases a person', () => {
  it('leaves nothing of them, and everything of others', async () => {
    const folder = join(newFolder(), 'cmsban');
    await layOutRelease(folder);
    const world = await startWorld({ cmsban: folder, convars: { cmsban_cms_records: 'ban' } });
    const zed = newSomebody(world, { cms: [], cad: [] });
    const rob = newSomebody(world);
    for (const who of [zed, rob]) {
      const player = await world.join(who.name, who.identifiers);
      await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} trolling`));
    }
    await pass(world, 5_000);
    expect(await knock(world, zed.identifiers)).toBeDefined();

    const [manifest = '', script = ''] = blocksOf('docs/leaving.md', 'lua');
    const names = `{ '${zed.license}', '${zed.steam}', '${zed.discord}' }`;
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'fxmanifest.lua'), manifest);
    writeFileSync(join(folder, 'erase.lua'), script.replace(/\{ '.*' \}/, names));
    await world.restart();
    const line = await world.logged('erased records');
    expect(line).toMatch(/^erased records: [1-9]\d* of [1-9]\d*$/);

    rmSync(folder, { recursive: true });
    await layOutRelease(folder);
    await world.restart();
    await world.logged(/The ban list of Sonoran CAD has been read/);
    await world.listsRead();
    const history = JSON.stringify(await world.call('getHistory'));
    expect(history).toContain(rob.license);
    expect(history).not.toContain(zed.license);
    expect(await world.call('getPending')).toEqual([]);
    expect(await knock(world, zed.identifiers)).toBeUndefined();
    expect(await knock(world, rob.identifiers)).toBeDefined();
    expect(world.faults).toEqual([]);
  });
});

describe('what the documentation shows', () => {
  /** All that anybody has read in some scenes. */
  const shown = new Set<string>();

  /** Ids and numbers are others in every run. */
  const steady = (line: string) =>
    line
      .replace(/^\^3warning\^7 |^cmsban: /, '')
      .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<account>')
      .replaceAll(/\b[0-9a-f]{10}\b/g, '<id>')
      .replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, '#')
      .replaceAll(/# (?:s|min|h)\b/g, '# <unit>');

  beforeAll(async () => {
    const convars = { cmsban_appeal_text: 'Appeal at discord.gg/lossantosrp', cmsban_mirror_minutes: '15' };
    const cad = join(CMSBAN, 'devserver', 'resources', 'sonorancad');
    const world = await openWorld({ convars, resources: { sonorancad: cad }, use: { cms: true, cad: true } });
    try {
      await play(world);
      for (const line of world.log) shown.add(steady(line));
    } finally {
      await world.close();
    }
    const recording = await openWorld({ convars: { cmsban_cms_records: 'ban' } });
    try {
      await keepRecords(recording);
    } finally {
      await recording.close();
    }
  }, 60_000);

  // What several servers print is looked at in tests/cluster/docs.test.ts.
  const alonePages = PAGES.filter((page) => page !== 'docs/several-servers.md');
  const blocks = alonePages.flatMap((page) => blocksOf(page, '').map((block) => ({ page, block })));
  const TYPED = /^(\/cms|http|HTTP\/|ok$|erased records: )/;
  const lines = blocks
    .filter(({ block }) => !isConfig(block))
    .flatMap(({ page, block }) => block.split('\n').map((line) => ({ page, line })))
    .filter(({ line }) => !TYPED.test(line));

  /** The texts that stand alone: what is put into them is short. */
  const alone = (['push.through', 'push.refused.more', 'list.read'] as const).map((key) => {
    const text = english[key].replaceAll(/[.*+?^$()[\]|\\]/g, '\\$&');
    return new RegExp(`^${text.replaceAll(/\{\w+\}/g, '.+')}$`);
  });

  it.each(lines)('in $page is what is printed: $line', ({ line }) => {
    if (alone.some((text) => text.test(line))) return;
    expect([...shown]).toContain(steady(line));
  });

  afterAll(() => expect(lines.length).toBeGreaterThan(25));

  async function keepRecords(world: World): Promise<void> {
    for (const [reason, duration] of [['cheating in races'], ['ramming', '2h']]) {
      const who = newSomebody(world);
      await world.call('banPlayer', `license:${who.license}`, reason, { author: 'Alice', duration });
      await pass(world, 5_000);
      for (const record of world.sonoran.cms.account(who.accId).records) shown.add(steady(record.reason));
    }
  }

  /** The scenes of the documentation, one after the other. */
  async function play(world: World): Promise<void> {
    const { cms, cad } = world.sonoran;
    const passing = async (ms: number, times = 1) => {
      for (let time = 0; time < times; time++) {
        await settled(world);
        await world.clock.advance(ms);
      }
      await settled(world);
    };
    let number = 0;
    const somebody = (name: string, isLinked = true) => {
      const digit = ++number;
      const license = `5a10000000000000000000000000000000000${digit}`;
      const steam = `1100001000000a${digit}`;
      const discord = `23594705663030000${digit}`;
      cms.addAccount({ accName: name, ...(isLinked && { apiIds: [steam], discordId: discord }) });
      const { uuid } = cad.addAccount({ username: name, ...(isLinked && { apiIds: [license], discord }) });
      const identifiers = [`license:${license}`, `steam:${steam}`, `discord:${discord}`];
      return { uuid, license, identifiers, join: () => world.join(name, identifiers), name };
    };
    const alice = await world.join('Alice', ['license:aaaa']);
    const type = async (line: string) => {
      await alice.chatInput(line);
      await passing(1_000, 3);
    };
    const lastId = () => /\[([0-9a-f]{10})\]/.exec(alice.chat.at(-1) ?? '')?.[1] ?? '';
    const comesIn = async ({ name, identifiers }: { name: string; identifiers: readonly string[] }) => {
      const result = await world.fx.startConnecting({ name, identifiers }).result;
      if (result.admitted) result.player.leave();
      else for (const line of result.message.split('\n')) shown.add(steady(line));
    };

    const rob = somebody('Rob');
    const robHere = await rob.join();
    await type(`/cmslookup ${robHere.id}`);
    await type(`/cmsban ${robHere.id} cheating in races`);
    await comesIn(rob);
    await type(`/cmsunban ${lastId()} wrong player`);
    await comesIn(rob);

    const tina = somebody('Tina');
    await type(`/cmsban ${(await tina.join()).id} 2h ramming`);
    await passing(10 * 60_000, 13);
    await type('/cmshistory all 1');

    const zed = somebody('Zed', false);
    await type(`/cmsban ${(await zed.join()).id} trolling`);
    cad.updateAccount(zed.uuid, { apiIds: [zed.license] });
    await world.fx.console(`sonorancad_link ${zed.license} ${zed.uuid}`);
    await passing(1_000, 5);

    const una = await somebody('Una').join();
    await type('/cmsban una');
    await type(`/cmskick ${una.id} idling`);
    await type('/cmskick confirm');

    const wim = await somebody('Wim').join();
    await cms.down();
    await cad.down();
    await type(`/cmsban ${wim.id} ramming`);
    const banOfWim = lastId();
    await type('/cmsqueue');
    await type(`/cmsqueue retry ${banOfWim}`);
    await type(`/cmsqueue cancel ${banOfWim}`);
    await cms.up();
    await cad.up();
    await type('/cmshistory all 2');

    const tam = somebody('Tam');
    const tamHere = await tam.join();
    await world.txAdmin.ban({
      author: 'Mia',
      reason: 'VDM',
      target: tamHere.id,
      duration: '2 days',
      actionId: 'BV3J-7QKD',
    });
    await passUntil(
      world,
      () => world.log.some((line) => line.includes(' by Mia (txadmin): Tam ')),
      'the ban',
    );
    await comesIn(tam);
    for (const line of alice.chat) shown.add(steady(line));
    const refused = await world.call<{ message: string }>('banPlayer', 12, 'x', { reson: 1 });
    shown.add(steady(refused.message));
  }
});
