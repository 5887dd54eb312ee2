import { until } from '../../devserver/clock.ts';
import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { Somebody } from '../resource/somebody.ts';
import { type Server, type Servers, type ServersOptions, startServers } from './servers.ts';

/** The one that works, and the others. */
export interface Several extends Servers {
  readonly worker: Server;
  readonly others: readonly Server[];
}

export async function startSeveral(options: ServersOptions): Promise<Several> {
  const started = await startServers(options);
  const worker = await started.working();
  const others = started.servers.filter((server) => server !== worker);
  await until(
    () => started.servers.every(({ log }) => log.length > 0) && hasReadLists(worker),
    'the lists',
    15_000,
  );
  for (const server of others) {
    await eventually(`${server.name} to follow`, async () => {
      await server.console('cmsqueue');
      return server.log.some((line) => line.includes(`${worker.name} talks to Sonoran`));
    });
  }
  return { ...started, worker, others };
}

const hasReadLists = ({ log }: Server) =>
  ['CMS', 'CAD'].every((name) =>
    // Whatever language it has.
    log.some((line) => new RegExp(`The ban list of .*Sonoran ${name} has been`).test(line)),
  );

/** One of them, by its place. */
export function at<T>(list: readonly T[], place: number): T {
  const found = list[place];
  if (found === undefined) throw new Error(`nothing at ${place}`);
  return found;
}

/** How often somebody was banned, kicked or lifted by a call, in both products. */
export function effectsOn(
  sonoran: Sonoran,
  { accId, uuid }: Somebody,
  kind: 'ban' | 'kick' | 'unban',
): number {
  return [...sonoran.cms.effects, ...sonoran.cad.effects].filter(
    (effect) => effect.kind === kind && (effect.accId === accId || effect.accId === uuid),
  ).length;
}

/** Whether somebody is banned, by product. */
export function isBannedAt(sonoran: Sonoran, { accId, uuid }: Somebody): readonly boolean[] {
  return [sonoran.cms.account(accId).banned, sonoran.cad.account(uuid).status === 4];
}

/** When the lease of the one that works ends, in Unix milliseconds of the database's clock. */
export async function leaseEnd({ rows }: Servers): Promise<number> {
  return Number(at(await rows('cmsban_community'), 0)['expires_at']);
}

/**
 * Waits until the one that works has renewed its lease so often: it has looked several times meanwhile for what the
 * others ask. For what must not happen, with a short lease.
 */
export async function renewed(servers: Servers, times = 2): Promise<void> {
  for (let time = 0; time < times; time++) {
    const before = await leaseEnd(servers);
    await eventually('a renewal', async () => (await leaseEnd(servers)) !== before);
  }
}

/** All calls so far. */
export const callCount = (sonoran: Sonoran) => sonoran.cms.requests.length + sonoran.cad.requests.length;

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until something that has to be asked for is so. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(50);
  }
}
