import * as v from 'valibot';
import { API_ID_FORMATS, type ApiIdFormat } from '../identity/subject.ts';
import { ACTION_KINDS, type ActionKind, DROP_RULES, type DropRule } from '../moderation/action.ts';
import { UNLINKED_RULES, type UnlinkedRule } from '../moderation/conclude.ts';
import { RECORD_KINDS, type RecordKind } from '../records/record-task.ts';
import type { ConnectionConfig } from '../storage/mysql/connection-string.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import { convarParser, type ReadConvar, type SettingProblem } from './convars.ts';
import { namedDatabase, readDatabase } from './database.ts';
import { type PreparedReason, readReasons } from './reasons.ts';
import { readWebhook, type Webhook } from './webhook.ts';

export const TEMPORARY_BAN_RULES = ['lift', 'permanent', 'skip'] as const;
/** Whether somebody gets in of whom it cannot be told yet whether they are banned. */
export const UNKNOWN_RULES = ['allow', 'deny'] as const;
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** What is told in Discord: settled actions, who was refused at the door, and what keeps cmsban from working. */
export const DISCORD_EVENTS = [...ACTION_KINDS, 'door', 'problem'] as const;
/** Where players read what becomes of their commands. */
export const NOTIFY_WAYS = ['chat', 'ox_lib'] as const;
export type NotifyWay = (typeof NOTIFY_WAYS)[number];
export type DiscordEvent = (typeof DISCORD_EVENTS)[number];
export type TemporaryBanRule = (typeof TEMPORARY_BAN_RULES)[number];
export type UnknownRule = (typeof UNKNOWN_RULES)[number];
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything a server owner can choose, checked. */
export interface Settings {
  /** CAD has two API versions, and both can ban. */
  readonly cadVersion: 1 | 2;
  readonly apiIdFormat: ApiIdFormat;
  readonly dropWhen: DropRule;
  readonly unlinked: UnlinkedRule;
  /** Shown where several servers share; may be empty. */
  readonly serverName: string;
  /** The database that the servers of a community share; undefined where this one keeps everything for itself. */
  readonly database: ConnectionConfig | undefined;
  /** The database that is named, also where this server keeps everything for itself: it may have left it just now. */
  readonly namedDatabase: ConnectionConfig | undefined;
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
  /** Of what a record is kept in CMS. */
  readonly cmsRecords: ReadonlySet<RecordKind>;
  readonly cmsRecordPoints: number;
  /** Where in Discord it is told; undefined: nowhere. */
  readonly discordWebhook: Webhook | undefined;
  readonly discordEvents: ReadonlySet<DiscordEvent>;
  readonly notify: NotifyWay;
  /** For the panel. */
  readonly reasons: readonly PreparedReason[];
  readonly requestTimeoutMs: number;
  readonly retryHours: number;
  readonly historyLimit: number;
  /** Whether the console says at the start when there is a newer release. */
  readonly versionCheck: boolean;
  readonly locale: string;
  readonly logLevel: LogLevel;
}

/**
 * Reads all convars once, but for the credentials, which may come or change later: see `credentials.ts`. A
 * value that cannot be used is reported and its default taken, so that the result is always complete.
 *
 * @param redact takes secrets out of what is shown of a value.
 */
export function readSettings(
  read: ReadConvar,
  redact: (text: string) => string,
): { readonly settings: Settings; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const parser = convarParser(read, redact, problems);
  const { text, setting, choice, list, listOrNone, whole, yesOrNo } = parser;

  const discord = readWebhook(read);
  if (discord.problem) problems.push(discord.problem);
  const shared = readDatabase(read, choice('cmsban_storage', 'kvp', ['kvp', 'mysql']));
  if (shared.problem) problems.push(shared.problem);

  const settings: Settings = {
    cadVersion: choice('cmsban_cad_version', '2', ['1', '2']) === '1' ? 1 : 2,
    apiIdFormat: choice('cmsban_api_id_format', 'value', API_ID_FORMATS),
    dropWhen: choice('cmsban_drop_when', 'success', DROP_RULES),
    unlinked: choice('cmsban_unlinked', 'keep', UNLINKED_RULES),
    serverName: cleanText(redact(text('cmsban_server_name')), MAX_NAME),
    database: shared.database,
    namedDatabase: namedDatabase(read),
    txAdminActions: new Set(listOrNone('cmsban_txadmin_actions', ['ban', 'unban'], ACTION_KINDS)),
    temporaryBans: choice('cmsban_temporary_bans', 'lift', TEMPORARY_BAN_RULES),
    restrictExports: yesOrNo('cmsban_restrict_exports', false),
    joinGate: yesOrNo('cmsban_join_gate', true),
    gateWhenUnknown: choice('cmsban_gate_when_unknown', 'allow', UNKNOWN_RULES),
    appealText: cleanText(redact(text('cmsban_appeal_text')), MAX_APPEAL),
    mirrorMinutes: whole('cmsban_mirror_minutes', 15, 1, 1_440),
    pushEvents: yesOrNo('cmsban_push_events', true),
    cmsRecords: new Set(list('cmsban_cms_records', RECORD_KINDS)),
    cmsRecordPoints: whole('cmsban_cms_record_points', 0, 0, 1_000),
    discordWebhook: discord.webhook,
    discordEvents: new Set(listOrNone('cmsban_discord_events', DISCORD_EVENTS, DISCORD_EVENTS)),
    notify: choice('cmsban_notify', 'chat', NOTIFY_WAYS),
    reasons: readReasons(parser),
    requestTimeoutMs: whole('cmsban_request_timeout_ms', 10_000, 100, 120_000),
    retryHours: whole('cmsban_retry_hours', 168, 1, 8_760),
    historyLimit: whole('cmsban_history_limit', 500, 1, 100_000),
    versionCheck: yesOrNo('cmsban_version_check', true),
    locale: setting(
      'cmsban_locale',
      'en',
      { key: 'setting.locale', parameters: {} },
      v.pipe(v.string(), v.regex(/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/)),
    ),
    logLevel: choice('cmsban_log_level', 'info', LOG_LEVELS),
  };
  return { settings: deepFreeze(settings), problems };
}

/** Longest appeal text, in characters: it stands in a small window. */
const MAX_APPEAL = 256;

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) {
    if (typeof part === 'object' && part !== null) deepFreeze(part);
  }
  return Object.freeze(value);
}
