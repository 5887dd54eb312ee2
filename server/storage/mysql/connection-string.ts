import * as v from 'valibot';
import { parseJson } from '../../text/json.ts';
import { Secret } from '../../text/secret.ts';

/** What TLS is to be like; the driver's names for Node's options. Nothing in it: with a certificate that is checked. */
const Ssl = v.object({
  ca: v.exactOptional(v.string()),
  cert: v.exactOptional(v.string()),
  key: v.exactOptional(v.string()),
  ciphers: v.exactOptional(v.string()),
  passphrase: v.exactOptional(v.string()),
  minVersion: v.exactOptional(v.picklist(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'])),
  rejectUnauthorized: v.exactOptional(v.boolean()),
  verifyIdentity: v.exactOptional(v.boolean()),
});

/** Where the database is, and how to get in. */
export interface ConnectionConfig {
  readonly host: string;
  readonly port: number;
  /** Instead of host and port. */
  readonly socketPath?: string;
  readonly user: string;
  readonly password: Secret;
  /** Tried when the first one is refused: the same text, as it stands there. */
  readonly literalPassword?: Secret;
  readonly database: string;
  readonly ssl?: v.InferOutput<typeof Ssl>;
}

/**
 * What is wrong with a connection string: there is none, it is in neither of the two forms, a part is missing or cannot be
 * used. Never a part of it: it holds a password.
 */
export type ConnectionStringProblem = 'empty' | 'unreadable' | 'user' | 'database' | 'port' | 'ssl';

export type ReadConnectionString =
  | { readonly ok: true; readonly config: ConnectionConfig }
  | { readonly ok: false; readonly problem: ConnectionStringProblem };

/** What one form or the other names, as it stands there. */
interface Parts {
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly socketPath: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly literalPassword: string | undefined;
  readonly database: string | undefined;
  readonly ssl: string | undefined;
}

const DEFAULT_PORT = 3306;
const LARGEST_PORT = 65_535;

const URI = /^(?:mysql|mariadb):\/\//i;
/** What follows the user and the password: host, port, database, options. */
const PLACE = String.raw`(\[[^\]]*\]|[^\s:/?#@[\]]*)(?::(\d*))?(?:\/+([^?#@]*))?(?:\?(.*))?$`;
/** As oxmysql reads it: nothing odd but `@` and `:` in the password, and options that have names. */
const PLAIN = new RegExp(`^([^/?#]*)@${PLACE}`, 's');
/** With a password that nobody has encoded: it ends at the last `@` behind which there is a place. */
const ODD = new RegExp(`^(?:(.*)@)?${PLACE}`, 's');

/** All spellings that oxmysql and ox_core know, and those of the drivers from which owners have them. */
const SPELLINGS: Readonly<Record<string, keyof Parts>> = {
  host: 'host',
  hostname: 'host',
  ip: 'host',
  server: 'host',
  'data source': 'host',
  datasource: 'host',
  addr: 'host',
  address: 'host',
  port: 'port',
  socketpath: 'socketPath',
  user: 'user',
  'user id': 'user',
  userid: 'user',
  'user name': 'user',
  username: 'user',
  uid: 'user',
  password: 'password',
  pwd: 'password',
  pass: 'password',
  database: 'database',
  db: 'database',
  'initial catalog': 'database',
  ssl: 'ssl',
};

/** What is percent-encoded, decoded; what is not, as it is. */
function decoded(text: string): string;
function decoded(text: string | undefined): string | undefined;
function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The name of an option, as it is called here. */
function meaningOf(name: string): keyof Parts | undefined {
  return SPELLINGS[name.trim().toLowerCase().replace(/\s+/g, ' ')];
}

function optionsOf(text: string | undefined): ReadonlyMap<string | undefined, string> {
  const pairs = (text ?? '').split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [meaningOf(decoded(name)), decoded(value.join('='))] as const;
  });
  return new Map(pairs);
}

function readUri(text: string): Parts | undefined {
  const plain = PLAIN.exec(text);
  const isPlain = plain !== null && (plain[5] ?? '').split('&').every((each) => /^(\w+=|$)/.test(each));
  const [, account, host, port, database, rest] = (isPlain ? plain : ODD.exec(text)) ?? [];
  if (host === undefined) return undefined;
  const options = optionsOf(rest);
  const [user = '', ...password] = (account ?? '').split(':');
  const literalPassword = password.join(':');
  return {
    host: decoded(host.replace(/^\[|\]$/g, '')),
    port,
    socketPath: options.get('socketPath'),
    user: decoded(user),
    password: decoded(literalPassword),
    literalPassword,
    database: decoded(database),
    ssl: options.get('ssl'),
  };
}

function readPairs(text: string): Parts | undefined {
  const parts = new Map<keyof Parts, string>();
  for (const pair of text.split(';')) {
    const at = pair.indexOf('=');
    const meaning = meaningOf(pair.slice(0, at));
    if (at >= 0 && meaning) parts.set(meaning, pair.slice(at + 1));
  }
  if (parts.size === 0) return undefined;
  const of = (part: keyof Parts) => parts.get(part)?.trim();
  return {
    host: of('host'),
    port: of('port'),
    socketPath: of('socketPath'),
    user: of('user'),
    // A password may begin or end with a space.
    password: parts.get('password'),
    literalPassword: undefined,
    database: of('database'),
    ssl: of('ssl'),
  };
}

/** @returns undefined when it is none. */
function readSsl(text: string | undefined): { readonly ssl?: v.InferOutput<typeof Ssl> } | undefined {
  const json = parseJson(text ?? 'false');
  if (json === false) return {};
  if (json === true) return { ssl: {} };
  const parsed = v.safeParse(Ssl, json);
  return parsed.success ? { ssl: parsed.output } : undefined;
}

/**
 * Reads a connection string as oxmysql and ox_core do, in both forms: `mysql://user:password@host:port/database?…`
 * and `host=…;user=…;password=…;database=…`.
 *
 * Releases of oxmysql differ in whether a password in the first form is percent-decoded
 * (https://github.com/overextended/oxmysql/blob/0a8b15a9b52aac28c2ac464b6ba358e064b8e836/src/config.ts does not,
 * mysql2's own parser does), so one that can be has both readings.
 */
export function readConnectionString(text: string): ReadConnectionString {
  const trimmed = text.trim();
  if (trimmed === '') return { ok: false, problem: 'empty' };
  const parts = URI.test(trimmed) ? readUri(trimmed.replace(URI, '')) : readPairs(trimmed);
  if (!parts) return { ok: false, problem: 'unreadable' };
  const port = (parts.port ?? '') === '' ? DEFAULT_PORT : Number(parts.port);
  if (!Number.isInteger(port) || port < 1 || port > LARGEST_PORT) return { ok: false, problem: 'port' };
  const { user = '', password = '', database = '', literalPassword = password, socketPath = '' } = parts;
  if (user === '') return { ok: false, problem: 'user' };
  if (database === '') return { ok: false, problem: 'database' };
  const ssl = readSsl(parts.ssl);
  if (!ssl) return { ok: false, problem: 'ssl' };
  const config: ConnectionConfig = {
    host: parts.host || 'localhost',
    port,
    ...(socketPath === '' ? {} : { socketPath }),
    user,
    password: new Secret(password),
    ...(literalPassword === password ? {} : { literalPassword: new Secret(literalPassword) }),
    database,
    ...ssl,
  };
  return { ok: true, config };
}
