import { readFileSync } from 'node:fs';
import { tokenize } from './console-line.ts';
import { EventBus } from './events.ts';
import { JsScript } from './js-script.ts';
import { type AnyFunction, hostShape, pack, unpack } from './message-pack.ts';
import { bool, callback, integer, text } from './natives/arguments.ts';
import { Nui } from './nui.ts';
import type { Player } from './players.ts';
import type { Resources, ScriptFile } from './resources.ts';
import type { Script } from './script.ts';
import type { ServerParts } from './server-parts.ts';

/** A command that a client script registered. */
interface ClientCommand {
  readonly resource: string;
  readonly run: AnyFunction;
}

/**
 * A player's game, as far as scripts go: each resource's client scripts in a world of their own, which
 * hear the events from the server and one another's.
 */
export class GameClient {
  readonly #server: ServerParts;
  readonly #resources: Resources;
  readonly #player: Player;
  readonly #toServer: (event: string, args: unknown[]) => void;
  readonly #events = new EventBus();
  readonly #scripts = new Map<string, JsScript>();
  readonly #commands = new Map<string, ClientCommand>();
  /** The player's browser. */
  readonly nui = new Nui();

  /** @param toServer sends a net event as the player. */
  constructor(
    server: ServerParts,
    resources: Resources,
    player: Player,
    toServer: (event: string, args: unknown[]) => void,
  ) {
    this.#server = server;
    this.#resources = resources;
    this.#player = player;
    this.#toServer = toServer;
  }

  /** Runs a resource's client scripts. Lua ones are passed over. */
  start(resource: string): void {
    const files = this.#resources
      .scriptFiles(resource, 'client_script')
      .filter((file) => file.path.endsWith('.js'));
    if (files.length === 0) return;
    if (this.#server.resources.metadata(resource, 'ui_page').length > 0) this.nui.create(resource);
    const script = this.#create(resource);
    this.#scripts.set(resource, script);
    for (const file of files) this.#load(script, file);
    this.#trigger('onClientResourceStart', [resource]);
    this.#trigger('onResourceStart', [resource]);
  }

  /** Ends a resource's client scripts. */
  stop(resource: string): void {
    if (!this.#scripts.has(resource)) return;
    this.#trigger('onResourceStop', [resource]);
    this.#trigger('onClientResourceStop', [resource]);
    this.#scripts.get(resource)?.kill();
    this.#scripts.delete(resource);
    this.nui.destroy(resource);
    for (const [name, command] of this.#commands) {
      if (command.resource === resource) this.#commands.delete(name);
    }
  }

  /** The game closes. */
  end(): void {
    for (const resource of [...this.#scripts.keys()]) this.stop(resource);
  }

  /** An event arrives from the server. */
  receive(event: string, args: unknown[]): void {
    this.#events.trigger(event, pack(args, this.#server.hostFunctions), 'net:65535');
  }

  /** Runs a command of a client script. @returns false when there is none of that name. */
  runCommand(line: string): boolean {
    const [name = '', ...args] = tokenize(line);
    const command = this.#commands.get(name.toLowerCase());
    command?.run(this.#player.id, args, line);
    return command !== undefined;
  }

  #load(script: JsScript, file: ScriptFile): void {
    script.load(readFileSync(file.path, 'utf8'), file.name);
  }

  #trigger(event: string, args: unknown[]): void {
    this.#events.trigger(event, pack(args, this.#server.hostFunctions));
  }

  #create(resource: string): JsScript {
    const server = this.#server;
    const script = new JsScript(server, resource, {
      events: {
        join: (target: Script) => this.#events.join(target),
        leave: (target: Script) => this.#events.leave(target),
        trigger: (event, payload, source) => {
          this.#player.handleLocally(event, unpack(payload, server.hostFunctions, hostShape) as unknown[]);
          return this.#events.trigger(event, payload, source);
        },
      },
      print: (line) => server.print(`client:${this.#player.id}:${resource}`, line),
    });
    const toServer = (event: string, ...args: unknown[]): void => {
      if (script.isAlive)
        this.#toServer(event, unpack(script.pack(args), server.hostFunctions, hostShape) as unknown[]);
    };
    script.realm.define({ emitNet: toServer, TriggerServerEvent: toServer });
    script.defineNatives({
      IsDuplicityVersion: () => bool(false),
      GetCurrentResourceName: () => resource,
      GetInvokingResource: () => server.invocations.invoking,
      GetResourceState: (name) => server.resources.state(text('GetResourceState', name)),
      GetGameTimer: () => Math.floor(server.clock.elapsed()),
      IsNuiFocused: () => bool(this.#player.isChatOpen),
      PlayerId: () => 0,
      GetPlayerServerId: () => this.#player.id,
      GetPlayerName: () => this.#player.name,
      GetConvar: (name, fallback) =>
        server.convars.readAsClient(text('GetConvar', name)) ?? text('GetConvar', fallback),
      GetConvarInt: (name, fallback) => {
        const value = server.convars.readAsClient(text('GetConvarInt', name));
        return value === undefined ? integer(fallback) : Number.parseInt(value, 10) || 0;
      },
      CancelEvent: () => this.#events.cancel(),
      WasEventCanceled: () => bool(this.#events.wasCanceled()),
      RegisterCommand: (name, handler) => {
        const run = callback('RegisterCommand', handler);
        this.#commands.set(text('RegisterCommand', name).toLowerCase(), { resource, run });
      },
      ExecuteCommand: (line) => void this.#player.chatInput(`/${text('ExecuteCommand', line)}`),
      RegisterKeyMapping: () => undefined,
      SendNuiMessage: (json) => bool(this.nui.post(resource, text('SendNuiMessage', json))),
      SetNuiFocus: (keyboard, mouse) =>
        this.nui.setFocus(resource, { keyboard: Boolean(keyboard), mouse: Boolean(mouse) }),
      RegisterNuiCallback: (name, handler) =>
        this.nui.register(
          resource,
          text('RegisterNuiCallback', name),
          callback('RegisterNuiCallback', handler),
        ),
      RegisterNuiCallbackType: (name) => {
        const type = text('RegisterNuiCallbackType', name);
        this.nui.register(resource, type, (...args) =>
          script.handleEvent(`__cfx_nui:${type}`, pack(args, server.hostFunctions), 'nui'),
        );
      },
    });
    return script;
  }
}
