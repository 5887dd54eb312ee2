import '../fixed-seed.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SettingProblem } from '../../../server/settings/convars.ts';
import { collectKeys } from '../../../server/settings/credential-watch.ts';
import { type Reach, readReach } from '../../../server/settings/credentials.ts';
import { readSettings } from '../../../server/settings/settings.ts';
import { problemReport } from '../../../server/settings/start-report.ts';
import { redactor, Secret } from '../../../server/text/secret.ts';
import { checkedSay } from '../checked-say.ts';

const CMS = { cmsban_cms_community_id: 'ourcms', cmsban_cms_api_key: 'CMS-KEY-1' };
const CAD = { cmsban_cad_community_id: 'ourcad', cmsban_cad_api_key: 'CAD-KEY-1' };
const DATABASE = { mysql_connection_string: 'mysql://fivem:secret@localhost/game' };

function read(convars: Readonly<Record<string, string>> = {}) {
  return readWhere((name) => convars[name] ?? '');
}

/** The settings and how both products can be reached, where the vendor's resources are not. */
function readWhere(convar: (name: string) => string) {
  const secrets: Secret[] = [];
  collectKeys(convar, secrets);
  const redact = redactor(secrets);
  const { settings, problems } = readSettings(convar, redact);
  const sources = { convar, file: () => undefined, isRunning: () => false };
  const cms = readReach('cms', sources, false, redact);
  const cad = readReach('cad', sources, false, redact);
  return {
    settings: { ...settings, cms: inUse(cms.reach), cad: inUse(cad.reach) },
    frozen: settings,
    problems: [...problems, ...cms.problems, ...cad.problems],
    secrets,
  };
}

/** The problems as the server owner reads them. */
const said = (problems: readonly SettingProblem[]) => problemReport(problems, checkedSay) ?? '';

const inUse = (reach: Reach) => (reach.state === 'in-use' ? reach : undefined);

/** With both products in use, so that every convar has an effect. */
function readWith(convar: string, value: string) {
  return read({ ...CMS, ...CAD, [convar]: value });
}

type Read = ReturnType<typeof read>['settings'];

describe('without any convar', () => {
  const { settings, problems } = read();

  it('has every default, and nothing to complain about', () => {
    expect(problems).toEqual([]);
    expect(settings).toEqual({
      cms: undefined,
      cad: undefined,
      cadVersion: 2,
      apiIdFormat: 'value',
      dropWhen: 'success',
      unlinked: 'keep',
      serverName: '',
      discordWebhook: undefined,
      txAdminActions: new Set(['ban', 'unban']),
      temporaryBans: 'lift',
      restrictExports: false,
      joinGate: true,
      gateWhenUnknown: 'allow',
      appealText: '',
      mirrorMinutes: 15,
      notify: 'chat',
      pushEvents: true,
      cmsRecords: new Set(),
      cmsRecordPoints: 0,
      discordEvents: new Set(['ban', 'kick', 'unban', 'door', 'problem']),
      reasons: [],
      requestTimeoutMs: 10_000,
      retryHours: 168,
      historyLimit: 500,
      versionCheck: true,
      locale: 'en',
      logLevel: 'info',
    });
  });

  it('has the defaults of a product that is in use', () => {
    const { cms, cad, cadVersion } = read({ ...CMS, ...CAD }).settings;
    expect(cadVersion).toBe(2);
    expect(cms).toMatchObject({
      communityId: 'ourcms',
      url: 'https://api.sonorancms.com',
      idTypes: ['discord', 'steam', 'license'],
    });
    expect(cad).toMatchObject({
      communityId: 'ourcad',
      url: 'https://api.sonorancad.com',
      idTypes: ['license', 'steam', 'discord'],
    });
    expect(cms?.apiKey.reveal()).toBe('CMS-KEY-1');
    expect(cad?.apiKey.reveal()).toBe('CAD-KEY-1');
  });

  it('takes spaces for nothing', () => {
    const spaces = readWhere(() => '   ');
    expect(spaces.problems).toEqual([]);
    expect(spaces.settings).toEqual(settings);
  });
});

describe('a good value', () => {
  it.each<[string, string, (settings: Read) => unknown, unknown]>([
    ['cmsban_cms_url', 'http://127.0.0.1:3000', ({ cms }) => cms?.url, 'http://127.0.0.1:3000'],
    ['cmsban_cms_url', 'https://staging.example.org/', ({ cms }) => cms?.url, 'https://staging.example.org'],
    ['cmsban_cad_url', 'HTTPS://CAD.Example.org:8443', ({ cad }) => cad?.url, 'https://cad.example.org:8443'],
    ['cmsban_cad_version', '1', ({ cadVersion }) => cadVersion, 1],
    ['cmsban_cad_version', ' 2 ', ({ cadVersion }) => cadVersion, 2],
    ['cmsban_cms_id_types', 'steam', ({ cms }) => cms?.idTypes, ['steam']],
    ['cmsban_cms_id_types', ' License2 , FIVEM ', ({ cms }) => cms?.idTypes, ['license2', 'fivem']],
    ['cmsban_cad_id_types', 'live,xbl,live', ({ cad }) => cad?.idTypes, ['live', 'xbl']],
    ['cmsban_cad_id_types', 'steam,', ({ cad }) => cad?.idTypes, ['steam']],
    ['cmsban_api_id_format', 'prefixed', ({ apiIdFormat }) => apiIdFormat, 'prefixed'],
    ['cmsban_api_id_format', 'upper', ({ apiIdFormat }) => apiIdFormat, 'upper'],
    ['cmsban_drop_when', 'all', ({ dropWhen }) => dropWhen, 'all'],
    ['cmsban_drop_when', 'always', ({ dropWhen }) => dropWhen, 'always'],
    ['cmsban_txadmin_actions', 'kick', ({ txAdminActions }) => txAdminActions, new Set(['kick'])],
    ['cmsban_txadmin_actions', 'Ban, kick, unban', ({ txAdminActions }) => [...txAdminActions].length, 3],
    ['cmsban_txadmin_actions', 'none', ({ txAdminActions }) => txAdminActions, new Set()],
    ['cmsban_discord_events', 'door, Ban', ({ discordEvents }) => discordEvents, new Set(['door', 'ban'])],
    ['cmsban_reasons', 'RDM=2d', ({ reasons }) => reasons, [{ reason: 'RDM', duration: '2d' }]],
    [
      'cmsban_reasons',
      '; Fail  RP = 1D12H ;2+2=4=perm;',
      ({ reasons }) => reasons,
      [
        { reason: 'Fail RP', duration: '1D12H' },
        { reason: '2+2=4', duration: 'perm' },
      ],
    ],
    ['cmsban_discord_events', 'none', ({ discordEvents }) => discordEvents, new Set()],
    ['cmsban_temporary_bans', 'permanent', ({ temporaryBans }) => temporaryBans, 'permanent'],
    ['cmsban_temporary_bans', 'skip', ({ temporaryBans }) => temporaryBans, 'skip'],
    ['cmsban_restrict_exports', 'true', ({ restrictExports }) => restrictExports, true],
    ['cmsban_restrict_exports', 'TRUE', ({ restrictExports }) => restrictExports, true],
    ['cmsban_restrict_exports', '1', ({ restrictExports }) => restrictExports, true],
    ['cmsban_restrict_exports', 'false', ({ restrictExports }) => restrictExports, false],
    ['cmsban_restrict_exports', '0', ({ restrictExports }) => restrictExports, false],
    ['cmsban_join_gate', 'false', ({ joinGate }) => joinGate, false],
    ['cmsban_join_gate', '1', ({ joinGate }) => joinGate, true],
    ['cmsban_gate_when_unknown', 'deny', ({ gateWhenUnknown }) => gateWhenUnknown, 'deny'],
    ['cmsban_gate_when_unknown', 'allow', ({ gateWhenUnknown }) => gateWhenUnknown, 'allow'],
    ['cmsban_appeal_text', ' At discord.gg/x ', ({ appealText }) => appealText, 'At discord.gg/x'],
    ['cmsban_appeal_text', '^1Write\nto us', ({ appealText }) => appealText, '1Write to us'],
    ['cmsban_appeal_text', 'x'.repeat(300), ({ appealText }) => appealText, `${'x'.repeat(255)}…`],
    ['cmsban_mirror_minutes', '1', ({ mirrorMinutes }) => mirrorMinutes, 1],
    ['cmsban_mirror_minutes', '1440', ({ mirrorMinutes }) => mirrorMinutes, 1_440],
    ['cmsban_push_events', '0', ({ pushEvents }) => pushEvents, false],
    ['cmsban_push_events', 'True', ({ pushEvents }) => pushEvents, true],
    ['cmsban_cms_records', 'Ban, warn', ({ cmsRecords }) => [...cmsRecords], ['ban', 'warn']],
    ['cmsban_cms_record_points', '0', ({ cmsRecordPoints }) => cmsRecordPoints, 0],
    ['cmsban_cms_record_points', '1000', ({ cmsRecordPoints }) => cmsRecordPoints, 1_000],
    ['cmsban_notify', 'ox_lib', ({ notify }) => notify, 'ox_lib'],
    ['cmsban_notify', 'chat', ({ notify }) => notify, 'chat'],
    ['cmsban_request_timeout_ms', '2500', ({ requestTimeoutMs }) => requestTimeoutMs, 2_500],
    ['cmsban_retry_hours', '1', ({ retryHours }) => retryHours, 1],
    ['cmsban_history_limit', '50', ({ historyLimit }) => historyLimit, 50],
    ['cmsban_version_check', 'false', ({ versionCheck }) => versionCheck, false],
    ['cmsban_locale', 'de', ({ locale }) => locale, 'de'],
    ['cmsban_locale', 'pt-BR', ({ locale }) => locale, 'pt-BR'],
    ['cmsban_log_level', 'debug', ({ logLevel }) => logLevel, 'debug'],
    ['cmsban_log_level', 'error', ({ logLevel }) => logLevel, 'error'],
  ])('of %s, %j, is taken', (convar, value, pick, expected) => {
    const { settings, problems } = readWith(convar, value);
    expect(problems).toEqual([]);
    expect(pick(settings)).toEqual(expected);
  });
});

describe('a bad value', () => {
  const URLS = ['api.sonorancms.com', 'ftp://example.org', 'https://', 'not a url', 'https://example.org/v2'];
  const MORE_URLS = ['https://example.org/?key=1', 'https://user:word@example.org', 'javascript:alert(1)'];
  const LISTS = ['steam,ip', 'ip', 'steam;license', ',', 'steam license'];
  const NUMBERS = ['-1', '0', '1.5', '1e3', 'ten', '0x10', '9999999999', 'Infinity', 'NaN', '5 '.repeat(2)];
  const bad: Readonly<Record<string, readonly string[]>> = {
    cmsban_cms_url: [...URLS, ...MORE_URLS],
    cmsban_cad_url: [...URLS, ...MORE_URLS],
    cmsban_cad_version: ['3', '0', 'v2', '1.0', 'two'],
    cmsban_cms_id_types: LISTS,
    cmsban_cad_id_types: LISTS,
    cmsban_api_id_format: ['hex', 'VALUES', 'value,upper'],
    cmsban_drop_when: ['never', 'true', 'success,all'],
    cmsban_txadmin_actions: ['warn', 'ban,warn', 'all', 'none,ban', ','],
    cmsban_reasons: ['RDM', 'RDM=', '=2d', 'RDM=2d,x=3', 'RDM=90min', 'RDM=2 days', 'RDM=2d; VDM=11y'],
    cmsban_discord_events: ['bans', 'ban;kick', 'all', 'none,ban', ','],
    cmsban_temporary_bans: ['keep', 'true'],
    cmsban_restrict_exports: ['yes', 'on', '2', '-1'],
    cmsban_join_gate: ['yes', 'off', '2', 'allow'],
    cmsban_gate_when_unknown: ['true', 'refuse', 'Allow', 'allow,deny'],
    cmsban_mirror_minutes: [...NUMBERS, '1441'],
    cmsban_push_events: ['yes', 'on', '2'],
    cmsban_cms_records: ['all', 'none', 'ban;kick', 'unban', ','],
    cmsban_cms_record_points: ['-1', '1.5', 'ten', '1001'],
    cmsban_notify: ['ox', 'true', 'OX_LIB', 'chat,ox_lib'],
    cmsban_request_timeout_ms: [...NUMBERS, '99', '120001'],
    cmsban_retry_hours: [...NUMBERS, '8761'],
    cmsban_history_limit: [...NUMBERS, '100001'],
    cmsban_storage: ['MySQL', 'mariadb', 'oxmysql', 'true'],
    cmsban_locale: ['english', 'e', '../en', 'en.json', 'en/../../x', 'en-', 'EN'],
    cmsban_log_level: ['verbose', 'warning', '1'],
  };

  it.each(Object.entries(bad).flatMap(([convar, values]) => values.map((value) => [convar, value] as const)))(
    'of %s, %j, is one problem, and its default is used',
    (convar, value) => {
      const { settings, problems } = readWith(convar, value);
      expect(problems.map((problem) => problem.convar)).toEqual([convar]);
      expect(said(problems)).toContain(`${convar} is "${value.trim()}" but must be`);
      const { settings: defaults } = read({ ...CMS, ...CAD });
      expect(JSON.stringify(settings)).toBe(JSON.stringify(defaults));
      expect(settings.txAdminActions).toEqual(defaults.txAdminActions);
    },
  );

  it('does not hide another one', () => {
    const convars = Object.fromEntries(Object.entries(bad).map(([convar, [value = '']]) => [convar, value]));
    const { problems } = read({ ...CMS, ...CAD, ...convars });
    expect(problems.map(({ convar }) => convar).sort()).toEqual(Object.keys(bad).sort());
    for (const convar of Object.keys(bad)) expect(said(problems)).toContain(convar);
  });

  it('is shown as one line, and not in full when it is long', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(bad)),
        fc.string({ unit: 'binary', size: '+2' }),
        (convar, value) => {
          const { problems } = readWith(convar, value);
          for (const line of said(problems).split('\n  ')) {
            expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
            expect(line.isWellFormed()).toBe(true);
            expect(line.length).toBeLessThan(400);
          }
        },
      ),
    );
  });
});

describe('credentials', () => {
  it.each([
    ['cmsban_cms_community_id', 'cmsban_cms_api_key', 'cms'],
    ['cmsban_cms_api_key', 'cmsban_cms_community_id', 'cms'],
    ['cmsban_cad_community_id', 'cmsban_cad_api_key', 'cad'],
    ['cmsban_cad_api_key', 'cmsban_cad_community_id', 'cad'],
  ] as const)('with %s alone leave the product off, and say what is missing', (present, missing, product) => {
    const { settings, problems } = read({ [present]: 'SOMETHING' });
    expect(settings[product]).toBeUndefined();
    expect(problems.map(({ convar }) => convar)).toEqual([missing]);
    expect(said(problems)).toContain(`${missing} is empty though ${present} is set`);
    expect(said(problems)).not.toContain('SOMETHING');
  });

  it('of one product do not need the other', () => {
    expect(read(CMS)).toMatchObject({
      problems: [],
      settings: { cad: undefined, cms: { communityId: 'ourcms' } },
    });
    expect(read(CAD)).toMatchObject({
      problems: [],
      settings: { cms: undefined, cad: { communityId: 'ourcad' } },
    });
  });

  it("of CAD come from the vendor's own resource when they can be read", () => {
    const { settings, problems } = read({ sonoran_communityID: 'theirs', sonoran_apiKey: 'THEIR-KEY' });
    expect(problems).toEqual([]);
    expect(settings.cad?.communityId).toBe('theirs');
    expect(settings.cad?.apiKey.reveal()).toBe('THEIR-KEY');
    expect(settings.cms).toBeUndefined();
  });

  it("of CAD are the product's own when those are set, also by half", () => {
    const theirs = { sonoran_communityID: 'theirs', sonoran_apiKey: 'THEIR-KEY' };
    expect(read({ ...theirs, ...CAD }).settings.cad?.communityId).toBe('ourcad');
    const half = read({ ...theirs, cmsban_cad_community_id: 'ourcad' });
    expect(half.settings.cad).toBeUndefined();
    expect(half.problems.map(({ convar }) => convar)).toEqual(['cmsban_cad_api_key']);
  });

  it("are nothing to complain about when the vendor's key is hidden from us", () => {
    const { settings, problems } = read({ ...CMS, sonoran_communityID: 'theirs' });
    expect(settings.cad).toBeUndefined();
    expect(problems).toEqual([]);
  });

  it('are all known as secrets, also those that are set in vain', () => {
    const { secrets } = read({ cmsban_cms_api_key: 'ALONE', ...CAD });
    expect(secrets.map((secret) => secret.reveal())).toEqual(expect.arrayContaining(['ALONE', 'CAD-KEY-1']));
  });
});

describe('the settings', () => {
  it('cannot be changed, at any depth', () => {
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      value instanceof Set ||
      value instanceof Secret ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    const { frozen: settings } = read({ ...CMS, ...CAD });
    expect(Object.isFrozen(settings)).toBe(true);
    for (const [name, value] of Object.entries(settings)) expect(frozen(value), name).toBe(true);
  });

  const CONVARS = [
    'cmsban_cms_url',
    'cmsban_cad_url',
    'cmsban_cad_version',
    'cmsban_cms_id_types',
    'cmsban_cad_id_types',
    'cmsban_api_id_format',
    'cmsban_drop_when',
    'cmsban_unlinked',
    'cmsban_txadmin_actions',
    'cmsban_temporary_bans',
    'cmsban_restrict_exports',
    'cmsban_join_gate',
    'cmsban_gate_when_unknown',
    'cmsban_appeal_text',
    'cmsban_mirror_minutes',
    'cmsban_push_events',
    'cmsban_cms_records',
    'cmsban_cms_record_points',
    'cmsban_discord_events',
    'cmsban_notify',
    'cmsban_reasons',
    'cmsban_request_timeout_ms',
    'cmsban_retry_hours',
    'cmsban_history_limit',
    'cmsban_storage',
    'cmsban_server_name',
    'cmsban_version_check',
    'cmsban_locale',
    'cmsban_log_level',
  ] as const;
  const KEYS = ['cmsban_cms_api_key', 'cmsban_cad_api_key', 'sonoran_apiKey'] as const;
  const WEBHOOK = 'cmsban_discord_webhook';
  const CONNECTION = 'cmsban_mysql_connection_string';
  const IDS = ['cmsban_cms_community_id', 'cmsban_cad_community_id', 'sonoran_communityID'] as const;

  it('never fail and never show a key, whatever is set where', () => {
    const key = fc.stringMatching(/^KEY[a-z0-9]{12,40}$/);
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1', 'true', 'ban', 'steam', ''));
    fc.assert(
      fc.property(
        key,
        fc.dictionary(fc.constantFrom(...CONVARS, ...IDS), value),
        fc.subarray([...KEYS]),
        (secret, convars, set) => {
          const keys = Object.fromEntries(set.map((name) => [name, secret]));
          const { settings, problems } = read({ ...convars, ...keys });
          const shown = `${JSON.stringify(settings)} ${inspect(settings)} ${said(problems)}`;
          expect(shown).not.toContain(secret);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('do not show a key that was pasted into the wrong convar, nor the beginning of one', () => {
    const secret = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b';
    for (const convar of CONVARS) {
      for (let before = 0; before <= 60; before++) {
        const value = 'x'.repeat(before) + secret;
        const { problems, secrets } = read({ ...CAD, ...CMS, cmsban_cms_api_key: secret, [convar]: value });
        const shown = redactor(secrets)(said(problems));
        expect(shown, `${convar} with ${before} before it`).not.toContain(secret.slice(0, 8));
      }
    }
  });

  it.each([
    ['mysql://cmsban:0b6e4d5c%2F3a2f@localhost/game', '0b6e4d5c%2F3a2f'],
    ['mysql://cmsban:0b6e4d5c%2F3a2f@localhost/game', '0b6e4d5c/3a2f'],
    ['user=cmsban;password=0b6e4d5c/3a2f;database=game', '0b6e4d5c/3a2f'],
    // One that cannot be read is a secret as a whole.
    ['user=cmsban;password=0b6e4d5c/3a2f', 'user=cmsban;password=0b6e4d5c/3a2f'],
  ])('do not show what is secret of %s, wherever else it was pasted', (connection, secret) => {
    for (const own of [CONNECTION, 'mysql_connection_string']) {
      for (const convar of CONVARS) {
        const { problems, secrets, frozen } = read({ ...CMS, ...CAD, [own]: connection, [convar]: secret });
        const shown = `${redactor(secrets)(said(problems))} ${inspect(frozen)} ${JSON.stringify(frozen)}`;
        expect(shown, convar).not.toContain(secret.slice(0, 8));
      }
    }
  });

  it('do not show a key that was pasted into the appeal text, which many read', () => {
    const secret = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b';
    for (const before of [0, 1, 100, 219, 220, 221, 240, 255, 256, 300]) {
      const cmsban_appeal_text = `${'x'.repeat(before)}${secret} or so`;
      const { settings } = read({ ...CAD, ...CMS, cmsban_cms_api_key: secret, cmsban_appeal_text });
      expect(settings.appealText, `with ${before} before it`).not.toContain(secret.slice(0, 8));
    }
  });

  describe('as the shipped files have them', () => {
    const OWN = [...CONVARS, ...KEYS, WEBHOOK, CONNECTION, ...IDS].filter((convar) =>
      convar.startsWith('cmsban_'),
    );
    const shipped = (file: string) => readFileSync(join(import.meta.dirname, '..', '..', '..', file), 'utf8');
    const defaults = read({ ...CMS, ...CAD }).settings;

    /** The lines of the example: those that do something, and those that are only shown. */
    const example = (line: RegExp) =>
      Object.fromEntries(
        [...shipped('cmsban.example.cfg').matchAll(line)].map(([, name = '', value = '']) => [name, value]),
      );
    const set = example(/^set (\w+) "(.*)"$/gm);
    const shown = example(/^# set (\w+) "(.*)"$/gm);

    it('are all in cmsban.example.cfg, each with its default', () => {
      expect([...Object.keys(set), ...Object.keys(shown)].sort()).toEqual([...OWN].sort());
      expect(read(set)).toMatchObject({ problems: [], settings: read().settings });
      expect(read({ ...set, ...CMS, ...CAD })).toMatchObject({ problems: [], settings: defaults });
    });

    it('are commented out there where unset means more than a value, with one that may be taken', () => {
      const unset =
        /_community_id$|_api_key$|_url$|_id_types$|_records$|_webhook$|_connection_string$|_server_name$|_reasons$|^cmsban_appeal_text$/;
      expect(Object.keys(shown).sort()).toEqual(OWN.filter((convar) => unset.test(convar)).sort());
      // A webhook's address cannot be made up: that of the example has dots in it.
      const { [WEBHOOK]: webhook, ...others } = shown;
      expect(webhook).toBe('https://discord.com/api/webhooks/…/…'.replaceAll('…', '...'));
      expect(read({ ...set, ...others })).toMatchObject({
        problems: [],
        settings: { cms: expect.anything(), cad: expect.anything() },
      });
    });

    const ROW = /^ +\{ '[^']+', '(\w+)', '(CV_\w+)', (.+) \},$/gm;
    const rows = [...shipped('fxmanifest.lua').matchAll(ROW)].map(
      ([, convar = '', type = '', rest = '']) => ({
        convar,
        type,
        // The default comes first; then what else may be chosen, or the least and the most.
        values: rest.replace(/^\{ (.*) \}$/, '$1').split(/, (?=['\d]|true|false)/),
      }),
    );
    const bare = (value: string | undefined) => (value ?? '').replace(/^'(.*)'$/, '$1');

    it('are all in the manifest', () => {
      expect(rows.map(({ convar }) => convar).sort()).toEqual([...OWN].sort());
    });

    it.each(rows)('have the default of $convar in the manifest, and what else it may be', (row) => {
      const { convar, type, values } = row;
      const given = read({
        ...CMS,
        ...CAD,
        ...(bare(values[0]) === '' ? {} : { [convar]: bare(values[0]) }),
      });
      expect(given).toMatchObject({ problems: [], settings: defaults });
      const isTaken = (value: string) =>
        read({ ...CMS, ...CAD, ...DATABASE, [convar]: value }).problems.length === 0;
      if (type === 'CV_MULTI') {
        expect(values.length).toBeGreaterThan(1);
        expect(values.filter((value) => !isTaken(bare(value)))).toEqual([]);
      } else if (type === 'CV_INT') {
        const [, least, most] = values.map(Number);
        expect([least, most].map((value) => isTaken(String(value)))).toEqual([true, true]);
        expect([(least ?? 0) - 1, (most ?? 0) + 1].map((value) => isTaken(String(value)))).toEqual([
          false,
          false,
        ]);
      } else if (type === 'CV_BOOL') {
        expect(values).toHaveLength(1);
        expect(['true', 'false'].filter((value) => !isTaken(value))).toEqual([]);
      } else {
        const isSecret = [...KEYS, WEBHOOK, CONNECTION].some((secret) => secret === convar);
        expect(type).toBe(isSecret ? 'CV_PASSWORD' : 'CV_STRING');
      }
    });
  });
});
