import { describe, expect, it } from 'vitest';
import { connectionSecrets, namedDatabase, readDatabase } from '../../../server/settings/database.ts';
import { problemReport } from '../../../server/settings/start-report.ts';
import { checkedSay } from '../checked-say.ts';

const OWN = 'cmsban_mysql_connection_string';
const SHARED = 'mysql_connection_string';
const GOOD = 'mysql://fivem:hunter22@db.example:3307/game';

const from = (convars: Readonly<Record<string, string>>) => (name: string) => convars[name] ?? '';

/** What the owner reads of what is wrong. */
function said(convars: Readonly<Record<string, string>>): string {
  const { database, problem } = readDatabase(from(convars), 'mysql');
  expect(database).toBeUndefined();
  return problemReport(problem ? [problem] : [], checkedSay) ?? '';
}

describe('the database', () => {
  it('is the one in our own convar, else the one that oxmysql has', () => {
    const other = 'host=other.example;user=root;database=other';
    const hostOf = (convars: Readonly<Record<string, string>>) =>
      readDatabase(from(convars), 'mysql').database?.host;
    expect(hostOf({ [OWN]: GOOD })).toBe('db.example');
    expect(hostOf({ [SHARED]: other })).toBe('other.example');
    expect(hostOf({ [OWN]: GOOD, [SHARED]: other })).toBe('db.example');
  });

  it('is none where this server keeps everything for itself, and is known all the same', () => {
    expect(readDatabase(from({ [OWN]: GOOD }), 'kvp')).toEqual({ database: undefined });
    expect(readDatabase(from({}), 'kvp')).toEqual({ database: undefined });
    expect(namedDatabase(from({ [OWN]: GOOD }))?.host).toBe('db.example');
  });
});

describe('a connection string that cannot be used', () => {
  it.each([
    ['', 'there is no connection string'],
    ['secretword', 'cannot be read'],
    ['mysql://:secretword@db.example/game', 'names no user'],
    ['mysql://fivem:secretword@db.example', 'names no database'],
    ['mysql://fivem:secretword@db.example:70000/game', 'has a port that is no number'],
    [
      'mysql://fivem:secretword@db.example/game?ssl=Amazon',
      'It may be ssl=true, or ssl={"rejectUnauthorized":false}',
    ],
  ])('as %s is named with what to do, and not shown', (text, words) => {
    for (const convar of [OWN, SHARED]) {
      const report = said({ [convar]: text });
      expect(report).toContain(words);
      expect(report).toContain('this server keeps everything for itself');
      expect(report).toContain('restart');
      expect(report).not.toContain('secretword');
      expect(report).toContain(text === '' ? OWN : convar);
    }
  });
});

describe('what is secret of connection strings', () => {
  it.each([
    ['mysql://fivem:a%20secret@db.example/game', ['a secret', 'a%20secret']],
    ['host=db.example;user=fivem;password=hunter22;database=game', ['hunter22']],
    // Whoever sees a part of what cannot be read may see the password.
    ['fivem:hunter22@db.example', ['fivem:hunter22@db.example']],
  ])('is the whole, and the password in every form: %s', (text, secrets) => {
    for (const convar of [OWN, SHARED]) {
      expect(connectionSecrets(from({ [convar]: text }))).toEqual(expect.arrayContaining([text, ...secrets]));
    }
  });
});
