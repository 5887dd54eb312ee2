import { eventLoopTurn } from '../../devserver/clock.ts';
import type { World } from './world.ts';

/** A share of an action that is to be tried again. */
interface Try {
  readonly share: string;
  /** Unix milliseconds. */
  readonly at: number;
}

interface PendingOutcome {
  readonly id: string;
  readonly products: Readonly<Record<string, { readonly nextTryAt?: number }>>;
}

/** What waits for its next try, the soonest first. */
async function pendingTries(world: World): Promise<Try[]> {
  const pending = (await world.fx.callExport('test', 'cmsban', 'getPending', 10_000)) as PendingOutcome[];
  return pending
    .flatMap(({ id, products }) =>
      Object.entries(products).flatMap(([product, { nextTryAt }]) =>
        nextTryAt === undefined ? [] : [{ share: `${id}:${product}`, at: nextTryAt }],
      ),
    )
    .sort((one, other) => one.at - other.at);
}

/**
 * Lets time pass until the soonest share is tried again, and no further: then waits, in real time, for
 * what comes of it. So no deadline passes while the answer is on its way.
 */
export async function tryAgain(world: World): Promise<void> {
  const [next] = await pendingTries(world);
  if (next === undefined) throw new Error('nothing waits for another try');
  // To the end of that millisecond: what is due in it need not be due at its beginning.
  const now = world.clock.now() + (world.clock.elapsed() % 1);
  await world.clock.advance(Math.max(0, next.at + 0.999 - now));
  while ((await pendingTries(world)).some(({ share, at }) => share === next.share && at === next.at)) {
    await eventLoopTurn();
  }
}
