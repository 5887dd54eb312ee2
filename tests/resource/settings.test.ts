import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layOutRelease } from '../../build.mjs';
import { until } from '../../devserver/clock.ts';
import { FxServer } from '../../devserver/fxserver/server.ts';
import { Sonoran } from '../../devserver/sonoran/server.ts';
import english from '../../locales/en.json' with { type: 'json' };
import { callsTo } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { CAD_KEY, CMS_KEY, CMSBAN, startWorld } from './world.ts';

/** What the resource makes of its convars, as the server owner sees it. */

const reader = join(import.meta.dirname, 'resources', 'reader');
const NO_PRODUCT = { use: { cms: false, cad: false } } as const;
/** What cmsban has printed, without that the ban lists, which are empty here, have been read. */
const withoutReads = (log: readonly string[]) =>
  log.filter(
    (line) => !/^The ban list of Sonoran (CMS|CAD) has been read\. Banned accounts: 0\.$/.test(line),
  );

const TARGETS = ['1', 'license:cafe', 'account:0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b'];

describe('the start-up line', () => {
  it.each<[string, Parameters<typeof startWorld>[0], string[]]>([
    [
      'the plain settings',
      {},
      [
        'CMS v1 (discord, steam, license)',
        'CAD v2 (license, steam, discord)',
        'drop: success',
        'txAdmin: ban, unban',
        'temporary bans: lift',
        'exports: open',
        'ban list: CMS every 1440 min, CAD every 1440 min',
        'join gate: on, unknown: allow',
        'push events: on',
      ],
    ],
    [
      'the default of cmsban_mirror_minutes',
      { convars: { cmsban_mirror_minutes: undefined } },
      ['ban list: CMS every 15 min, CAD every 15 min'],
    ],
    [
      'everything else',
      {
        convars: {
          cmsban_cad_version: '1',
          cmsban_cms_id_types: 'steam',
          cmsban_cad_id_types: ' Discord , license2,discord',
          cmsban_api_id_format: 'prefixed',
          cmsban_drop_when: 'all',
          cmsban_txadmin_actions: 'kick',
          cmsban_temporary_bans: 'skip',
          cmsban_restrict_exports: 'TRUE',
          cmsban_join_gate: '0',
          cmsban_mirror_minutes: '60',
          cmsban_push_events: 'false',
        },
      },
      [
        'CMS v1 (steam)',
        'CAD v1 (discord, license2)',
        'API IDs: prefixed',
        'drop: all',
        'txAdmin: kick',
        'temporary bans: skip',
        'exports: restricted',
        'ban list: CMS every 60 min, CAD every 60 min',
        'join gate: off',
        'push events: off',
      ],
    ],
    [
      'nobody let in blindly',
      { convars: { cmsban_gate_when_unknown: 'deny' } },
      ['join gate: on, unknown: deny'],
    ],
    ['CAD alone', { use: { cms: false } }, ['CAD v2', 'ban list: CAD every 1440 min', 'push events: off']],
    ['txAdmin off', { convars: { cmsban_txadmin_actions: 'none' } }, ['txAdmin: off']],
  ])('%s', async (_, options, parts) => {
    const log = withoutReads((await startWorld(options)).log);
    expect(log).toHaveLength(1);
    for (const part of parts) expect(log[0]).toContain(part);
    expect(log[0]).toMatch(/^cmsban \d+\.\d+\.\d+: /);
    if (options?.use) expect(log[0]).not.toContain('CMS');
  });
});

describe('values that cannot be used', () => {
  const BAD: ReadonlyArray<readonly [convar: string, value: string, mayBe: string]> = [
    ['cmsban_cad_version', '3', '1, 2'],
    ['cmsban_cms_id_types', 'ip,steam', 'steam, license, license2, discord, fivem, xbl, live'],
    ['cmsban_cad_id_types', 'licence', 'steam, license, license2, discord, fivem, xbl, live'],
    ['cmsban_api_id_format', 'lower', 'value, prefixed, upper'],
    ['cmsban_drop_when', 'later', 'success, all, always'],
    ['cmsban_txadmin_actions', 'warn', 'ban, kick, unban, or none'],
    ['cmsban_temporary_bans', 'drop', 'lift, permanent, skip'],
    ['cmsban_restrict_exports', 'yes', 'true, false, 1 or 0'],
    ['cmsban_join_gate', 'on', 'true, false, 1 or 0'],
    ['cmsban_gate_when_unknown', 'refuse', 'allow, deny'],
    ['cmsban_mirror_minutes', '0', 'a whole number from 1 to 1440'],
    ['cmsban_push_events', 'no', 'true, false, 1 or 0'],
    ['cmsban_request_timeout_ms', '10s', 'a whole number from 100 to 120000'],
    ['cmsban_retry_hours', '-1', 'a whole number from 1 to 8760'],
    ['cmsban_history_limit', '1e9', 'a whole number from 1 to 100000'],
    ['cmsban_locale', '../en', 'locales/'],
    ['cmsban_log_level', 'loud', 'debug, info, warn, error'],
  ];

  it('are all named in one message, with what they may be; the defaults are used', async () => {
    const world = await startWorld({ convars: Object.fromEntries(BAD) });
    const log = withoutReads(world.log);
    const [heading = '', ...lines] = log.slice(0, BAD.length + 1);
    expect(heading).toContain(`^1error^7 some settings need your attention: ${BAD.length}`);
    const reports = new Map(lines.map((line) => [line.trim().split(' ')[0], line]));
    for (const [convar, value, mayBe] of BAD) {
      expect(reports.get(convar)).toContain(`"${value}"`);
      expect(reports.get(convar)).toContain(mayBe);
      expect(reports.get(convar)).toContain('the default is used');
    }
    expect(log).toHaveLength(BAD.length + 2);
    expect(log.at(-1)).toContain(
      'CMS v1 (discord, steam, license) + CAD v2 (license, steam, discord) | API IDs: value | drop: success',
    );
    const { license } = newSomebody(world);
    expect(await world.call('banPlayer', `license:${license}`)).toMatchObject({ code: 'OK' });
    expect(world.faults).toEqual([]);
  });

  it.each([
    'ftp://sonoran.test',
    'sonoran.test',
    'http://127.0.0.1:1/path',
    'nonsense',
    'https://me:pw@host/',
  ])('a host: %s', async (value) => {
    // No product in use: with the default that is taken instead, the vendor's own hosts would be called.
    const world = await startWorld({
      ...NO_PRODUCT,
      convars: { cmsban_cms_url: value, cmsban_cad_url: value },
    });
    expect(world.log[0]).toContain('some settings need your attention: 2');
    expect(world.log[1]).toContain('cmsban_cms_url');
    expect(world.log[1]).toContain('https://api.sonorancms.com');
    expect(world.log[2]).toContain('cmsban_cad_url');
    expect(world.log[2]).toContain('https://api.sonorancad.com');
  });

  it('never show a key that was put into the wrong convar', async () => {
    const world = await startWorld({
      convars: {
        cmsban_drop_when: CMS_KEY,
        cmsban_cms_url: `https://${CAD_KEY}@host/x`,
        cmsban_locale: CAD_KEY,
        // CMS stays off: with the default host it would be the vendor's that is called.
        cmsban_cms_community_id: undefined,
      },
    });
    expect(world.log[0]).toContain('some settings need your attention: 4');
    // That no key was shown, the world checks when it ends.
  });

  it('cannot forge a line', async () => {
    const world = await startWorld({ convars: { cmsban_drop_when: '^1x\u202e\u001b[2J ^7' } });
    expect(world.log[1]).toContain('cmsban_drop_when');
    expect(world.log[1]).not.toMatch(/[\p{Cc}\p{Cf}^]/u);
  });
});

describe('credentials', () => {
  it.each([
    ['cms', 'cmsban_cms_api_key', 'cmsban_cms_community_id'],
    ['cms', 'cmsban_cms_community_id', 'cmsban_cms_api_key'],
    ['cad', 'cmsban_cad_api_key', 'cmsban_cad_community_id'],
    ['cad', 'cmsban_cad_community_id', 'cmsban_cad_api_key'],
  ])('half set leave %s off and say what is missing: %s', async (product, missing, present) => {
    const world = await startWorld({ convars: { [missing]: undefined } });
    expect(world.log.slice(0, 2).join()).toMatch(new RegExp(`${missing}\\b.*\\b${present}\\b`));
    const line = withoutReads(world.log).at(-1) ?? '';
    expect(line.includes('CMS v1')).toBe(product !== 'cms');
    expect(line.includes('CAD v2')).toBe(product !== 'cad');
  });

  const VENDOR = { sonoran_communityID: 'cad-community', sonoran_apiKey: CAD_KEY };

  it("fall back to the CAD resource's own where they can be read", async () => {
    const world = await startWorld({ use: { cms: false, cad: false }, convars: VENDOR });
    expect(withoutReads(world.log)).toMatchObject([expect.stringContaining('CAD v2')]);
    const { license } = newSomebody(world);
    expect(await world.call('banPlayer', `license:${license}`)).toMatchObject({ code: 'OK' });
    expect(callsTo(world.sonoran.cad).at(-1)?.headers['authorization']).toBe(`Bearer ${CAD_KEY}`);
  });

  it('are waited for when add_convar_permission hides the key, and the line that opens it is asked for', async () => {
    const world = await startWorld({
      use: { cms: true, cad: false },
      convars: VENDOR,
      config: ['add_convar_permission sonorancad read sonoran_apiKey'],
    });
    const [line, wait] = withoutReads(world.log);
    expect(line).toContain('CAD v2 (license, steam, discord) waits for its credentials');
    expect(wait).toContain('add_convar_permission cmsban read sonoran_apiKey');
    expect(world.log.join()).not.toContain('is empty');
  });

  it('fall back when add_convar_permission opens the key to cmsban as well', async () => {
    const world = await startWorld({
      use: { cms: false, cad: false },
      convars: VENDOR,
      config: [
        'add_convar_permission sonorancad read sonoran_apiKey',
        'add_convar_permission cmsban read sonoran_apiKey',
      ],
    });
    expect(withoutReads(world.log)).toMatchObject([expect.stringContaining('CAD v2')]);
  });

  it('of their own go before those of the CAD resource', async () => {
    const world = await startWorld({
      use: { cms: false },
      convars: { sonoran_communityID: 'another', sonoran_apiKey: 'another' },
    });
    const { license } = newSomebody(world);
    expect(await world.call('banPlayer', `license:${license}`)).toMatchObject({ code: 'OK' });
  });
});

describe('a key that no request can carry', () => {
  it('is said, and the product waits', async () => {
    const { log, fx } = await startWorld({ convars: { cmsban_cad_api_key: 'k\u00f6\u4e2d' } });
    expect(fx.resourceState('cmsban')).toBe('started');
    expect(log.join('\n')).toContain('cmsban_cad_api_key holds characters that no key has');
  });
});

describe('no product in use', () => {
  it('starts, and says what to set', async () => {
    const { log, fx } = await startWorld(NO_PRODUCT);
    expect(fx.resourceState('cmsban')).toBe('started');
    expect(log[0]).toContain('no product in use');
    for (const convar of ['cms_community_id', 'cms_api_key', 'cad_community_id', 'cad_api_key']) {
      expect(log[1]).toContain(`cmsban_${convar}`);
    }
    expect(log).toHaveLength(2);
  });

  it('answers every command', async () => {
    const world = await startWorld(NO_PRODUCT);
    const moderator = await world.moderator();
    const commands = ['cmsban', 'cmskick', 'cmsunban', 'cmslookup'];
    for (const command of commands) {
      for (const target of ['2', 'license:cafe']) {
        const lines = moderator.chat.length;
        await moderator.chatInput(`/${command} ${target} being rude`);
        await until(() => moderator.chat.length > lines, 'the answer');
        expect(moderator.chat.slice(lines)).toEqual([expect.stringContaining('cmsban is not set up')]);
      }
      const before = world.log.length;
      await world.fx.console(`${command} license:cafe being rude`);
      await until(() => world.log.length > before, 'the answer');
      expect(world.log.slice(before)).toEqual([expect.stringContaining('cmsban is not set up')]);
    }
    expect(world.faults).toEqual([]);
  });

  it('answers every export', async () => {
    const world = await startWorld(NO_PRODUCT);
    for (const name of ['banPlayer', 'kickPlayer', 'unbanPlayer', 'lookupPlayer', 'isBanned']) {
      for (const target of [...TARGETS, 'nonsense', null]) {
        const answer = await world.call(name, target);
        expect(answer).toMatchObject({ code: 'NOT_CONFIGURED', products: {} });
        expect(answer['message']).toContain('cmsban_cms_community_id');
      }
    }
    expect(await world.call('getPending')).toEqual([]);
    expect(await world.call('getHistory')).toEqual([]);
  });

  it('ignores txAdmin without a fault', async () => {
    const world = await startWorld(NO_PRODUCT);
    const outcome = await world.outcomeOf(() =>
      world.txAdmin.ban({ author: 'Mia', reason: 'rude', identifiers: ['license:cafe'] }),
    );
    expect(outcome).toMatchObject({ status: 'refused', code: 'NOT_CONFIGURED', origin: 'txadmin' });
    expect(world.faults).toEqual([]);
  });
});

describe('keys', () => {
  /** A server with the shipped settings, copied beside server.cfg as the README says. */
  async function shipped(more: readonly string[]): Promise<FxServer> {
    const folder = await mkdtemp(join(tmpdir(), 'cmsban-cfg-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const config = join(folder, 'server.cfg');
    await copyFile(join(CMSBAN, 'cmsban.example.cfg'), join(folder, 'cmsban.cfg'));
    await writeFile(config, ['exec cmsban.cfg', ...more].join('\n'));
    const fx = await FxServer.start({
      config,
      data: join(folder, 'data'),
      resources: { cmsban: CMSBAN, reader },
    });
    onTestFinished(() => fx.stop());
    return fx;
  }

  const printed = (fx: FxServer, resource: string) =>
    fx.output.filter((line) => line.resource === resource).map(({ text }) => text);

  it('are hidden from other resources by the shipped cmsban.example.cfg, which runs without a word', async () => {
    const sonoran = await Sonoran.start({ cms: { apiKey: CMS_KEY }, cad: { apiKey: CAD_KEY } });
    onTestFinished(() => sonoran.stop());
    const fx = await shipped([
      `set cmsban_cms_url "${sonoran.cms.url}"`,
      `set cmsban_cad_url "${sonoran.cad.url}"`,
      `set cmsban_cms_api_key "${CMS_KEY}"`,
      `set cmsban_cad_api_key "${CAD_KEY}"`,
      'set cmsban_cms_community_id "cms-community"',
      'set cmsban_cad_community_id "cad-community"',
      'ensure reader',
      'ensure cmsban',
    ]);
    expect(printed(fx, 'cmd')).toEqual([]);
    for (const convar of ['cmsban_cms_api_key', 'cmsban_cad_api_key', 'cmsban_cms_community_id']) {
      fx.emit('reader:read', convar);
    }
    expect(printed(fx, 'reader')).toEqual([
      'cmsban_cms_api_key=',
      'cmsban_cad_api_key=',
      'cmsban_cms_community_id=cms-community',
    ]);
    expect(withoutReads(printed(fx, 'cmsban'))).toMatchObject([expect.stringContaining('CMS v1')]);
  });

  it('as shipped, nothing is set and everything is as by default', async () => {
    const fx = await shipped(['ensure cmsban']);
    const [line, rest] = printed(fx, 'cmsban');
    expect(line).toMatch(
      /no product in use \| API IDs: value \| drop: success \| txAdmin: ban, unban, temporary bans: lift \| exports: open/,
    );
    expect(rest).toContain('cmsban is not set up');
  });

  it('as shipped, administrators may use the commands and are immune', async () => {
    const fx = await shipped([
      'add_principal identifier.license:aaaa group.admin',
      'ensure cmsban',
      'test_ace identifier.license:aaaa command.cmsban',
      'test_ace identifier.license:aaaa command.cmslookup',
      'test_ace identifier.license:aaaa cmsban.immune',
      'test_ace identifier.license:bbbb command.cmsban',
    ]);
    expect(printed(fx, 'cmd').map((line) => line.replace(/.*: /, ''))).toEqual([
      'ALLOWED',
      'ALLOWED',
      'ALLOWED',
      'DENIED',
    ]);
  });
});

describe('cmsban_locale', () => {
  it('falls back to English, and says so', async () => {
    const world = await startWorld({ convars: { cmsban_locale: 'tlh' } });
    expect(world.log.slice(0, -1).join(' ')).toMatch(/cmsban_locale.*tlh.*(English|default)/);
    const { license } = newSomebody(world);
    expect(await world.call('banPlayer', `license:${license}`)).toMatchObject({
      message: `license:${license} is banned in Sonoran CMS and Sonoran CAD.`,
    });
  });

  async function translated(content: string, convars: Readonly<Record<string, string>> = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'cmsban-locale-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await layOutRelease(folder);
    await writeFile(join(folder, 'locales', 'de.json'), content);
    return startWorld({ cmsban: folder, convars: { ...convars, cmsban_locale: 'de' } });
  }

  it('says everything in the language that is set', async () => {
    // English, in capitals: what is not, does not come from the file.
    const loud = Object.entries(english).map(([key, text]) => [
      key,
      text.replaceAll(/\{\w+\}|[a-z]+/g, (part) => (part.startsWith('{') ? part : part.toUpperCase())),
    ]);
    const world = await translated(JSON.stringify(Object.fromEntries(loud)), {
      cmsban_drop_when: 'never',
      cmsban_history_limit: 'many',
      cmsban_log_level: 'debug',
    });
    await world.sonoran.cms.down();
    await world.call('banPlayer', `license:${newSomebody(world).license}`, 'x', { products: ['cms'] });
    await world.call('lookupPlayer', 'license:404');
    world.fx.emitFrom('monitor', 'txAdmin:events:playerBanned', {});
    world.fx.emitFrom('asker', 'txAdmin:events:playerKicked', {});
    await world.fx.console('cmsban license:404 x');
    await until(() => world.log.filter((line) => line.includes('NOT DONE YET')).length === 2, 'both answers');
    expect(world.log.filter((line) => /\b[a-z]{2,} [a-z]{2,}\b/.test(line))).toEqual([]);
  });

  it('takes what a translation has, and English for what it lacks', async () => {
    const world = await translated(JSON.stringify({ 'refused.kick': '{name} wurde NICHT entfernt.' }));
    expect(world.log[1]).toMatch(/cmsban_locale.*texts are missing in locales\/de\.json: \d+/);
    const outcome = await world.call('kickPlayer', 'license:404');
    expect(outcome['message']).toMatch(
      /^license:404 wurde NICHT entfernt\. Sonoran CMS: no account is linked/,
    );
  });

  it.each(['not JSON', '[]', 'null', '{"refused.kick": 1}', ''])(
    'survives a broken file: %s',
    async (content) => {
      const world = await translated(content);
      expect(world.log.slice(0, -1).join(' ')).toMatch(/cmsban_locale.*locales\/de\.json/);
      expect(await world.call('kickPlayer', 'license:404')).toMatchObject({
        code: 'NOT_LINKED',
        message: expect.stringContaining('was NOT kicked'),
      });
    },
  );
});

describe('cmsban_log_level', () => {
  it.each([
    ['debug', { debug: true, info: true, warn: true }],
    ['info', { debug: false, info: true, warn: true }],
    ['warn', { debug: false, info: false, warn: true }],
    ['error', { debug: false, info: false, warn: false }],
  ])('%s', async (level, shown) => {
    const world = await startWorld({ convars: { cmsban_log_level: level } });
    const { license } = newSomebody(world);
    await world.call('banPlayer', `license:${license}`, 'being rude');
    await world.call('kickPlayer', 'license:404', 'being rude');
    const has = (words: string) => world.log.some((line) => line.includes(words));
    expect({
      debug: has('^5debug^7'),
      info: has('is banned in') && has('CMS v1 ('),
      warn: has('was NOT kicked'),
    }).toEqual(shown);
  });

  it('never keeps an answer from who typed the command', async () => {
    const world = await startWorld({ convars: { cmsban_log_level: 'error' } });
    const { license } = newSomebody(world);
    await world.fx.console(`cmsban license:${license} being rude`);
    await world.logged('is banned in');
  });
});
