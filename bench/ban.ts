import { Agent, request } from 'undici';
import { VirtualClock } from '../devserver/clock.ts';
import { figure, quantile } from './figures.ts';
import { startGameServer } from './game-server.ts';
import type { SonoranProcess } from './sonoran-process.ts';

const BANS = 250;
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
  for (let round = 0; round < WARM_UP + BANS; round++) {
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
  figure('ban (CMS + CAD v2): main thread busy, median of 200', quantile(busy, 0.5), 'ms');
  figure('ban (CMS + CAD v2): main thread busy, p99', quantile(busy, 0.99), 'ms');
  figure('ban (CMS + CAD v2): until settled, median', quantile(whole, 0.5), 'ms');
  const bare = await bareRequests(sonoran);
  figure('bare undici request to the same endpoint: main thread, median', quantile(bare.busy, 0.5), 'ms');
  figure('bare undici request to the same endpoint: wire, median', quantile(bare.whole, 0.5), 'ms');
}

const IDLE_MS = 5;

function idle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, IDLE_MS));
}

async function bareRequests(sonoran: SonoranProcess) {
  const dispatcher = new Agent();
  const busy: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < WARM_UP + BANS; round++) {
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
