import { statSync } from 'node:fs';
import { join } from 'node:path';
import { figure, quantile } from './figures.ts';
import { startGameServer } from './game-server.ts';
import { heapUsed } from './heap.ts';
import type { SonoranProcess } from './sonoran-process.ts';

const ROUNDS = 10;

/** How large the server's script is, what starting it costs on the main thread until the start-up line, and its memory. */
export async function benchStart(sonoran: SonoranProcess): Promise<void> {
  const script = join(import.meta.dirname, '..', 'dist', 'server.js');
  figure('start: server.js', statSync(script).size / 1024, 'KiB');
  const times: number[] = [];
  const heaps: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const server = await startGameServer(sonoran);
    const before = await heapUsed();
    const begin = performance.now();
    const started = server.nextLine('cmsban ');
    await Promise.all([server.fx.console('ensure cmsban'), started]);
    times.push(performance.now() - begin);
    heaps.push((await heapUsed()) - before);
    await server.close();
  }
  figure('start: main thread, first (cold)', times[0] ?? Number.NaN, 'ms');
  figure('start: main thread, best of the rest (restart)', Math.min(...times.slice(1)), 'ms');
  figure('start: heap of the resource, median', quantile(heaps, 0.5) / 2 ** 20, 'MiB');
}
