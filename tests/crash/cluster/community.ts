import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../../devserver/clock.ts';
import type { RecordedRequest } from '../../../devserver/sonoran/recorded-request.ts';
import { Sonoran } from '../../../devserver/sonoran/server.ts';
import type { Installed } from '../../mysql/installed.ts';
import { beginMariadb, DATABASE, type Mariadb } from '../../mysql/mariadb-process.ts';
import { startProxy, type TestProxy } from '../../mysql/proxy.ts';
import { credentials } from '../server-config.ts';
import { ClusterServer, nameOf } from './cluster-server.ts';
import { noteSenders, portsOf } from './senders.ts';

/** What a community is made of. */
export interface CommunityOptions {
  /** How many servers. */
  readonly servers: number;
  /** The bundle of `game-server.ts`. */
  readonly entry: string;
  /** The resources' folders, by name. */
  readonly resources: Readonly<Record<string, string>>;
  readonly installed: Installed;
  /** A folder of this campaign, for the databases. */
  readonly folder: string;
  readonly note: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** Servers that die and come back, each on its own store, their database, and a Sonoran that outlives it all. */
export interface Community {
  readonly sonoran: Sonoran;
  readonly database: Mariadb;
  readonly servers: readonly ClusterServer[];
  /** The line of a server to the database. */
  lineOf(server: ClusterServer): TestProxy;
  /** The server that made a request of Sonoran; undefined when none of them did. */
  senderOf(request: RecordedRequest): ClusterServer | undefined;
  /** Who has the lease, as the database knows it; undefined when nobody has, or the database is away. */
  holder(): Promise<ClusterServer | undefined>;
  close(): Promise<void>;
}

/** How long it may take until somebody works for the first time, in milliseconds. */
const BEGIN_LIMIT_MS = 20_000;

export async function openCommunity(options: CommunityOptions): Promise<Community> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-crash-cluster-'));
  const database = await beginMariadb(options.installed, options.folder);
  const sonoran = await Sonoran.start({ clock: systemClock, cms: { limits: 'off' }, cad: { limits: 'off' } });
  const lines = new Map<ClusterServer, TestProxy>();
  const unwatch = noteSenders([sonoran.cms, sonoran.cad].map(({ url }) => portOf(url)));

  async function addServer(place: number): Promise<ClusterServer> {
    const toDatabase = await startProxy(database.config.port);
    const config = join(folder, `server-${place}.cfg`);
    await writeFile(config, configOf(place, sonoran, database, toDatabase.port));
    const server = new ClusterServer({
      place,
      entry: options.entry,
      order: {
        config,
        data: join(folder, `server-${place}`),
        resources: options.resources,
        clock: { factor: 1, from: Date.now() },
        death: null,
        players: [],
        tellsOfConnections: true,
      },
      cutDatabase: toDatabase.cut,
      note: options.note,
      complain: options.complain,
    });
    lines.set(server, toDatabase);
    return server;
  }

  const servers: ClusterServer[] = [];
  for (let place = 0; place < options.servers; place++) servers.push(await addServer(place));

  const community: Community = {
    sonoran,
    database,
    servers,
    lineOf(server) {
      const found = lines.get(server);
      if (!found) throw new Error(`${server.name} is not of this community`);
      return found;
    },
    senderOf(request) {
      const ports = portsOf(request);
      const times = servers.map((server) => ({ server, at: server.connectedAt(ports, request.at) ?? 0 }));
      const latest = times.sort((one, other) => other.at - one.at)[0];
      return latest && latest.at > 0 ? latest.server : undefined;
    },
    async holder() {
      const rows = await database
        .admin(
          `SELECT holder_name FROM ${DATABASE}.cmsban_community
            WHERE holder IS NOT NULL AND expires_at > UNIX_TIMESTAMP(NOW(3)) * 1000`,
        )
        .catch(() => []);
      return servers.find(({ name }) => name === rows[0]?.['holder_name']);
    },
    async close() {
      await Promise.all(servers.map((server) => server.kill()));
      await Promise.all([...lines.values()].map((proxy) => proxy.close()));
      unwatch();
      await sonoran.stop();
      await database.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await Promise.all(servers.map((server) => server.start()));
  const limit = performance.now() + BEGIN_LIMIT_MS;
  while (!(await community.holder()) && performance.now() < limit) await pause(50);
  return community;
}

const portOf = (url: string) => Number(new URL(url).port);

function configOf(
  place: number,
  sonoran: Sonoran,
  { config: { user, password } }: Mariadb,
  port: number,
): string {
  const convars = {
    ...credentials(sonoran),
    cmsban_cad_version: '1',
    cmsban_cms_id_types: 'license',
    cmsban_cad_id_types: 'license',
    cmsban_storage: 'mysql',
    cmsban_mysql_connection_string: `host=127.0.0.1;port=${port};user=${user};password=${password.reveal()};database=${DATABASE}`,
    cmsban_server_name: nameOf(place),
    cmsban_log_level: 'debug',
    cmsban_request_timeout_ms: String(REQUEST_TIMEOUT_MS),
    cmsban_history_limit: '100000',
  };
  return [
    ...Object.entries(convars).map(([name, value]) => `set ${name} "${value}"`),
    'ensure monitor',
    'ensure caller',
    'ensure cmsban',
    '',
  ].join('\n');
}

/** After so long the servers take a call for lost, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 2_500;
