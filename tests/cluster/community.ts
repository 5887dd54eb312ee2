import { until } from '../../devserver/clock.ts';
import { type Server, type Servers, type ServersOptions, startServers } from './servers.ts';

/** Three servers of which one works, two follow, and all know the ban lists. */
export interface Three extends Servers {
  readonly worker: Server;
  readonly follower: Server;
  readonly third: Server;
}

export async function startThree(options: Omit<ServersOptions, 'count'>): Promise<Three> {
  const started = await startServers({ ...options, count: 3 });
  const worker = await started.working();
  const [follower, third] = started.servers.filter((server) => server !== worker);
  if (!follower || !third) throw new Error('not three');
  for (const server of started.servers) await listsKnown(server);
  return { ...started, worker, follower, third };
}

interface BannedAnswer {
  readonly banned: boolean;
  readonly products: Readonly<Record<string, boolean | null>>;
}

export const isBanned = (server: Server, target: string) => server.call<BannedAnswer>('isBanned', target);

async function listsKnown(server: Server): Promise<void> {
  await eventually(`the lists on ${server.name}`, async () => {
    const { products } = await isBanned(server, 'license:nobody');
    return Object.values(products).every((listed) => listed !== null);
  });
}

/** Waits until something is so that takes a while to find out. */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  limitMs = 10_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const dropOf = (player: { readonly dropReason: string | null }, limitMs = 10_000) =>
  until(() => player.dropReason ?? undefined, 'the drop', limitMs);
