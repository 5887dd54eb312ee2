import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, onTestFinished } from 'vitest';
import { eventLoopTurn, until, VirtualClock } from '../../devserver/clock.ts';
import { Discord, WEBHOOK_TOKEN } from '../../devserver/discord/discord.ts';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { FxServer } from '../../devserver/fxserver/server.ts';
import { TxAdmin } from '../../devserver/fxserver/txadmin.ts';
import type { CommunitySettings } from '../../devserver/sonoran/community.ts';
import { Sonoran } from '../../devserver/sonoran/server.ts';
import { noteTexts } from '../shown/shown.ts';

const root = join(import.meta.dirname, '..', '..');

/** The built resource: the repository itself, as it is in the resources folder of whoever clones it. */
export const CMSBAN = root;

/** Keys that no one may ever read; every world checks that nobody did. */
export const CMS_KEY = 'cms-Key-5f0e+c3/==';
export const CAD_KEY = 'cad-Key-77b1.a9d~';

/** Who may do everything. */
export const MODERATOR = { name: 'Mia', identifiers: ['license:aaaa', 'discord:1000'] };

/** How a world differs from the plain one. */
export interface WorldOptions {
  /**
   * Convars beside those that every world has: what names the stand-in, and `cmsban_mirror_minutes` at a day, so
   * that the ban lists are read at the start and then left alone, and `sv_proxyIPRanges`, so that nobody is a
   * proxy. Undefined takes one of those away.
   */
  readonly convars?: Readonly<Record<string, string | undefined>>;
  /** More lines of server.cfg, before the resources start. */
  readonly config?: readonly string[];
  /** More lines of server.cfg, after the resources started. */
  readonly afterwards?: readonly string[];
  /** Folder of the cmsban to run, when it is not the built one; or what lays one out, in a folder that goes with the world. */
  readonly cmsban?: string | ((folder: string) => Promise<void>);
  /** More resources, by name; they are started before cmsban. */
  readonly resources?: Readonly<Record<string, string>>;
  /** More resources, by name, that are there and not started. */
  readonly available?: Readonly<Record<string, string>>;
  readonly cms?: Partial<CommunitySettings>;
  readonly cad?: Partial<CommunitySettings>;
  /** True: there is a Discord as well, and cmsban has a webhook of it. */
  readonly discord?: boolean;
  /** False leaves a product out. */
  readonly use?: { readonly cms?: boolean; readonly cad?: boolean };
  /** False: cmsban is not started yet, and nobody waits for its ban lists. */
  readonly start?: boolean;
  /** Where the wall clock begins, in Unix milliseconds. */
  readonly wall?: number;
  /** What an earlier run has left in the store of cmsban. */
  readonly records?: (sonoran: Sonoran) => Readonly<Record<string, string>>;
}

/** How long the ban lists may take to be read for the first time, in real milliseconds. */
const FIRST_READS_LIMIT_MS = 10_000;

/** What `isBanned` says of each product in use: null as long as its list is not known. */
interface BannedAnswer {
  readonly products: Readonly<Record<string, boolean | null>>;
}

/** A game server with the built bundle, and Sonoran, on one clock that stands still until it is told to go on. */
export class World {
  readonly clock: VirtualClock;
  readonly sonoran: Sonoran;
  readonly #discord: Discord | undefined;
  /** The game server that runs now. */
  fx: FxServer;
  txAdmin: TxAdmin;
  /** Whoever has been on the server. */
  readonly everybody: FxPlayer[] = [];
  /** Where its files are: `data` holds the stores. */
  readonly folder: string;
  readonly #boot: () => Promise<FxServer>;
  readonly #earlier: FxServer[] = [];
  #calls = 0;

  constructor(
    clock: VirtualClock,
    sonoran: Sonoran,
    fx: FxServer,
    folder: string,
    boot: () => Promise<FxServer>,
    discord?: Discord,
  ) {
    this.#discord = discord;
    this.folder = folder;
    this.#boot = boot;
    this.clock = clock;
    this.sonoran = sonoran;
    this.fx = fx;
    this.txAdmin = new TxAdmin(fx);
  }

  /** What was told in Discord, if this world has one. */
  get messages() {
    return this.#discord?.messages ?? [];
  }

  /** The Discord that {@link WorldOptions.discord} asks for. */
  get discord(): Discord {
    if (this.#discord === undefined) throw new Error('there is no Discord in this world');
    return this.#discord;
  }

  /** Starts the game server anew, on the same stores; after a crash, what was not synced is lost. */
  async restart(how: 'stop' | 'crash' = 'stop'): Promise<void> {
    if (how === 'crash') this.fx.crash();
    else await this.fx.stop();
    this.#earlier.push(this.fx);
    this.fx = await this.#boot();
    this.txAdmin = new TxAdmin(this.fx);
  }

  /** Everything that was ever printed, before restarts too. */
  get output() {
    return [...this.#earlier, this.fx].flatMap(({ output }) => output);
  }

  /** Lets somebody in. */
  async join(name: string, identifiers: readonly string[], options: { client?: boolean } = {}) {
    const joined = await this.fx.connect({ name, identifiers, ...options });
    if (!joined.admitted) throw new Error(`${name} was refused: ${joined.message}`);
    this.everybody.push(joined.player);
    return joined.player;
  }

  /** Lets {@link MODERATOR} in, who holds every ACE of the product. */
  moderator() {
    return this.join(MODERATOR.name, MODERATOR.identifiers);
  }

  /** What cmsban has printed, a line each. */
  get log(): string[] {
    return this.printedBy('cmsban');
  }

  /** Calls an export from another resource, and returns what arrived there. */
  async call<T = Record<string, unknown>>(name: string, ...args: readonly unknown[]): Promise<T> {
    return this.answerOf<T>(this.startCall(name, ...args));
  }

  /** Begins an export call from another resource; {@link answerOf} waits for what arrives there. */
  startCall(name: string, ...args: readonly unknown[]): number {
    const number = ++this.#calls;
    this.fx.emit('caller:call', number, name, JSON.stringify(args));
    return number;
  }

  /** The answer to a call; waits for it in real time. */
  async answerOf<T = Record<string, unknown>>(number: number): Promise<T> {
    const prefix = `answer ${number} `;
    const line = await until(
      () => this.printedBy('caller').find((text) => text.startsWith(prefix)),
      `the answer to call ${number}`,
    );
    return JSON.parse(line.slice(prefix.length)) as T;
  }

  /** The outcomes that another resource has heard of, in order. */
  get events(): Array<{ name: string; outcome: Record<string, unknown> }> {
    return this.printedBy('caller').flatMap((text) => {
      const found = /^event (\w+) (.*)$/s.exec(text);
      return found ? [{ name: found[1] ?? '', outcome: JSON.parse(found[2] ?? '{}') }] : [];
    });
  }

  /** Does something, and waits, in real time, for the next outcome that another resource hears of. */
  async outcomeOf(act: () => unknown): Promise<Record<string, unknown>> {
    const before = this.events.length;
    await act();
    return until(() => this.events[before]?.outcome, 'the outcome');
  }

  /** What went wrong inside cmsban itself: exceptions that nobody caught, rejections that nobody handled. */
  get faults(): unknown[] {
    return [
      ...this.fx.swallowed.filter(({ resource }) => resource === 'cmsban').map(({ error }) => error),
      ...this.log.filter((line) => /SCRIPT ERROR|[Uu]nhandled|internal error/.test(line)),
    ];
  }

  /** Waits, in real time, until cmsban has printed a line with these words. */
  async logged(words: string | RegExp): Promise<string> {
    return until(
      () => this.log.find((text) => (typeof words === 'string' ? text.includes(words) : words.test(text))),
      `"${words}" in the log`,
    );
  }

  /**
   * Waits, in real time, until every ban list has been read for the first time, or turned out to be unreadable:
   * a fault that is set afterwards hits what the test means, and nothing of the start is still to be printed.
   */
  async listsRead(): Promise<void> {
    const limit = performance.now() + FIRST_READS_LIMIT_MS;
    for (;;) {
      const answer = (await this.fx.callExport(
        'test',
        'cmsban',
        'isBanned',
        'license:nobody',
      )) as BannedAnswer;
      const awaited = Object.entries(answer.products).filter(
        ([product, banned]) => banned === null && !this.#isUnreadable(product),
      );
      if (awaited.length === 0) return;
      if (performance.now() > limit) {
        const products = awaited.map(([product]) => product).join(' and ');
        throw new Error(`waited in vain for the ban list of ${products}`);
      }
      await eventLoopTurn();
    }
  }

  /** Whether cmsban has said that it cannot read a product's list, or has no credentials for it yet. */
  #isUnreadable(product: string): boolean {
    const name = `Sonoran ${product.toUpperCase()}`;
    const reach = this.log.findLast((line) =>
      /Sonoran \w+ is (waiting|in use now)/.exec(line)?.[0].includes(name),
    );
    if (reach?.includes(`${name} is waiting`)) return true;
    const words = `The ban list of ${name} `;
    return this.log.some(
      (line) => line.includes(`${words}cannot be read`) || line.includes(`${words}could not be read`),
    );
  }

  /** Ends it, and fails when anybody was shown a key. */
  async close(): Promise<void> {
    open.delete(this);
    await this.fx.stop();
    await this.sonoran.stop();
    await this.#discord?.down();
    await rm(this.folder, { recursive: true, force: true });
    noteTexts([...textsShownIn(this), ...textsSentBy(this)]);
    assertNoKey(this);
    assertWhole(this);
  }

  printedBy(resource: string): string[] {
    return this.fx.output.filter((line) => line.resource === resource).map(({ text }) => text);
  }
}

const open = new Set<World>();

// In a world that tests share, none of them waits for the rate limits that another has used up.
beforeEach(async () => {
  for (const world of open) await world.clock.advance(61_000);
});

/** Starts a world; it ends with the test. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const world = await openWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/**
 * Starts a world that several tests share; whoever opens it closes it. When it is there, the ban lists have
 * been read, see {@link World.listsRead}.
 */
export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-test-'));
  const clock = new VirtualClock(options.wall);
  const sonoran = await Sonoran.start({
    clock,
    cms: { communityId: 'cms-community', apiKey: CMS_KEY, limits: 'off', ...options.cms },
    cad: { communityId: 'cad-community', apiKey: CAD_KEY, limits: 'off', ...options.cad },
  });
  const discord = options.discord ? await Discord.start(clock) : undefined;
  const convars: Record<string, string | undefined> = {
    ...(discord && { cmsban_discord_webhook: discord.webhook }),
    cmsban_cms_url: sonoran.cms.url,
    cmsban_cad_url: sonoran.cad.url,
    cmsban_mirror_minutes: '1440',
    // Who calls the port from this machine stands for somebody on the internet; FXServer would take them for a proxy.
    sv_proxyIPRanges: '192.0.2.0/24',
    ...(options.use?.cms === false
      ? {}
      : { cmsban_cms_community_id: 'cms-community', cmsban_cms_api_key: CMS_KEY }),
    ...(options.use?.cad === false
      ? {}
      : { cmsban_cad_community_id: 'cad-community', cmsban_cad_api_key: CAD_KEY }),
    ...options.convars,
  };
  const lines = [
    ...Object.entries(convars).flatMap(([name, value]) =>
      value === undefined ? [] : [`set ${name} "${value}"`],
    ),
    'add_convar_permission cmsban read cmsban_cms_api_key',
    'add_convar_permission cmsban read cmsban_cad_api_key',
    'add_convar_permission cmsban read cmsban_discord_webhook',
    `add_principal identifier.${MODERATOR.identifiers[0]} group.admin`,
    'add_ace group.admin command allow',
    ...(options.config ?? []),
    'ensure monitor',
    ...Object.keys(options.resources ?? {}).map((name) => `ensure ${name}`),
    'ensure caller',
    ...(options.start === false ? [] : ['ensure cmsban']),
    ...(options.afterwards ?? []),
  ];
  const config = join(folder, 'server.cfg');
  await writeFile(config, `${lines.join('\n')}\n`);
  const data = join(folder, 'data');
  const cmsban = typeof options.cmsban === 'function' ? join(folder, 'cmsban') : (options.cmsban ?? CMSBAN);
  if (typeof options.cmsban === 'function') await options.cmsban(cmsban);
  if (options.records) seedStore(join(data, 'cmsban.kvp'), options.records(sonoran));
  const boot = () =>
    FxServer.start({
      config,
      clock,
      data,
      resources: {
        cmsban,
        monitor: join(root, 'devserver', 'resources', 'monitor'),
        caller: join(import.meta.dirname, 'resources', 'caller'),
        ...options.resources,
        ...options.available,
      },
    });
  const fx = await boot();
  const world = new World(clock, sonoran, fx, folder, boot, discord);
  open.add(world);
  if (fx.resourceState('cmsban') === 'started') await world.listsRead();
  return world;
}

/** Leaves a store as an earlier run has left it. */
function seedStore(path: string, records: Readonly<Record<string, string>>): void {
  const store = new KeyValueStore(path);
  for (const [key, value] of Object.entries(records)) store.setUnsynced(key, { type: 'string', value });
  store.close();
}

type FxPlayer = FxServer['players'] extends ReadonlyMap<number, infer P> ? P : never;

/** Nothing has reached for a library's part that the build leaves out. */
function assertWhole({ log }: World): void {
  const reached = log.find((line) => line.includes('is left out of this build'));
  if (reached !== undefined) throw new Error(reached);
}

/** What anybody could read in a world. */
function textsShownIn({ output, everybody }: World): readonly string[] {
  return [
    ...output.map(({ text }) => text),
    ...everybody.flatMap(({ chat, events, dropReason }) => [
      ...chat,
      ...events.map((event) => JSON.stringify(event)),
      dropReason ?? '',
    ]),
  ];
}

/** What people read in Discord and in Sonoran. */
function textsSentBy({ sonoran, messages }: World): readonly string[] {
  const bodies = [...sonoran.cms.requests, ...messages].map((each) => JSON.stringify(each));
  // As it stands there, without what keeps Discord from reading it as anything but text.
  return bodies.map((text) => text.replaceAll('\\\\', ''));
}

/** No key in any line, chat message, event or answer of the whole world. */
function assertNoKey(world: World): void {
  const shown = textsShownIn(world);
  for (const key of [CMS_KEY, CAD_KEY, WEBHOOK_TOKEN]) {
    const leak = shown.find((text) => text.includes(key));
    if (leak !== undefined) throw new Error(`a key was shown: ${leak.replaceAll(key, '<key>')}`);
  }
}
