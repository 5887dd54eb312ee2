import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventLoopTurn, VirtualClock } from '../devserver/clock.ts';
import { FxServer } from '../devserver/fxserver/server.ts';
import type { CadHost } from '../devserver/sonoran/cad-host.ts';
import type { CmsHost } from '../devserver/sonoran/cms-host.ts';
import type { RecordedRequest } from '../devserver/sonoran/recorded-request.ts';
import { Sonoran } from '../devserver/sonoran/server.ts';

const CMSBAN = join(import.meta.dirname, '..');

/** How fast a product's queue was drained through its documented limit. */
export interface DrainFigures {
  /** From the first call to the last, in virtual milliseconds. */
  readonly tookMs: number;
  /** What the limit alone demands for as many calls, in milliseconds. */
  readonly demandedMs: number;
  readonly calls: number;
  /** How many of them were refused for coming too fast. */
  readonly refusals: number;
}

/** What each product's limit lets through: so many calls in a window. */
const LIMITS = {
  cad: { calls: 10, windowMs: 60_000 },
  // v1 publishes none but the advice: one a second for long, and a small burst.
  cms: { calls: 5, windowMs: 5_000 },
} as const;

/** While calls are late, virtual time passes in steps of this length, in milliseconds; else from window to window. */
const STEP_MS = 500;
/** How long nothing may happen, in real milliseconds, until a virtual step: a call on its way crosses real sockets. */
const QUIET_MS = 4;
/** The same at the beginning of a window, while calls are due. */
const PATIENCE_MS = 50;

/** Bans so many people at once, in virtual time, through the limits that Sonoran's pages document. */
export async function measureDrain(bans: number): Promise<Readonly<Record<'cms' | 'cad', DrainFigures>>> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-drain-'));
  const clock = new VirtualClock();
  const sonoran = await Sonoran.start({ clock });
  const hosts = [sonoran.cms, sonoran.cad] as const;
  const config = join(folder, 'server.cfg');
  const settings = (['cms', 'cad'] as const).flatMap((product) => [
    `set cmsban_${product}_url "${sonoran[product].url}"`,
    `set cmsban_${product}_community_id "${sonoran[product].settings.communityId}"`,
    `set cmsban_${product}_api_key "${sonoran[product].settings.apiKey}"`,
  ]);
  await writeFile(config, `${[...settings, 'ensure cmsban'].join('\n')}\n`);
  const fx = await FxServer.start({
    config,
    clock,
    data: join(folder, 'data'),
    resources: { cmsban: CMSBAN },
  });
  try {
    for (let number = 0; number < bans; number++) {
      const license = `raider${number}`;
      sonoran.cms.addAccount({ apiIds: [license] });
      sonoran.cad.addAccount({ apiIds: [license] });
      await fx.console(`cmsban license:${license} raid`);
    }
    const began = clock.elapsed();
    while (hosts.some((host) => answered(host) < bans)) {
      await quiet(hosts, bans, clock.elapsed() - began);
      if (clock.elapsed() - began > 2 * demandedMs('cad', bans) + 600_000)
        throw new Error('it does not drain');
      const passed = clock.elapsed() - began;
      const toNext = LIMITS.cms.windowMs - (passed % LIMITS.cms.windowMs);
      await clock.advance(isDue(hosts, bans, passed) ? Math.min(STEP_MS, toNext) : toNext);
    }
    return { cms: figures('cms', sonoran.cms), cad: figures('cad', sonoran.cad) };
  } finally {
    await fx.stop();
    await sonoran.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function demandedMs(product: 'cms' | 'cad', calls: number): number {
  return (Math.ceil(calls / LIMITS[product].calls) - 1) * LIMITS[product].windowMs;
}

/** The bans themselves: the list of banned accounts, and who they were, are read beside them within limits of their own. */
function callsTo({ requests }: CmsHost | CadHost): readonly RecordedRequest[] {
  // What is read of accounts goes its own way, by limits of its own.
  const reads = ['account', 'accounts', 'accounts-search'];
  return requests.filter(({ operation }) => !reads.includes(operation));
}

function answered(host: CmsHost | CadHost): number {
  return callsTo(host).filter(({ response }) => response?.status === 200).length;
}

function figures(product: 'cms' | 'cad', host: CmsHost | CadHost): DrainFigures {
  const requests = callsTo(host);
  const times = requests.map(({ elapsed }) => elapsed);
  return {
    tookMs: Math.max(...times) - Math.min(...times),
    demandedMs: demandedMs(product, requests.length),
    calls: requests.length,
    refusals: requests.filter(({ response }) => response?.status === 429).length,
  };
}

/** Whether calls are bound to come at this moment: the limits allow more than have arrived. */
function isDue(hosts: readonly [CmsHost, CadHost], bans: number, passedMs: number): boolean {
  return (['cms', 'cad'] as const).some((product, index) => {
    const { calls, windowMs } = LIMITS[product];
    const allowed = (Math.floor(passedMs / windowMs) + 1) * calls;
    const host = hosts[index];
    return (host ? callsTo(host).length : 0) < Math.min(bans, allowed);
  });
}

/** Waits, in real time, until every call of this moment has been made and answered. */
async function quiet(hosts: readonly [CmsHost, CadHost], bans: number, passedMs: number): Promise<void> {
  let seen = -1;
  let since = performance.now();
  for (;;) {
    await eventLoopTurn();
    const now = performance.now();
    const arrived = hosts[0].requests.length + hosts[1].requests.length;
    if (arrived !== seen || hosts.some((host) => host.openRequests > 0)) {
      seen = arrived;
      since = now;
    }
    // None that is only slow to cross the socket may be taken for late.
    const isBoundary = passedMs % LIMITS.cms.windowMs === 0;
    if (now - since > (isBoundary && isDue(hosts, bans, passedMs) ? PATIENCE_MS : QUIET_MS)) return;
  }
}
