import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import { systemClock, until } from '../../devserver/clock.ts';
import { Discord } from '../../devserver/discord/discord.ts';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { FxServer } from '../../devserver/fxserver/server.ts';
import { TxAdmin } from '../../devserver/fxserver/txadmin.ts';
import type { CommunitySettings } from '../../devserver/sonoran/community.ts';
import { Sonoran } from '../../devserver/sonoran/server.ts';
import type { Mariadb } from '../mysql/mariadb.ts';
import { CAD_KEY, CMS_KEY, CMSBAN, MODERATOR } from '../resource/world.ts';
import { noteTexts } from '../shown/shown.ts';
import { buildWithLease } from './lease-build.ts';

const root = join(import.meta.dirname, '..', '..');

/** One game server of the community. */
export class Server {
  readonly name: string;
  readonly folder: string;
  readonly #boot: (convars?: Readonly<Record<string, string>>) => Promise<FxServer>;
  fx: FxServer;
  readonly #earlier: FxServer[] = [];
  #calls = 0;

  constructor(
    name: string,
    folder: string,
    fx: FxServer,
    boot: (convars?: Readonly<Record<string, string>>) => Promise<FxServer>,
  ) {
    this.name = name;
    this.folder = folder;
    this.fx = fx;
    this.#boot = boot;
  }

  get txAdmin(): TxAdmin {
    return new TxAdmin(this.fx);
  }

  get output() {
    return [...this.#earlier, this.fx].flatMap(({ output }) => output);
  }

  printedBy(resource: string): string[] {
    return this.fx.output.filter((line) => line.resource === resource).map(({ text }) => text);
  }

  get log(): string[] {
    return this.printedBy('cmsban');
  }

  async logged(words: string, limitMs = 15_000): Promise<string> {
    return until(() => this.log.find((text) => text.includes(words)), `"${words}" on ${this.name}`, limitMs);
  }

  async join(name: string, identifiers: readonly string[]) {
    const joined = await this.fx.connect({ name, identifiers });
    if (!joined.admitted) throw new Error(`${name} was refused: ${joined.message}`);
    return joined.player;
  }

  /** Whether somebody would be let in. */
  async isLetIn(name: string, identifiers: readonly string[]): Promise<boolean> {
    const joined = await this.fx.connect({ name, identifiers });
    return joined.admitted;
  }

  async call<T = Record<string, unknown>>(name: string, ...args: readonly unknown[]): Promise<T> {
    const number = ++this.#calls;
    this.fx.emit('caller:call', number, name, JSON.stringify(args));
    const prefix = `answer ${number} `;
    const line = await until(
      () => this.printedBy('caller').find((text) => text.startsWith(prefix)),
      `the answer to ${name} on ${this.name}`,
      20_000,
    );
    return JSON.parse(line.slice(prefix.length)) as T;
  }

  get events(): Array<{ name: string; outcome: Record<string, unknown> }> {
    return this.printedBy('caller').flatMap((text) => {
      const found = /^event (\w+) (.*)$/s.exec(text);
      return found ? [{ name: found[1] ?? '', outcome: JSON.parse(found[2] ?? '{}') }] : [];
    });
  }

  /** A console command. */
  console(line: string): Promise<void> {
    return this.fx.console(line);
  }

  crash(): void {
    this.fx.crash();
  }

  async stop(): Promise<void> {
    await this.fx.stop();
  }

  /** @param convars that are others from now on. */
  async start(convars?: Readonly<Record<string, string>>): Promise<void> {
    this.#earlier.push(this.fx);
    this.fx = await this.#boot(convars);
  }

  /** What cmsban has stored on this server, which is stopped. */
  stored(): ReadonlyMap<string, string> {
    const store = new KeyValueStore(join(this.folder, 'data', 'cmsban.kvp'));
    const records = store.find('').map((name) => [name, String(store.get(name)?.value)] as const);
    store.close();
    return new Map(records);
  }

  /** What a crash would leave of that now, as it lies on disk. */
  onDisk(): string {
    return readFileSync(join(this.folder, 'data', 'cmsban.kvp'), 'utf8');
  }

  get faults(): unknown[] {
    return [
      ...this.fx.swallowed.filter(({ resource }) => resource === 'cmsban').map(({ error }) => error),
      ...this.log.filter((line) => /SCRIPT ERROR|[Uu]nhandled|internal error/.test(line)),
    ];
  }
}

/** Game servers of one community on one database, and one Sonoran; in real time, as the database is. */
export interface Servers {
  readonly sonoran: Sonoran;
  readonly servers: readonly Server[];
  /** The name of their database. */
  readonly schema: string;
  readonly discord: Discord | undefined;
  /** All rows of one of our tables. */
  rows(table: string): Promise<readonly Record<string, unknown>[]>;
  /** The one that works for the community, once there is one. */
  working(among?: readonly Server[]): Promise<Server>;
}

export interface ServersOptions {
  readonly database: Mariadb;
  readonly count: number;
  /** True: there is a Discord as well, and all servers have a webhook of it. */
  readonly discord?: boolean;
  /** More resources, by name; they are started before cmsban. */
  readonly resources?: Readonly<Record<string, string>>;
  readonly convars?: Readonly<Record<string, string>>;
  /** More convars of single servers, the first one's first. */
  readonly own?: readonly Readonly<Record<string, string>>[];
  /** Folder of the cmsban to run, when it is not the built one. */
  readonly cmsban?: string;
  /** How long the lease is, in milliseconds, instead of the usual. */
  readonly leaseMs?: number;
  /** The port by which the servers, or single ones, reach the database: that of a line that can be disturbed. */
  readonly port?: number | ((number: number) => number);
  /** What is so in Sonoran before the servers start. */
  readonly before?: (sonoran: Sonoran) => void;
  /** What earlier runs have left in the servers' own stores, by number. */
  readonly records?: (number: number, sonoran: Sonoran) => Readonly<Record<string, string>>;
  readonly cms?: Partial<CommunitySettings>;
  readonly cad?: Partial<CommunitySettings>;
}

let databases = 0;

const builds = new Map<number, Promise<string>>();
afterAll(async () => {
  for (const built of builds.values()) await rm(await built, { recursive: true, force: true });
});

/** The resource with another length of the lease, laid out once for a test file. */
function buildOnce(leaseMs: number): Promise<string> {
  const built = builds.get(leaseMs) ?? buildWithLease(leaseMs);
  builds.set(leaseMs, built);
  return built;
}

function seed(path: string, records: Readonly<Record<string, string>>): void {
  const store = new KeyValueStore(path);
  for (const [key, value] of Object.entries(records)) store.setUnsynced(key, { type: 'string', value });
  store.close();
}

/** Starts them, each in a folder of its own, on a database of their own; they end with the test. */
export async function startServers({
  database,
  count,
  convars = {},
  own = [],
  cmsban: ownFolderOf,
  leaseMs,
  port: ownPort,
  discord: hasDiscord = false,
  resources = {},
  before,
  records,
  cms,
  cad,
}: ServersOptions): Promise<Servers> {
  const name = `game${++databases}`;
  await database.admin(`CREATE DATABASE ${name}`);
  const sonoran = await Sonoran.start({
    clock: systemClock,
    cms: { communityId: 'cms-community', apiKey: CMS_KEY, limits: 'off', ...cms },
    cad: { communityId: 'cad-community', apiKey: CAD_KEY, limits: 'off', ...cad },
  });
  before?.(sonoran);
  const discord = hasDiscord ? await Discord.start(systemClock) : undefined;
  const { host, user, password } = database.config;
  const cmsban = ownFolderOf ?? (leaseMs === undefined ? CMSBAN : await buildOnce(leaseMs));
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-cluster-'));
  const servers: Server[] = [];
  onTestFinished(async () => {
    for (const server of servers) await server.stop();
    await sonoran.stop();
    await discord?.down();
    await rm(folder, { recursive: true, force: true });
    noteTexts(servers.flatMap(({ output }) => output.map(({ text }) => text)));
    for (const { output } of servers) {
      const leak = output.find(({ text }) => text.includes(password.reveal()));
      if (leak) throw new Error('the password was shown');
    }
  });
  for (let number = 1; number <= count; number++) {
    const ownFolder = join(folder, `server-${number}`);
    const port = typeof ownPort === 'function' ? ownPort(number) : (ownPort ?? database.config.port);
    let changed: Readonly<Record<string, string>> = {};
    const lines = () => [
      ...Object.entries({
        cmsban_cms_url: sonoran.cms.url,
        cmsban_cad_url: sonoran.cad.url,
        cmsban_cms_community_id: 'cms-community',
        cmsban_cms_api_key: CMS_KEY,
        cmsban_cad_community_id: 'cad-community',
        cmsban_cad_api_key: CAD_KEY,
        cmsban_mirror_minutes: '1440',
        cmsban_storage: 'mysql',
        cmsban_mysql_connection_string: `host=${host};port=${port};user=${user};password=${password.reveal()};database=${name}`,
        cmsban_server_name: `Server ${number}`,
        // Who calls the port from this machine stands for somebody on the internet.
        sv_proxyIPRanges: '192.0.2.0/24',
        ...(discord && { cmsban_discord_webhook: discord.webhook }),
        ...convars,
        ...own[number - 1],
        ...changed,
      }).map(([convar, value]) => `set ${convar} "${value}"`),
      'add_convar_permission cmsban read cmsban_cms_api_key',
      'add_convar_permission cmsban read cmsban_cad_api_key',
      'add_convar_permission cmsban read cmsban_mysql_connection_string',
      `add_principal identifier.${MODERATOR.identifiers[0]} group.admin`,
      'add_ace group.admin command allow',
      'ensure monitor',
      ...Object.keys(resources).map((resource) => `ensure ${resource}`),
      'ensure caller',
      'ensure cmsban',
    ];
    const config = join(folder, `server-${number}.cfg`);
    if (records) seed(join(ownFolder, 'data', 'cmsban.kvp'), records(number, sonoran));
    const boot = async (more: Readonly<Record<string, string>> = {}) => {
      changed = { ...changed, ...more };
      await writeFile(config, `${lines().join('\n')}\n`);
      return FxServer.start({
        config,
        folder: root,
        data: join(ownFolder, 'data'),
        resources: {
          cmsban,
          monitor: join(root, 'devserver', 'resources', 'monitor'),
          caller: join(root, 'tests', 'resource', 'resources', 'caller'),
          ...resources,
        },
      });
    };
    servers.push(new Server(`Server ${number}`, ownFolder, await boot(), boot));
  }
  return {
    sonoran,
    servers,
    schema: name,
    discord,
    rows: (table) => database.admin(`SELECT * FROM ${name}.${table}`),
    async working(among = servers) {
      return until(
        () =>
          among.find(({ log }) =>
            log
              .findLast((line) => /works for the community|not work for/.test(line))
              ?.includes('This server works'),
          ),
        'a server that works',
        30_000,
      );
    },
  };
}
