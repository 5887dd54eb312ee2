import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FxServer } from '../devserver/fxserver/server.ts';
import { COMMUNITY } from '../server/cluster/open.ts';
import { writeActionRecord } from '../server/storage/action-record.ts';
import { joinCommunity } from '../server/storage/mysql/community.ts';
import { createDatabase, type Database } from '../server/storage/mysql/database.ts';
import { migrate } from '../server/storage/mysql/migrate.ts';
import { Secret } from '../server/text/secret.ts';
import { realClock } from '../tests/mysql/real-clock.ts';
import type { Mariadb } from './mariadb.ts';
import { temporaryBan } from './temporary-ban.ts';
import { watchTurns } from './turns.ts';

const CMSBAN = join(import.meta.dirname, '..');
/** So many rows go in one statement. */
const ROWS = 500;
/** The row of somebody else who works for the community, for as long as this takes. */
const HOLDER = 'somebody else';
/** Where nobody answers: this server asks nothing of Sonoran, for it does not work for the community. */
const URL = 'http://127.0.0.1:9';
const ID = 'bench';
const HOUR_MS = 3_600_000;
/** How often it is asked whether all is known, in milliseconds. */
const EVERY_MS = 20;
const MOST_MS = 60_000;

/** What it costs a server to hear of many records; the main thread's turns, in milliseconds. */
export interface FollowFigures {
  /** From the start-up line until it knows all that the database holds. */
  readonly joined: readonly number[];
  /** As many more, which were written while it followed. */
  readonly heard: readonly number[];
}

/** A server follows a community with so many bans in force, and then hears of as many more. */
export async function measureFollow(mariadb: Mariadb, records: number): Promise<FollowFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-follow-'));
  const { socketPath, user, password } = mariadb;
  const name = mariadb.newDatabase();
  const database = createDatabase({
    config: { host: '127.0.0.1', port: 0, socketPath, user, password: new Secret(password), database: name },
    clock: realClock,
  });
  let fx: FxServer | undefined;
  try {
    await found(database);
    await write(database, 1, records);
    const config = join(folder, 'server.cfg');
    const settings = {
      cmsban_cms_url: URL,
      cmsban_cms_community_id: ID,
      cmsban_cms_api_key: 'the-key',
      cmsban_storage: 'mysql',
      cmsban_mysql_connection_string: `socketPath=${socketPath};user=${user};password=${password};database=${name}`,
      cmsban_version_check: 'false',
    };
    const lines = Object.entries(settings).map(([convar, value]) => `set ${convar} "${value}"`);
    await writeFile(config, `${lines.join('\n')}\n`);
    fx = await FxServer.start({ config, data: join(folder, 'data'), resources: { cmsban: CMSBAN } });
    await fx.console('ensure cmsban');
    const joined = await turnsUntilKnown(fx, records);
    await write(database, records + 1, records);
    const heard = await turnsUntilKnown(fx, 2 * records);
    return { joined, heard };
  } finally {
    await fx?.stop();
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function turnsUntilKnown(fx: FxServer, number: number): Promise<readonly number[]> {
  const [license] = temporaryBan(number, 0, 0).person.identifiers;
  const end = performance.now() + MOST_MS;
  const turns = watchTurns();
  for (;;) {
    const answer = await fx.callExport('bench', 'cmsban', 'isBanned', license);
    if (typeof answer === 'object' && answer !== null && 'banned' in answer && answer.banned === true)
      return turns.stop();
    if (performance.now() > end) throw new Error('it does not follow');
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

/** Makes the tables, and a community for which somebody works who is not here. */
async function found(database: Database): Promise<void> {
  const made = await migrate({ database, clock: realClock, processId: 'bench' });
  const joined = await joinCommunity({ database, community: COMMUNITY, cmsId: `${URL} ${ID}`, cadId: '' });
  const held = await database.query(
    'UPDATE cmsban_community SET holder = ?, holder_name = ?, token = 1, expires_at = ? WHERE community = ?',
    [HOLDER, HOLDER, Date.now() + HOUR_MS, COMMUNITY],
  );
  if (!made.ok || !joined.ok || !held.ok) throw new Error('no community');
}

/** Writes bans as whoever works does: a group of them for each revision. */
async function write(database: Database, from: number, count: number): Promise<void> {
  const written = await database.transaction(async ({ query }) => {
    const now = Date.now();
    for (let first = from; first < from + count; first += ROWS) {
      const revision = Math.ceil(first / ROWS);
      const params: (string | number)[] = [];
      for (let number = first; number < first + ROWS; number++) {
        const ban = { ...temporaryBan(number, now - HOUR_MS, 0), expiresAt: null };
        params.push(COMMUNITY, `action:${ban.id}`, writeActionRecord(ban), revision, now);
      }
      const rows = Array.from({ length: ROWS }, () => '(?, ?, ?, ?, ?)').join(', ');
      await query(
        `INSERT INTO cmsban_record (community, name, value, revision, changed_at) VALUES ${rows}`,
        params,
      );
      await query('UPDATE cmsban_community SET revision = ? WHERE community = ?', [revision, COMMUNITY]);
    }
  });
  if (!written.ok) throw new Error(`${written.trouble} ${written.detail}`);
}
