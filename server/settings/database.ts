import { type ConnectionConfig, readConnectionString } from '../storage/mysql/connection-string.ts';
import type { ReadConvar, SettingProblem } from './convars.ts';

/** The own connection string, and that of oxmysql and ox_core. */
export const CONNECTION_CONVARS = ['cmsban_mysql_connection_string', 'mysql_connection_string'] as const;

/** The connection string that counts, and the convar it is in. */
function found(read: ReadConvar): { readonly convar: string; readonly text: string } {
  const [own, shared] = CONNECTION_CONVARS;
  return read(own).trim() === '' && read(shared).trim() !== ''
    ? { convar: shared, text: read(shared).trim() }
    : { convar: own, text: read(own).trim() };
}

/**
 * Reads which database the servers of a community share.
 *
 * @param storage what is chosen to keep decisions.
 * @returns undefined where this server keeps everything for itself, or the database cannot be told, with what is wrong.
 * Nothing of the connection string is shown: it holds a password.
 */
export function readDatabase(
  read: ReadConvar,
  storage: 'kvp' | 'mysql',
): {
  readonly database: ConnectionConfig | undefined;
  readonly problem?: SettingProblem;
} {
  if (storage === 'kvp') return { database: undefined };
  const { convar, text } = found(read);
  const parsed = readConnectionString(text);
  if (parsed.ok) return { database: parsed.config };
  const key = `setting.connection.${parsed.problem}` as const;
  return { database: undefined, problem: { convar, message: { key, parameters: { example: SSL } } } };
}

/** For a server whose certificate nobody has signed. */
const SSL = 'ssl={"rejectUnauthorized":false}';

/** The database that is named, whether decisions are to be kept there or not; undefined when none can be told. */
export function namedDatabase(read: ReadConvar): ConnectionConfig | undefined {
  const parsed = readConnectionString(found(read).text);
  return parsed.ok ? parsed.config : undefined;
}

/** All that must not be shown of the connection strings: each whole, and the password in it. */
export function connectionSecrets(read: ReadConvar): readonly string[] {
  return CONNECTION_CONVARS.flatMap((convar) => {
    const text = read(convar).trim();
    if (text === '') return [];
    const parsed = readConnectionString(text);
    if (!parsed.ok) return [text];
    const { password, literalPassword } = parsed.config;
    return [text, password.reveal(), literalPassword?.reveal() ?? ''].filter(
      ({ length }) => length >= SHORTEST,
    );
  });
}

/** A shorter value may be a word of any sentence, in characters. */
const SHORTEST = 4;
