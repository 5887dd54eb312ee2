import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { VirtualClock } from '../../../devserver/clock.ts';
import { FxServer, type FxServerOptions } from '../../../devserver/fxserver/server.ts';

/** A resource as its files: a manifest is added when there is none. */
export type ResourceFiles = Readonly<Record<string, string>>;

const manifest = `fx_version 'cerulean'
game 'common'
`;

/** A server with its resources and stores in a folder of its own. */
export class World {
  readonly folder = mkdtempSync(join(tmpdir(), 'fxserver-'));
  readonly clock = new VirtualClock();
  readonly #servers: FxServer[] = [];

  /** Writes a file below the world's folder. @returns its path. */
  write(path: string, text: string): string {
    const full = join(this.folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  }

  /** Writes resources. A plain text is the one server script of a resource. */
  resources(resources: Readonly<Record<string, string | ResourceFiles>>): Record<string, string> {
    const folders: Record<string, string> = {};
    for (const [name, files] of Object.entries(resources)) {
      const all: ResourceFiles =
        typeof files === 'string'
          ? { 'server.js': files, 'fxmanifest.lua': `${manifest}server_script 'server.js'\n` }
          : { 'fxmanifest.lua': manifest, ...files };
      for (const [path, text] of Object.entries(all)) this.write(`resources/${name}/${path}`, text);
      folders[name] = join(this.folder, 'resources', name);
    }
    return folders;
  }

  /** Starts a server with these resources, all of them ensured after the config's lines. */
  async start(
    resources: Readonly<Record<string, string | ResourceFiles>>,
    config = '',
    options: Partial<FxServerOptions> = {},
  ): Promise<FxServer> {
    const folders = this.resources(resources);
    const ensures = Object.keys(folders).map((name) => `ensure ${name}`);
    const server = await FxServer.start({
      config: this.write('server.cfg', [config, ...ensures].join('\n')),
      resources: folders,
      data: join(this.folder, 'data'),
      clock: this.clock,
      ...options,
    });
    this.#servers.push(server);
    return server;
  }

  async end(): Promise<void> {
    for (const server of this.#servers) await server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What a resource printed, line by line. */
export function printed(server: FxServer, resource: string): string[] {
  return server.output.filter((line) => line.resource === resource).map((line) => line.text);
}
