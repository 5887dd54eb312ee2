import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { bool, integer, text } from './arguments.ts';

/** Resources that belong to the server. */
const managed: ReadonlySet<string> = new Set([
  'spawnmanager',
  'mapmanager',
  'baseevents',
  'chat',
  'sessionmanager',
  'monitor',
]);

/** The natives about resources, their files and manifests. */
export function resourceNatives(server: ServerParts, resourceName: string): NativeTable {
  const { resources } = server;
  const asResource = {
    id: 0,
    principals: [`resource.${resourceName}`],
    print: (line: string) => server.print('cmd', line),
  };
  const lifecycle = (native: string, command: string) => (name: unknown) => {
    const resource = text(native, name);
    if (resources.path(resource) === undefined) return bool(false);
    // A script stops neither itself nor what belongs to the server (ServerResources.cpp).
    if (command === 'stop' && (resource === resourceName || managed.has(resource))) return bool(false);
    server.runCommand(`${command} ${resource}`, { ...asResource, principals: ['system.console'] });
    return bool(true);
  };

  return {
    GetCurrentResourceName: () => resourceName,
    GetInvokingResource: () => server.invocations.invoking,
    GetResourceState: (name) => resources.state(text('GetResourceState', name)),
    GetResourcePath: (name) => resources.path(text('GetResourcePath', name)) ?? null,
    GetNumResources: () => resources.names().length,
    GetResourceByFindIndex: (index) => resources.names()[integer(index)] ?? null,
    GetNumResourceMetadata: (name, key) =>
      resources.metadata(text('GetNumResourceMetadata', name), text('GetNumResourceMetadata', key)).length,
    GetResourceMetadata: (name, key, index) =>
      resources.metadata(text('GetResourceMetadata', name), text('GetResourceMetadata', key))[
        integer(index)
      ] ?? null,
    LoadResourceFile: (name, file) => {
      const folder = resources.path(text('LoadResourceFile', name));
      if (folder === undefined) return null;
      try {
        return readFileSync(join(folder, text('LoadResourceFile', file)), 'utf8');
      } catch {
        return null;
      }
    },
    SaveResourceFile: (name, file, data, length) => {
      const folder = resources.path(text('SaveResourceFile', name));
      if (folder === undefined) return bool(false);
      const path = join(folder, text('SaveResourceFile', file));
      if (text('SaveResourceFile', name) !== resourceName || relative(folder, path).startsWith('..')) {
        return bool(false);
      }
      const bytes = Buffer.from(text('SaveResourceFile', data));
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, integer(length) > 0 ? bytes.subarray(0, integer(length)) : bytes);
      return bool(true);
    },
    StartResource: lifecycle('StartResource', 'start'),
    StopResource: lifecycle('StopResource', 'stop'),
    RegisterResourceBuildTaskFactory: (id, factory) => {
      if (typeof factory !== 'function') return;
      server.buildTasks.register(text('RegisterResourceBuildTaskFactory', id), resourceName, (...args) =>
        factory(...args),
      );
    },
    ExecuteCommand: (line) => server.runCommand(text('ExecuteCommand', line), asResource),
    ScheduleResourceTick: (name) => {
      text('ScheduleResourceTick', name);
      server.ticks.dueAt(server.clock.elapsed());
    },
    GetRegisteredCommands: () => server.commands.list(),
  };
}
