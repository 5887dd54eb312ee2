import { JsScript } from './js-script.ts';
import type { AnyFunction } from './message-pack.ts';
import { accessNatives } from './natives/access.ts';
import { convarNatives } from './natives/convars.ts';
import { playerNatives } from './natives/players.ts';
import { resourceNatives } from './natives/resources.ts';
import { serverNatives } from './natives/server.ts';
import { storageNatives } from './natives/storage.ts';
import { NodeTimers } from './node-timers.ts';
import { clockPerformance, installNodeGlobals, sandboxedProcess } from './sandbox-globals.ts';
import { sandboxedRequire } from './sandbox-modules.ts';
import { SandboxSockets } from './sandbox-sockets.ts';
import type { NativeTable } from './script.ts';
import type { ServerParts } from './server-parts.ts';

/** Every native that a server script can call. */
export function allServerNatives(
  server: ServerParts,
  resourceName: string,
  onKill: (end: () => void) => void,
): NativeTable {
  return {
    ...accessNatives(server, resourceName),
    ...convarNatives(server, resourceName, onKill),
    ...playerNatives(server, resourceName),
    ...resourceNatives(server, resourceName),
    ...serverNatives(server, resourceName),
    ...storageNatives(server, resourceName),
  };
}

/** Makes the world that a resource's server scripts in JavaScript run in. */
export function createServerScript(server: ServerParts, resourceName: string, folder: string): JsScript {
  const script = new JsScript(server, resourceName, {
    events: server.events,
    print: (text) => server.print(resourceName, text),
  });
  const { realm } = script;
  const timers = new NodeTimers({
    clock: server.clock,
    call: (run) => script.enterFromNode(run),
    isAlive: () => script.isAlive,
  });
  const sockets = new SandboxSockets();
  script.onKill(() => {
    timers.clear();
    sockets.end();
  });
  const performance = clockPerformance(server.clock);
  const process = sandboxedProcess(server.clock, (run) => script.isAlive && script.enterFromNode(run));
  installNodeGlobals(realm, server.clock);
  realm.define({
    performance,
    process,
    require: sandboxedRequire({
      folder,
      timers,
      sockets,
      performance,
      process,
      error: (message) => realm.error(message),
    }),
  });
  const natives = allServerNatives(server, resourceName, (end) => script.onKill(end));
  script.defineNatives(natives);
  realm.define(playerLists(natives, script));
  const emitNet = (name: string, target: unknown, ...args: unknown[]): void => {
    if (script.isAlive) server.sendToClient(Number(target), name, script.pack(args));
  };
  realm.define({ emitNet, TriggerClientEvent: emitNet });
  return script;
}

/** The functions that v8/main.js adds on top of the natives; they take a number as well. */
function playerLists(natives: NativeTable, script: JsScript): Record<string, AnyFunction> {
  const list = (length: unknown, item: (index: number) => unknown): unknown[] => {
    const items = script.realm.array();
    for (let index = 0; index < Number(length); index++) items.push(item(index));
    return items;
  };
  const native = (name: string, ...args: unknown[]): unknown =>
    script.isAlive ? natives[name]?.(...args) : undefined;
  return {
    getPlayerIdentifiers: (player) =>
      list(native('GetNumPlayerIdentifiers', String(player)), (index) =>
        native('GetPlayerIdentifier', String(player), index),
      ),
    getPlayerTokens: (player) =>
      list(native('GetNumPlayerTokens', String(player)), (index) =>
        native('GetPlayerToken', String(player), index),
      ),
    getPlayers: () => list(native('GetNumPlayerIndices'), (index) => native('GetPlayerFromIndex', index)),
  };
}
