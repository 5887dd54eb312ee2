import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { layOutRelease, serverBundle } from '../../build.mjs';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

const TIMEOUT_MS = 10_000;

/** undici counts its timeouts in steps of about a second. */
const UNDICI_RESOLUTION_MS = 1_500;

const HOUR_MS = 60 * 60 * 1_000;

/** Leaves undici's own timeouts as the only ones. */
const withoutDeadline: esbuild.Plugin = {
  name: 'without-deadline',
  setup(build) {
    build.onLoad({ filter: /server\/sonoran\/deadline\.ts$/ }, () => ({
      loader: 'ts',
      contents: 'export const withDeadline = (_ms, work) => work(new AbortController().signal);',
    }));
  },
};

/** A world whose cmsban has no deadline of its own, and was built with other options. */
async function variantWorld(changes: esbuild.BuildOptions, options: WorldOptions): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-variant-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await layOutRelease(folder);
  const bundle = serverBundle(join(folder, 'dist', 'server.js'));
  await esbuild.build({ ...bundle, ...changes, plugins: [...bundle.plugins, withoutDeadline] });
  return startWorld({ ...options, cmsban: folder });
}

/** Begins a ban that Sonoran never answers. */
async function hang(world: World, when: 'before' | 'body'): Promise<void> {
  world.sonoran.cad.fault('*', { kind: 'hang', when });
  world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
  await world.fx.console('cmsban license:cafe');
  await until(() => callsTo(world.sonoran.cad).length === 1, 'the request');
}

const isAnswered = (world: World) => world.log.some((line) => line.includes('not done yet'));

const cadOnly = { use: { cms: false } };

describe.each(['before', 'body'] as const)('a call that hangs (%s)', (when) => {
  it('ends when cmsban_request_timeout_ms is over, and not a moment later', async () => {
    const world = await startWorld(cadOnly);
    await hang(world, when);
    await world.clock.advance(TIMEOUT_MS - 1);
    expect(isAnswered(world)).toBe(false);
    await world.clock.advance(1);
    await until(() => isAnswered(world), 'the answer');
    expect(world.log.join()).toContain('no answer within 10 s');
    await until(() => world.sonoran.cad.openRequests === 0, 'the connection to be given up');
  });

  it('ends by undici alone, because the bundle has the timers of Node', async () => {
    const world = await variantWorld({}, cadOnly);
    await hang(world, when);
    await world.clock.advance(TIMEOUT_MS + UNDICI_RESOLUTION_MS);
    await until(() => isAnswered(world), 'the answer');
  });

  it('would hang for ever on the global timers of FXServer', async () => {
    const world = await variantWorld({ inject: [] }, cadOnly);
    await hang(world, when);
    await world.clock.advance(HOUR_MS);
    expect(isAnswered(world)).toBe(false);
    expect(world.sonoran.cad.openRequests).toBe(1);
  });
});

it('ends a call whose body trickles in, though every piece comes in time', async () => {
  const world = await startWorld(cadOnly);
  world.sonoran.cad.fault('*', { kind: 'trickle', everyMs: 1_000 });
  world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
  await world.fx.console('cmsban license:cafe');
  await until(() => callsTo(world.sonoran.cad).length === 1, 'the request');
  await world.clock.advance(TIMEOUT_MS);
  await until(() => isAnswered(world), 'the answer');
});
