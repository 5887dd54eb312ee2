import * as v from 'valibot';
import { IDENTIFIER_TYPES, type IdentifierType } from './identity/identifier.ts';
import { API_ID_FORMATS, type ApiIdFormat } from './identity/subject.ts';
import { ACTION_KINDS, type ActionKind, DROP_RULES, type DropRule } from './moderation/action.ts';
import { cleanText } from './text/clean.ts';
import { redactor, Secret } from './text/secret.ts';

/** What opens one product's API. */
export interface Credentials {
  readonly communityId: string;
  readonly apiKey: Secret;
}

/** How to reach one product. */
export interface ProductSettings extends Credentials {
  /** Scheme, host and port, without a path. */
  readonly url: string;
  readonly idTypes: readonly IdentifierType[];
}

/** CAD has two API versions, and both can ban. */
export interface CadSettings extends ProductSettings {
  readonly version: 1 | 2;
}

export const TEMPORARY_BAN_RULES = ['lift', 'permanent', 'skip'] as const;
/** Whether somebody gets in of whom it cannot be told yet whether they are banned. */
export const UNKNOWN_RULES = ['allow', 'deny'] as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type TemporaryBanRule = (typeof TEMPORARY_BAN_RULES)[number];
export type UnknownRule = (typeof UNKNOWN_RULES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything a server owner can choose, checked. */
export interface Settings {
  /** Undefined when CMS is not in use. */
  readonly cms: ProductSettings | undefined;
  /** Undefined when CAD is not in use. */
  readonly cad: CadSettings | undefined;
  readonly apiIdFormat: ApiIdFormat;
  readonly dropWhen: DropRule;
  readonly txAdminActions: ReadonlySet<ActionKind>;
  readonly temporaryBans: TemporaryBanRule;
  readonly restrictExports: boolean;
  readonly joinGate: boolean;
  readonly gateWhenUnknown: UnknownRule;
  /** Whom to appeal to, for those who are refused; may be empty. */
  readonly appealText: string;
  /** Between two reads of the ban lists. */
  readonly mirrorMinutes: number;
  readonly pushEvents: boolean;
  readonly requestTimeoutMs: number;
  readonly retryHours: number;
  readonly historyLimit: number;
  readonly locale: string;
  readonly logLevel: LogLevel;
}

/** A convar whose value cannot be used. */
export interface SettingProblem {
  readonly convar: string;
  /** A sentence with what was found (never a key) and what it may be. */
  readonly message: string;
}

/** Reads one convar; an unset or unreadable one is empty. */
export type ReadConvar = (name: string) => string;

/**
 * Reads all convars once. A value that cannot be used is reported and its default taken, so that the
 * result is always complete.
 */
export function readSettings(read: ReadConvar): {
  readonly settings: Settings;
  readonly problems: readonly SettingProblem[];
  /** What is as it may be, but may not be what the owner meant. */
  readonly notes: readonly string[];
  /** Everything that must never be shown, also what was set in vain. */
  readonly secrets: Secret[];
} {
  const problems: SettingProblem[] = [];
  const notes: string[] = [];
  const secrets = KEYS.map((convar) => new Secret(read(convar).trim()));
  const redact = redactor(secrets);

  function setting<T>(convar: string, fallback: T, expected: string, schema: v.GenericSchema<string, T>): T {
    const text = read(convar).trim();
    if (text === '') return fallback;
    const parsed = v.safeParse(schema, text);
    if (parsed.success) return parsed.output;
    problems.push({
      convar,
      message: `is "${cleanText(redact(text), 60)}" but must be ${expected}; the default is used`,
    });
    return fallback;
  }

  function choice<T extends string>(convar: string, fallback: T, options: readonly T[]): T {
    return setting(convar, fallback, `one of ${options.join(', ')}`, v.picklist(options));
  }

  function list<T extends string>(
    convar: string,
    fallback: readonly T[],
    options: readonly T[],
  ): readonly T[] {
    return setting(convar, fallback, `a comma-separated list of ${options.join(', ')}`, listOf(options));
  }

  function whole(convar: string, fallback: number, min: number, max: number): number {
    return setting(convar, fallback, `a whole number from ${min} to ${max}`, wholeNumber(min, max));
  }

  function yesOrNo(convar: string, fallback: boolean): boolean {
    return setting(convar, fallback, 'true, false, 1 or 0', boolean);
  }

  function credentials(prefix: 'cms' | 'cad', fallback: { id: string; key: string } | undefined) {
    const own = {
      id: `cmsban_${prefix}_community_id`,
      key: `cmsban_${prefix}_api_key`,
    };
    const isOwnUnset = read(own.id).trim() === '' && read(own.key).trim() === '';
    const convars = fallback && isOwnUnset ? fallback : own;
    const communityId = read(convars.id).trim();
    const apiKey = new Secret(read(convars.key).trim());
    const key = apiKey.reveal();
    if (communityId !== '' && KEY.test(key)) return { communityId, apiKey };
    if (communityId !== '' && key === '' && convars === fallback) {
      // The vendor's own advice hides the key: not a mistake, but worth knowing for who wants to use it.
      notes.push(
        `${convars.key} cannot be read, so CAD is off; to use it: add_convar_permission cmsban read ${convars.key}`,
      );
    } else if (communityId !== '' && key !== '') {
      problems.push({
        convar: convars.key,
        message: `holds characters that no key has; ${prefix.toUpperCase()} stays off until it is corrected`,
      });
    } else if (communityId !== '' || key !== '') {
      const missing = communityId === '' ? convars.id : convars.key;
      const present = communityId === '' ? convars.key : convars.id;
      problems.push({
        convar: missing,
        message: `is empty though ${present} is set; ${prefix.toUpperCase()} stays off until both are set`,
      });
    }
    return undefined;
  }

  function product(
    prefix: 'cms' | 'cad',
    vendor: string,
    idTypes: readonly IdentifierType[],
    fallback?: { id: string; key: string },
  ): ProductSettings | undefined {
    const reach = credentials(prefix, fallback);
    const settings = {
      url: setting(`cmsban_${prefix}_url`, vendor, `a host such as ${vendor}, without a path`, origin),
      idTypes: list(`cmsban_${prefix}_id_types`, idTypes, IDENTIFIER_TYPES),
    };
    return reach && { ...reach, ...settings };
  }

  const cms = product('cms', 'https://api.sonorancms.com', ['discord', 'steam', 'license']);
  const cad = product('cad', 'https://api.sonorancad.com', ['license', 'steam', 'discord'], {
    id: 'sonoran_communityID',
    key: 'sonoran_apiKey',
  });
  const version = choice('cmsban_cad_version', '2', ['1', '2']) === '1' ? 1 : 2;

  const settings: Settings = {
    cms,
    cad: cad && { ...cad, version },
    apiIdFormat: choice('cmsban_api_id_format', 'value', API_ID_FORMATS),
    dropWhen: choice('cmsban_drop_when', 'success', DROP_RULES),
    txAdminActions: new Set(
      setting(
        'cmsban_txadmin_actions',
        ['ban', 'unban'],
        `a comma-separated list of ${ACTION_KINDS.join(', ')}, or none`,
        v.union([
          v.pipe(
            v.literal('none'),
            v.transform((): ActionKind[] => []),
          ),
          listOf(ACTION_KINDS),
        ]),
      ),
    ),
    temporaryBans: choice('cmsban_temporary_bans', 'lift', TEMPORARY_BAN_RULES),
    restrictExports: yesOrNo('cmsban_restrict_exports', false),
    joinGate: yesOrNo('cmsban_join_gate', true),
    gateWhenUnknown: choice('cmsban_gate_when_unknown', 'allow', UNKNOWN_RULES),
    appealText: cleanText(redact(read('cmsban_appeal_text')), MAX_APPEAL),
    mirrorMinutes: whole('cmsban_mirror_minutes', 15, 1, 1_440),
    pushEvents: yesOrNo('cmsban_push_events', true),
    requestTimeoutMs: whole('cmsban_request_timeout_ms', 10_000, 100, 120_000),
    retryHours: whole('cmsban_retry_hours', 168, 1, 8_760),
    historyLimit: whole('cmsban_history_limit', 500, 1, 100_000),
    locale: setting(
      'cmsban_locale',
      'en',
      'the name of a file in locales/ without .json, such as en',
      v.pipe(v.string(), v.regex(/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/)),
    ),
    logLevel: choice('cmsban_log_level', 'info', LOG_LEVELS),
  };
  return { settings: deepFreeze(settings), problems, notes, secrets };
}

/** Every convar that may hold a key, also of a product that is off. */
const KEYS = ['cmsban_cms_api_key', 'cmsban_cad_api_key', 'sonoran_apiKey'];

/** Longest appeal text, in characters: it stands in a small window. */
const MAX_APPEAL = 256;

/** What a header can carry. */
const KEY = /^[\x21-\x7e]+$/;

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}

const boolean = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.picklist(['true', 'false', '1', '0']),
  v.transform((word) => word === 'true' || word === '1'),
);

function wholeNumber(min: number, max: number) {
  return v.pipe(v.string(), v.regex(/^[0-9]{1,9}$/), v.transform(Number), v.minValue(min), v.maxValue(max));
}

function listOf<const T extends string>(options: readonly T[]) {
  return v.pipe(
    v.string(),
    v.transform((text) =>
      text
        .toLowerCase()
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    ),
    v.array(v.picklist(options)),
    v.minLength(1),
    v.transform((words) => [...new Set(words)]),
  );
}

const origin = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return (
      url !== undefined &&
      /^https?:$/.test(url.protocol) &&
      url.pathname === '/' &&
      url.search === '' &&
      url.username === ''
    );
  }),
  v.transform((text) => new URL(text).origin),
);
