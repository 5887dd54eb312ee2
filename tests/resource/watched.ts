import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { layOutRelease } from '../../build.mjs';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** A world whose cmsban is watched. Whoever opens it closes it. */
export function openWatchedWorld(options: WorldOptions = {}): Promise<World> {
  return openWorld({ ...options, cmsban: layOutWatched });
}

/** Lays out a cmsban that is looked over the shoulder by `resources/watch.js`. */
export async function layOutWatched(folder: string): Promise<void> {
  await layOutRelease(folder);
  await cp(join(import.meta.dirname, 'resources', 'watch.js'), join(folder, 'watch.js'));
  const manifest = join(folder, 'fxmanifest.lua');
  const text = await readFile(manifest, 'utf8');
  await writeFile(
    manifest,
    text.replace("server_script 'dist/server.js'", "server_scripts { 'watch.js', 'dist/server.js' }"),
  );
}

/** The same, closed when the test ends. */
export async function startWatchedWorld(options: WorldOptions = {}): Promise<World> {
  const world = await openWatchedWorld(options);
  onTestFinished(() => world.close());
  return world;
}

/** The natives that cmsban has called since the last time, for example `GetPlayerName(3)`. */
export function nativesCalled(world: {
  readonly fx: { emit(event: string): void };
  readonly log: readonly string[];
}): Record<string, number> {
  world.fx.emit('watch:natives');
  const line = world.log.findLast((text) => text.startsWith('natives '));
  return JSON.parse(line?.slice('natives '.length) ?? '{}') as Record<string, number>;
}
