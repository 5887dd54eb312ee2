import { Agent, request } from 'undici';
import { VirtualClock } from '../devserver/clock.ts';
import { figureOfRuns, quantile } from './figures.ts';
import { startGameServer } from './game-server.ts';
import type { SonoranProcess } from './sonoran-process.ts';

const RUNS = 5;
/** Per run. */
const BANS = 50;
const WARM_UP = 50;
/** Bans that CMS and CAD take at once. */
const BURST = 5;

/**
 * What one ban costs on an idle server, in CMS and CAD v2 together: the time the main thread is busy
 * (with the stand-in's own share in it, so an upper bound), and the time until both have answered,
 * beside what a bare request takes.
 */
export async function benchBan(sonoran: SonoranProcess): Promise<void> {
  // The limits allow ten bans a minute: virtual minutes, or this would take half an hour.
  const clock = new VirtualClock();
  const server = await startGameServer(sonoran, clock);
  await server.fx.console('ensure cmsban');
  const busy: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < WARM_UP + RUNS * BANS; round++) {
    const license = `beef${round}`;
    if (round % BURST === 0) await clock.advance(60_000);
    await sonoran.tell({ do: 'addAccount', product: 'cms', account: { apiIds: [license] } });
    await sonoran.tell({ do: 'addAccount', product: 'cad', account: { apiIds: [license] } });
    await idle();
    const settled = server.nextLine(`license:${license} is banned`);
    const before = performance.eventLoopUtilization();
    const begin = performance.now();
    await server.fx.console(`cmsban license:${license} ramming`);
    await settled;
    const settledAfter = performance.now() - begin;
    // What is done after the answer belongs to the ban as well.
    await idle();
    const { active } = performance.eventLoopUtilization(before);
    // The first after a minute has to connect anew.
    if (round < WARM_UP || round % BURST === 0) continue;
    busy.push(active);
    whole.push(settledAfter);
  }
  await server.close();
  const bare = await bareRequests(sonoran);
  print('ban (CMS + CAD v2): main thread busy', busy);
  print('ban (CMS + CAD v2): until settled', whole);
  print('bare undici request to CAD: main thread busy', bare.busy);
  print('bare undici request to CAD: wire', bare.whole);
}

/** Prints median and p99 of each run. */
function print(name: string, samples: readonly number[]): void {
  const size = Math.ceil(samples.length / RUNS);
  const runs = Array.from({ length: RUNS }, (_, run) => samples.slice(run * size, (run + 1) * size));
  for (const [what, share] of [
    ['median', 0.5],
    ['p99', 0.99],
  ] as const) {
    figureOfRuns(
      `${name}, ${what}`,
      runs.map((each) => quantile(each, share)),
      'ms',
    );
  }
}

const IDLE_MS = 5;

function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, IDLE_MS));
}

async function bareRequests(sonoran: SonoranProcess) {
  const dispatcher = new Agent();
  const busy: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < WARM_UP + RUNS * BANS; round++) {
    await idle();
    const before = performance.eventLoopUtilization();
    const begin = performance.now();
    const response = await request(`${sonoran.cad.url}/v2/general/account-bans`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: 'Bearer stand-in-cad-api-key', 'content-type': 'application/json' },
      body: JSON.stringify({ communityUserId: `beef${round}`, isBan: true }),
    });
    await response.body.text();
    const wire = performance.now() - begin;
    await idle();
    const { active } = performance.eventLoopUtilization(before);
    if (round < WARM_UP) continue;
    busy.push(active);
    whole.push(wire);
  }
  await dispatcher.close();
  return { busy, whole };
}
