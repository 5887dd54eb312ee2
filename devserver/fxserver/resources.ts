import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, readManifest, valuesOf } from './manifest.ts';
import { pack } from './message-pack.ts';
import type { PageFiles } from './nui-page.ts';
import { matchingFiles, missingFiles } from './resource-files.ts';
import type { Script } from './script.ts';
import type { ResourceDirectory, ResourceState, ServerParts } from './server-parts.ts';

interface Resource {
  readonly name: string;
  readonly folder: string;
  /** The `[category]` folders that it lies in. */
  readonly categories: readonly string[];
  manifest: Manifest | undefined;
  state: ResourceState;
  /** Whether its handlers of `onResourceStop` run now. */
  isStopping: boolean;
  scripts: Script[];
}

/** A folder of resources, not a resource itself: `[like this]`. */
export function isCategory(name: string): boolean {
  return name.startsWith('[') && name.endsWith(']');
}

/** A script file of a resource, ready to run. */
export interface ScriptFile {
  /** As FXServer names it in errors: `@resource/path`. */
  readonly name: string;
  readonly path: string;
}

/** Makes the worlds that a resource's server scripts run in. */
export interface ScriptFactory {
  js(resource: string, folder: string): Script;
  lua(resource: string, folder: string): Promise<Script>;
}

/** The server's resources: where they are, what their manifests say, and which of them run. */
export class Resources implements ResourceDirectory {
  readonly #server: ServerParts;
  readonly #factory: ScriptFactory;
  readonly #build: number;
  readonly #resources = new Map<string, Resource>();
  /** The folders in which resources are looked for. */
  readonly #roots: string[] = [];
  /** Told after a resource has started or stopped. */
  onChange: (name: string, state: 'started' | 'stopped') => void = () => undefined;

  /** @param build the server's own build number, which `dependency '/server:…'` is compared with. */
  constructor(server: ServerParts, factory: ScriptFactory, build: number) {
    this.#server = server;
    this.#factory = factory;
    this.#build = build;
  }

  /** Makes a folder known as a resource. */
  add(name: string, folder: string, categories: readonly string[] = []): void {
    if (this.#resources.has(name)) return;
    this.#resources.set(name, {
      name,
      folder,
      categories,
      manifest: undefined,
      state: 'stopped',
      isStopping: false,
      scripts: [],
    });
  }

  /** Makes every resource in a folder known, now and at every {@link refresh}. */
  addRoot(folder: string): void {
    this.#roots.push(folder);
  }

  /**
   * Looks for resources, as at the start and by `refresh`, and reads every manifest: what a manifest says
   * counts from then on, and not from the next start of its resource.
   */
  async refresh(): Promise<void> {
    for (const root of this.#roots) this.#scan(root);
    for (const resource of this.#resources.values()) {
      resource.manifest = await readManifest(resource.folder).catch((error: unknown) => {
        this.#say(`^1Error loading fxmanifest.lua of ${resource.name}: ${String(error)}^7`);
        return undefined;
      });
    }
  }

  /** Folders in `[brackets]` are looked into; of two resources of one name the one found first counts. */
  #scan(root: string): void {
    const folders = [{ path: root, categories: [] as readonly string[] }];
    for (const { path, categories } of folders) {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        const { name } = entry;
        const folder = join(path, name);
        if (isCategory(name)) folders.push({ path: folder, categories: [...categories, name] });
        else if (existsSync(join(folder, 'fxmanifest.lua'))) this.add(name, folder, categories);
      }
    }
  }

  /** The resources in a `[category]`, also in categories of its own, in the order of their names. */
  inCategory(category: string): readonly string[] {
    const found = [...this.#resources.values()].filter(({ categories }) => categories.includes(category));
    return found.map(({ name }) => name).sort();
  }

  path(name: string): string | undefined {
    return this.#resources.get(name)?.folder;
  }

  state(name: string): ResourceState {
    return this.#resources.get(name)?.state ?? 'missing';
  }

  metadata(name: string, key: string): readonly string[] {
    return this.#resources.get(name)?.manifest?.get(key) ?? [];
  }

  names(): readonly string[] {
    return [...this.#resources.keys()];
  }

  /** The running scripts of a resource. */
  scripts(name: string): readonly Script[] {
    return this.#resources.get(name)?.scripts ?? [];
  }

  /** The files of one kind of script, for example `client_script`, with the shared ones first. */
  scriptFiles(name: string, kind: 'server_script' | 'client_script'): ScriptFile[] {
    const resource = this.#resources.get(name);
    if (resource?.manifest === undefined) return [];
    const files: ScriptFile[] = [];
    for (const key of ['shared_script', kind]) {
      for (const pattern of valuesOf(resource.manifest, key)) {
        const [, other, rest] = /^@([^/]+)\/(.+)$/.exec(pattern) ?? [];
        const owner = other === undefined ? resource : this.#resources.get(other);
        const paths = owner === undefined ? undefined : matchingFiles(owner.folder, rest ?? pattern);
        if (owner === undefined || paths === undefined) continue;
        for (const path of paths) {
          files.push({ name: `@${owner.name}/${path}`, path: join(owner.folder, path) });
        }
      }
    }
    return files;
  }

  /** What a resource's page consists of; no page while it does not run. */
  pageFiles(name: string): PageFiles {
    const { folder = '', manifest = undefined, state = 'missing' } = this.#resources.get(name) ?? {};
    if (manifest === undefined || state !== 'started') return { folder, page: undefined, files: [] };
    const files = valuesOf(manifest, 'file').flatMap((pattern) => matchingFiles(folder, pattern) ?? []);
    return { folder, page: valuesOf(manifest, 'ui_page')[0], files };
  }

  /** Starts a resource and, before it, those that it depends on. @returns whether it runs now. */
  async start(name: string): Promise<boolean> {
    const resource = this.#resources.get(name);
    if (resource === undefined) {
      this.#say(`Couldn't find resource ${name}.`);
      return false;
    }
    if (resource.state !== 'stopped') return true;
    if (resource.manifest === undefined) return this.#cannotStart(resource);
    resource.state = 'starting';
    if (!(await this.#satisfy(resource))) return this.#cannotStart(resource);
    const { hostFunctions, events, buildTasks } = this.#server;
    if (!buildTasks.mayStart(name, () => void this.start(name))) return this.#cannotStart(resource);
    if (!events.trigger('onResourceStarting', pack([name], hostFunctions)))
      return this.#cannotStart(resource);

    await this.#run(resource);
    events.trigger('onResourceStart', pack([name], hostFunctions));
    resource.state = 'started';
    this.#say(`Started resource ${name}${this.#warnings(resource)}`);
    this.#server.ticks.nextTick(() => events.trigger('onServerResourceStart', pack([name], hostFunctions)));
    this.onChange(name, 'started');
    return true;
  }

  /**
   * Stops a resource: its handlers of `onResourceStop` are the last of its code that runs. In them it is
   * still `started`, as it is when somebody only triggers that event.
   */
  stop(name: string): void {
    const resource = this.#resources.get(name);
    if (resource === undefined || resource.state !== 'started' || resource.isStopping) return;
    this.#say(`Stopping resource ${name}`);
    resource.isStopping = true;
    const { hostFunctions, events, commands, httpHandlers, ticks } = this.#server;
    events.trigger('onResourceStop', pack([name], hostFunctions));
    this.kill(name);
    commands.unregisterAll(name);
    httpHandlers.delete(name);
    resource.state = 'stopped';
    resource.isStopping = false;
    ticks.nextTick(() => events.trigger('onServerResourceStop', pack([name], hostFunctions)));
    this.onChange(name, 'stopped');
  }

  /** Ends a resource's scripts with no further word. */
  kill(name: string): void {
    const resource = this.#resources.get(name);
    for (const script of resource?.scripts ?? []) script.kill();
    if (resource !== undefined) resource.scripts = [];
  }

  async #run(resource: Resource): Promise<void> {
    const { name, folder } = resource;
    let js: Script | undefined;
    let lua: Script | undefined;
    for (const file of this.scriptFiles(name, 'server_script')) {
      const isLua = file.path.endsWith('.lua');
      if (isLua && lua === undefined) {
        lua = await this.#factory.lua(name, folder);
        resource.scripts.push(lua);
      }
      if (!isLua && js === undefined) {
        js = this.#factory.js(name, folder);
        resource.scripts.push(js);
      }
      (isLua ? lua : js)?.load(readFileSync(file.path, 'utf8'), file.name);
    }
  }

  async #satisfy(resource: Resource): Promise<boolean> {
    for (const dependency of valuesOf(resource.manifest ?? new Map(), 'dependency')) {
      if (dependency.startsWith('/')) {
        const [, kind, wanted] = /^\/([^:]+):?(.*)$/.exec(dependency) ?? [];
        if (kind === 'server' && Number(wanted) > this.#build) {
          this.#say(
            `^1Resource ${resource.name} requires a newer server: it needs build ${wanted}, this is build ${this.#build}.^7`,
          );
          return false;
        }
        continue;
      }
      if (!this.#resources.has(dependency) || !(await this.start(dependency))) {
        this.#say(`^1Could not find dependency ${dependency} for resource ${resource.name}.^7`);
        return false;
      }
    }
    return true;
  }

  /** Warns of files that the manifest names and that are not there. @returns how many, for the line that follows. */
  #warnings({ folder, manifest }: Resource): string {
    const missing = manifest === undefined ? [] : missingFiles(folder, manifest);
    for (const { key, pattern, line } of missing) {
      this.#say(`^3Warning: could not find ${key} \`${pattern}\` (defined in fxmanifest.lua:${line})^7`);
    }
    if (missing.length === 0) return '';
    return ` (${missing.length} warning${missing.length === 1 ? '' : 's'})`;
  }

  #cannotStart(resource: Resource): false {
    resource.state = 'stopped';
    this.#say(`^1Couldn't start resource ${resource.name}.^7`);
    return false;
  }

  #say(text: string): void {
    this.#server.print('resources', text);
  }
}
