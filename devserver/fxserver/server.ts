import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { type Clock, eventLoopTurn, systemClock } from '../clock.ts';
import { AccessControl } from './access.ts';
import { BuildTasks } from './build-tasks.ts';
import { GameClient } from './client-script.ts';
import { type CommandSource, Commands } from './commands.ts';
import { Connecting, type ConnectResult } from './connecting.ts';
import { splitCommands, tokenize } from './console-line.ts';
import { Convars } from './convars.ts';
import { deferralCalls } from './deferral-calls.ts';
import { Disk } from './disk.ts';
import { earlySettings } from './early-pass.ts';
import { EventBus } from './events.ts';
import { HostFunctions, ReferenceRouter } from './function-references.ts';
import { HttpDoor } from './http-door.ts';
import { InvocationStack } from './invocation.ts';
import { type Durability, KeyValueStore } from './key-value-store.ts';
import { LuaScript } from './lua-script.ts';
import { type AnyFunction, hostShape, pack, unpack } from './message-pack.ts';
import type { NuiFocus } from './nui.ts';
import { type NuiPage, serveNuiPage } from './nui-page.ts';
import { type Player, type PlayerActions, type PlayerProfile, Players } from './players.ts';
import { Resources } from './resources.ts';
import { registerServerCommands } from './server-commands.ts';
import type { ServerParts, SwallowedException } from './server-parts.ts';
import { createServerScript } from './server-script.ts';
import { TickLoop } from './tick-loop.ts';

/** A line on the server's console. */
export interface OutputLine {
  /** The resource that printed it, or the part of the server. */
  readonly resource: string;
  /** As printed: colour codes stay in. */
  readonly text: string;
}

/** How to start the stand-in. */
export interface FxServerOptions {
  /** The `server.cfg`; `exec` is relative to {@link folder}, not to its own. */
  readonly config: string;
  /** The server's data folder, in which it is started. The config's folder by default. */
  readonly folder?: string;
  /** Resource name to folder; or folders in which every resource is looked for. */
  readonly resources: Readonly<Record<string, string>> | readonly string[];
  /** The folder in which the key-value stores live. */
  readonly data: string;
  /** What everything on the server goes by. The system's by default. */
  readonly clock?: Clock;
  /** The HTTP port on 127.0.0.1; 0 (the default) lets the system choose. */
  readonly port?: number;
  /** The server's build number; the default is new enough for everything. */
  readonly build?: number;
  /** When a synced write to a key-value store counts as safe. */
  readonly durability?: Durability;
  /** The disk that the stores are on; one with nothing wrong by default. */
  readonly disk?: Disk;
  readonly onOutput?: (line: OutputLine) => void;
}

/** A player who connects. */
export interface ConnectOptions extends PlayerProfile {
  /** Whether the resources' client scripts run for this player. */
  readonly client?: boolean;
}

/** A recent build of FXServer. */
const DEFAULT_BUILD = 17_000;

/** Convars that a usual `server.cfg` sets by their bare name. */
const builtInConvars = [
  'gamename',
  'onesync',
  'rcon_password',
  'steam_webApiKey',
  'sv_authMaxVariance',
  'sv_enforceGameBuild',
  'sv_hostname',
  'sv_licenseKey',
  'sv_maxClients',
  'sv_projectDesc',
  'sv_projectName',
  'sv_scriptHookAllowed',
  'tags',
];

/** Whom FXServer takes for a proxy when its owner says nothing: whoever is on the same network. */
const DEFAULT_PROXIES = '10.0.0.0/8 127.0.0.0/8 192.168.0.0/16 172.16.0.0/12';

/**
 * A stand-in for FXServer: runs resources as the real server does, for tests, the demo and the benches.
 * What it does and does not do follows the platform's source; where the two differ it is the stricter.
 */
export class FxServer {
  readonly #options: FxServerOptions;
  readonly #clock: Clock;
  readonly #output: OutputLine[] = [];
  readonly #swallowed: SwallowedException[] = [];
  readonly #stores = new Map<string, KeyValueStore>();
  readonly #parts: ServerParts;
  readonly #resources: Resources;
  readonly #actions: PlayerActions;
  readonly #http: HttpDoor;
  /** The games of those players whose client scripts run. */
  readonly #games = new Map<Player, GameClient>();
  /** The pages that are served, of those players. */
  readonly #pages = new Map<NuiPage, Player>();
  /** The disk that the key-value stores are on. */
  readonly disk: Disk;
  #port = 0;
  /** Whether the server's configuration has been run to its end. */
  #isConfigured = false;
  #running = true;

  /** Starts a server: reads its resources' manifests, opens the port, runs the config. */
  static async start(options: FxServerOptions): Promise<FxServer> {
    const server = new FxServer(options);
    await server.#boot();
    return server;
  }

  private constructor(options: FxServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.disk = options.disk ?? new Disk();
    const access = new AccessControl();
    const references = new ReferenceRouter();
    const server = this;
    this.#parts = {
      clock: this.#clock,
      ticks: new TickLoop(this.#clock),
      events: new EventBus(),
      references,
      hostFunctions: new HostFunctions(references),
      invocations: new InvocationStack(),
      access,
      convars: new Convars(),
      commands: new Commands(access),
      players: new Players(),
      get resources(): Resources {
        return server.#resources;
      },
      buildTasks: new BuildTasks((text) => this.#print('resources', text)),
      httpHandlers: new Map(),
      swallowed: this.#swallowed,
      store: (resource) => this.#store(resource),
      print: (resource, text) => this.#print(resource, text),
      drop: (player, reason, byResource) => this.#drop(player, reason, byResource),
      sendToClient: (target, event, payload) => this.#sendToClient(target, event, payload),
      runCommand: (line, source) => void this.#runLine(line, source),
    };
    this.#resources = new Resources(
      this.#parts,
      {
        js: (resource, folder) => createServerScript(this.#parts, resource, folder),
        lua: (resource) => LuaScript.create(this.#parts, resource),
      },
      options.build ?? DEFAULT_BUILD,
    );
    this.#resources.onChange = (name, state) => {
      for (const game of this.#games.values()) {
        if (state === 'started') game.start(name);
        else game.stop(name);
      }
    };
    this.#http = new HttpDoor(this.#parts);
    this.#actions = {
      chatInput: (player, text) => this.#chatInput(player, text),
      trigger: (player, event, args) => this.#fromClient(player, event, args),
      drop: (player, reason) => this.#drop(player, reason, ''),
    };
  }

  /** The HTTP port on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** Everything that was printed on the console, oldest first. */
  get output(): readonly OutputLine[] {
    return this.#output;
  }

  /** Exceptions in resources' code that a real server would have swallowed or merely printed, oldest first. */
  get swallowed(): readonly SwallowedException[] {
    return this.#swallowed;
  }

  /** Those who have joined, by number. */
  get players(): ReadonlyMap<number, Player> {
    return this.#parts.players.joined;
  }

  /** Runs console input as typed: one command, or several on lines or between semicolons. */
  async console(text: string): Promise<void> {
    for (const line of splitCommands(text)) await this.#runLine(line, this.#consoleSource());
  }

  /** Connects a player and waits until they are in, or have been refused. */
  connect(options: ConnectOptions): Promise<ConnectResult> {
    return this.startConnecting(options).result;
  }

  /** Lets a player start to connect, to be looked at on the loading screen. */
  startConnecting(options: ConnectOptions): Connecting {
    const { players, ticks, hostFunctions, events } = this.#parts;
    const player = players.startConnecting(options, this.#actions);
    const connecting = new Connecting(player, () => players.stopConnecting(player));
    const admit = (): void => {
      connecting.admit();
      ticks.nextTick(() => {
        if (connecting.state !== 'joining') return;
        const oldId = players.join(player);
        const payload = pack([String(oldId)], hostFunctions);
        events.trigger('playerJoining', payload, `internal-net:${player.id}`);
        if (options.client === true) this.#startGame(player);
        connecting.joined();
      });
    };

    let reason = 'Resource prevented connection.';
    let handling = true;
    const setKickReason: AnyFunction = (...texts) => {
      if (texts.length !== 1) return;
      // An error in the script that calls, which keeps the reason of before (InitConnectMethod.cpp).
      if (typeof texts[0] !== 'string') throw new TypeError('std::bad_cast');
      reason = texts[0];
    };
    const deferrals = deferralCalls(
      { ticks, invocations: this.#parts.invocations, admit },
      connecting,
      () => handling,
    );
    const payload = pack([player.name, setKickReason, deferrals], hostFunctions);
    const allowed = events.trigger('playerConnecting', payload, `internal-net:${player.id}`);
    handling = false;
    if (!allowed) connecting.refuse(reason);
    else if (connecting.deferrals.size === 0) admit();
    return connecting;
  }

  /**
   * Takes an HTTP request that came over no socket of this server: for the benches, which measure what a request
   * costs the server and its resources, and not what Node's sockets cost.
   */
  receive(request: IncomingMessage, response: ServerResponse): void {
    this.#http.handle(request, response);
  }

  /** Triggers a server-local event that comes from no resource. */
  emit(event: string, ...args: unknown[]): void {
    this.#parts.events.trigger(event, pack(args, this.#parts.hostFunctions));
  }

  /** Triggers a server-local event as a resource, which need not exist. */
  emitFrom(resource: string, event: string, ...args: unknown[]): void {
    this.#parts.invocations.run({ resourceName: resource }, () => this.emit(event, ...args));
  }

  /**
   * Calls an export as a resource, which need not exist. Resolves with the copy that the caller gets.
   *
   * @throws the message alone when the export rejects; an Error when it throws or does not exist.
   */
  async callExport(caller: string, resource: string, name: string, ...args: unknown[]): Promise<unknown> {
    const { hostFunctions, invocations } = this.#parts;
    return await invocations.run({ resourceName: caller }, () => {
      let exported: AnyFunction | undefined;
      this.emit(`__cfx_export_${resource}_${name}`, (fn: unknown) => {
        exported = fn as AnyFunction;
      });
      if (exported === undefined) throw new Error(`No such export ${name} in resource ${resource}`);
      return hostFunctions.callAndWait(exported, args);
    });
  }

  /**
   * Serves a resource's page as a player's browser shows it, on loopback: until they leave, or the server stops.
   *
   * @throws when no client scripts run for that player.
   */
  async servePage(player: Player, resource: string): Promise<NuiPage> {
    const game = this.#gameOf(player);
    const page = await serveNuiPage({
      resource,
      nui: game.nui,
      files: () => this.#resources.pageFiles(resource),
      nextTick: (run) => this.#parts.ticks.nextTick(run),
    });
    this.#pages.set(page, player);
    return page;
  }

  /** Which of keyboard and mouse a resource's page has in a player's game. */
  focusOf(player: Player, resource: string): NuiFocus {
    return this.#gameOf(player).nui.focusOf(resource);
  }

  #gameOf(player: Player): GameClient {
    const game = this.#games.get(player);
    if (game === undefined) throw new Error(`${player.name} has no client scripts`);
    return game;
  }

  /** How a resource's scripts are doing. */
  runtime(resource: string): { readonly ticksEntered: number } {
    const scripts = this.#resources.scripts(resource);
    return { ticksEntered: scripts.reduce((sum, script) => sum + script.ticksEntered, 0) };
  }

  /** The state that `GetResourceState` gives. */
  resourceState(resource: string): string {
    return this.#resources.state(resource);
  }

  /** Stops the server properly: every resource, the stores, the port. */
  async stop(): Promise<void> {
    if (!this.#running) return;
    for (const name of [...this.#resources.names()].reverse()) this.#resources.stop(name);
    await eventLoopTurn();
    for (const store of this.#stores.values()) store.close();
    await this.#end();
  }

  /**
   * The power fails: unsynced writes are lost, and no code of a resource runs any more.
   *
   * @param options.unsynced how many of the unsynced writes made it to the disk, of all resources, the
   *   oldest first: a real disk keeps any prefix of them. None by default.
   */
  crash({ unsynced = 0 }: { readonly unsynced?: number } = {}): void {
    if (!this.#running) return;
    const writes = [...this.#stores.values()].flatMap((store) =>
      store.unsynced.map((write) => ({ store, write })),
    );
    writes.sort((one, other) => one.write.place - other.write.place);
    for (const { store, write } of writes.slice(0, unsynced)) store.rescue(write);
    for (const store of this.#stores.values()) store.abandon();
    for (const name of this.#resources.names()) this.#resources.kill(name);
    void this.#end();
  }

  #end(): Promise<void> {
    this.#running = false;
    for (const game of this.#games.values()) game.end();
    this.#parts.ticks.stop();
    return Promise.all([this.#http.close(), ...this.#closePages(() => true)]).then(() => undefined);
  }

  #closePages(isTheirs: (player: Player) => boolean): Promise<void>[] {
    const pages = [...this.#pages].filter(([, player]) => isTheirs(player));
    return pages.map(([page]) => {
      this.#pages.delete(page);
      return page.close();
    });
  }

  #startGame(player: Player): void {
    const game = new GameClient(this.#parts, this.#resources, player, (event, args) =>
      this.#fromClient(player, event, args),
    );
    this.#games.set(player, game);
    for (const name of this.#resources.names()) {
      if (this.#resources.state(name) === 'started') game.start(name);
    }
  }

  async #boot(): Promise<void> {
    const { resources, config } = this.#options;
    if (Array.isArray(resources)) for (const root of resources) this.#resources.addRoot(root);
    else for (const [name, folder] of Object.entries(resources)) this.#resources.add(name, folder);
    await this.#resources.refresh();
    for (const name of builtInConvars) this.#parts.convars.set(name, '');
    this.#parts.convars.set('sv_proxyIPRanges', DEFAULT_PROXIES);
    this.#parts.convars.set('serverConfig', config);
    this.#parts.convars.set(
      'version',
      `FXServer-master SERVER v1.0.0.${this.#options.build ?? DEFAULT_BUILD}`,
    );
    const folder = this.#options.folder ?? dirname(resolve(config));
    const configPath = this.#options.folder === undefined ? resolve(config) : resolve(folder, config);
    const readConfig = (path: string) => this.#readConfig(folder, path);
    const server = this;
    registerServerCommands({
      server: this.#parts,
      resources: this.#resources,
      get isConfigured() {
        return server.#isConfigured;
      },
      readConfig,
      run: (line) => this.#runLine(line, this.#consoleSource()),
    });
    this.#port = await this.#http.open(this.#options.port ?? 0);
    const isKnown = (name: string) => this.#parts.convars.has(name);
    for (const { name, value } of earlySettings(configPath, readConfig, isKnown)) {
      this.#parts.convars.set(name, value);
    }
    await this.console(`exec "${configPath}"`);
    this.#isConfigured = true;
  }

  /**
   * A config file's text. Its path is relative to the server's data folder, or `@resource/path`; undefined
   * when there is none.
   */
  #readConfig(dataFolder: string, path: string): string | undefined {
    const [, resource, rest = path] = /^@([^/]+)\/(.+)$/.exec(path) ?? [];
    const folder = resource === undefined ? dataFolder : this.#resources.path(resource);
    if (folder === undefined) return undefined;
    try {
      return readFileSync(resolve(folder, rest), 'utf8');
    } catch {
      return undefined;
    }
  }

  #consoleSource(): CommandSource {
    return { id: 0, principals: ['system.console'], print: (text) => this.#print('cmd', text) };
  }

  async #runLine(line: string, source: CommandSource): Promise<void> {
    if (!this.#running) return;
    const { outcome, finished } = this.#parts.commands.start(line, source);
    await finished;
    if (outcome === 'unknown') this.#unknownCommand(line, source);
  }

  /** A convar's bare name shows it, and with a value sets it. */
  #unknownCommand(line: string, source: CommandSource): void {
    const [name = '', ...values] = tokenize(line);
    const [value] = values;
    const { convars } = this.#parts;
    if (!source.principals.includes('system.console') || !convars.has(name)) {
      source.print(`No such command ${name}.`);
    } else if (value === undefined) source.print(` "${name}" is "${convars.get(name)}"`);
    else if (values.length === 1) convars.set(name, value);
    else source.print(`Argument count mismatch (passed ${values.length}, wanted 1)`);
  }

  #store(resource: string): KeyValueStore {
    const known = this.#stores.get(resource);
    if (known !== undefined) return known;
    const path = join(this.#options.data, `${encodeURIComponent(resource)}.kvp`);
    const { durability } = this.#options;
    const store = new KeyValueStore(path, { durability, disk: this.disk, resource });
    this.#stores.set(resource, store);
    return store;
  }

  #print(resource: string, text: string): void {
    if (!this.#running) return;
    for (const line of text.split('\n')) {
      this.#output.push({ resource, text: line });
      this.#options.onOutput?.({ resource, text: line });
    }
  }

  #drop(player: Player, reason: string, byResource: string): void {
    if (!player.connected || player.dropReason !== null || !this.#running) return;
    const { players, events, hostFunctions } = this.#parts;
    // The reason keeps a handler from dropping the player again; natives find them until the handlers have run.
    player.dropReason = reason;
    events.trigger(
      'playerDropped',
      pack([reason, byResource, 0], hostFunctions),
      `internal-net:${player.id}`,
    );
    players.remove(player);
    this.#games.get(player)?.end();
    this.#games.delete(player);
    void Promise.all(this.#closePages((owner) => owner === player));
  }

  #sendToClient(target: number, event: string, payload: Uint8Array): void {
    const { players, hostFunctions } = this.#parts;
    const receivers = target === -1 ? [...players.joined.values()] : [players.joined.get(target)];
    for (const player of receivers) {
      if (player === undefined) continue;
      const args = unpack(payload, hostFunctions, hostShape) as unknown[];
      player.receive(event, args);
      const game = this.#games.get(player);
      // The client's own scripts hear of it later than the line that sent it.
      if (game !== undefined) this.#parts.ticks.nextTick(() => game.receive(event, args));
    }
  }

  #fromClient(player: Player, event: string, args: unknown[]): void {
    if (!player.connected) return;
    const { events, hostFunctions } = this.#parts;
    events.trigger(event, pack(args, hostFunctions), `net:${player.id}`);
  }

  async #chatInput(player: Player, text: string): Promise<void> {
    if (!player.connected) return;
    if (!text.startsWith('/')) {
      this.#say(player, text);
      return;
    }
    const line = text.slice(1);
    if (this.#games.get(player)?.runCommand(line)) return;
    const { outcome, finished } = this.#parts.commands.start(line, {
      id: player.id,
      principals: player.principals,
      print: (denial) => player.receive('__cfx_internal:serverPrint', [denial]),
    });
    await finished;
    // The chat resource shows a command that nobody knows as if it had been said.
    if (outcome === 'unknown') this.#say(player, text);
    await eventLoopTurn();
  }

  #say(player: Player, text: string): void {
    const payload = pack([{ args: [player.name, text] }], this.#parts.hostFunctions);
    this.#sendToClient(-1, 'chat:addMessage', payload);
  }
}
