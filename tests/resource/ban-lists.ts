import { eventLoopTurn, until } from '../../devserver/clock.ts';
import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';
import english from '../../locales/en.json' with { type: 'json' };
import type { Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What tests of the ban lists and of the join gate have in common. */

export const MINUTE_MS = 60_000;

/** From the end of a read to the beginning of the next in these worlds, up to a tenth more or less. */
export const INTERVAL_MS = 15 * MINUTE_MS;

/** So long after a read the next one has begun, whatever the dice say. */
export const SURELY_AGAIN_MS = INTERVAL_MS * 1.1 + 1_000;

export const PRODUCTS = ['cms', 'cad'] as const;
export type ProductName = (typeof PRODUCTS)[number];

/** A world in which cmsban is not started yet, so that Sonoran can be furnished first: see {@link begin}. */
export function quietWorld(options: WorldOptions = {}): Promise<World> {
  const convars = { cmsban_mirror_minutes: '15', ...options.convars };
  return startWorld({ ...options, convars, start: false });
}

/** Starts cmsban, and waits, in real time, until it has read the lists of these products. */
export async function begin(world: World, ...products: readonly ProductName[]): Promise<void> {
  const before = world.log.length;
  await world.fx.console('ensure cmsban');
  for (const product of products) await listRead(world, product, before);
}

/** Starts the game server and cmsban anew. */
export async function beginAgain(
  world: World,
  how: 'stop' | 'crash' = 'stop',
  ...products: readonly ProductName[]
): Promise<void> {
  await world.restart(how);
  await begin(world, ...products);
}

/** What cmsban says in one of the locale's texts; what is not given may be anything. */
export function saying(key: keyof typeof english, words: Readonly<Record<string, unknown>> = {}): RegExp {
  const text = english[key].replace(/[.*+?^$()[\]|\\]/g, '\\$&');
  return new RegExp(text.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(words[name] ?? '(.+?)')));
}

/** How many lines say so. */
export function timesSaid(world: World, ...said: Parameters<typeof saying>): number {
  const pattern = saying(...said);
  return world.log.filter((line) => pattern.test(line)).length;
}

/** Waits, in real time, until cmsban says that it has read a list, for the first time or again after a failure. */
export async function listRead(world: World, product: ProductName, from = 0): Promise<void> {
  const words = { product: `Sonoran ${product.toUpperCase()}` };
  const patterns = [saying('list.read', words), saying('list.back', words)];
  await until(
    () => world.log.slice(from).some((line) => patterns.some((pattern) => pattern.test(line))),
    `the list of ${product}`,
  );
}

/** The reads of a product's list, page by page. */
export function pagesOf(world: World, product: ProductName): readonly RecordedRequest[] {
  return world.sonoran[product].requests.filter(({ operation }) => operation === 'accounts');
}

/** Those of them that began at the list's beginning. */
export function readsOf(world: World, product: ProductName): readonly RecordedRequest[] {
  const offset = product === 'cms' ? 'skip' : 'offset';
  return pagesOf(world, product).filter(({ query }) => query[offset] === '0');
}

/** Turns of the event loop without a call under way, after which nothing more is to be expected, also of a start. */
const QUIET_TURNS = 60;
/** The same between two steps of time: what takes longer goes on in the next. */
const STEP_TURNS = 12;
/** Turns after which a call is taken to hang. */
const MOST_TURNS = 400;

/** Lets every call that can be answered now be answered, and what follows from it happen. In real time. */
export async function settled(world: World, quietTurns = QUIET_TURNS): Promise<void> {
  const { cms, cad } = world.sonoran;
  for (let turn = 0, quiet = 0; quiet < quietTurns && turn < MOST_TURNS; turn++, quiet++) {
    if (cms.openRequests + cad.openRequests > 0) quiet = 0;
    await eventLoopTurn();
  }
}

/** Lets time pass in small steps, with the answers of every step in between: no deadline passes meanwhile. */
export async function pass(world: World, ms: number): Promise<void> {
  for (let left = ms; left > 0; ) {
    const next = world.clock.untilNext() ?? left;
    const step = Math.min(left, Math.max(1, next), 1_000);
    await world.clock.advance(step);
    left -= step;
    await settled(world, STEP_TURNS);
  }
  await settled(world);
}

/** Lets time pass until something has come true. */
export async function passUntil(
  world: World,
  condition: () => boolean,
  what: string,
  limitMs = 60 * MINUTE_MS,
): Promise<void> {
  const end = world.clock.elapsed() + limitMs;
  await settled(world);
  while (!condition()) {
    if (world.clock.elapsed() > end) throw new Error(`waited in vain for ${what}`);
    await pass(world, 1_000);
  }
}

/** Somebody knocks: undefined when they are let in, the words with which they are refused otherwise. */
export async function knock(world: World, identifiers: readonly string[]): Promise<string | undefined> {
  const connecting = world.fx.startConnecting({ name: 'Knut', identifiers });
  const result = await connecting.result;
  if (connecting.misuse.length > 0) throw new Error(connecting.misuse.join());
  if (!result.admitted) return result.message;
  result.player.leave();
  return undefined;
}

/** Whether the ban list here has somebody. Unlike {@link knock} it leads to no look-up. */
export async function isKnownAsBanned(world: World, identifier: string): Promise<unknown> {
  return (await world.call('isBanned', identifier))['banned'];
}

/** Bans in a product's web panel. */
export function banOnTheWeb({ sonoran }: World, product: ProductName, { accId, uuid }: Somebody): void {
  sonoran[product].ban(product === 'cms' ? accId : uuid);
}

/** Lifts a ban in a product's web panel. */
export function liftOnTheWeb({ sonoran }: World, product: ProductName, { accId, uuid }: Somebody): void {
  sonoran[product].unban(product === 'cms' ? accId : uuid);
}

/** A CMS community that has no list of banned accounts, neither in v2 nor in v1. */
export const NO_LIST = { v2: 404, lacks: ['GET_ACCOUNTS'] } as const;

/** Only this product in use. */
export const only = (product: ProductName) => ({ cms: product === 'cms', cad: product === 'cad' });

/** Adds so many accounts to one product, banned from the beginning; returns each one's only API ID. */
export function addBanned(world: World, product: ProductName, count: number, name = 'ba'): string[] {
  return Array.from({ length: count }, (_, number) => {
    const apiId = `${name}${number}`;
    if (product === 'cms') world.sonoran.cms.addAccount({ apiIds: [apiId], banned: true });
    else world.sonoran.cad.addAccount({ apiIds: [apiId], status: 4 });
    return apiId;
  });
}

/** Adds accounts that are not banned; returns their ids. The only API ID of each is the name and a number. */
export function addMembers({ sonoran }: World, product: ProductName, count: number, name: string): string[] {
  return Array.from({ length: count }, (_, number) => {
    const apiIds = [`${name}${number}`];
    return product === 'cms'
      ? sonoran.cms.addAccount({ apiIds }).accId
      : sonoran.cad.addAccount({ apiIds }).uuid;
  });
}

/** Bans accounts, or lifts their bans, in a product's web panel. */
export function setBanned(
  { sonoran }: World,
  product: ProductName,
  isBanned: boolean,
  ids: readonly string[],
): void {
  for (const id of ids) {
    if (isBanned) sonoran[product].ban(id);
    else sonoran[product].unban(id);
  }
}

/** Which of these API IDs are refused at the door, as licences. */
export async function refusedOf(world: World, apiIds: readonly string[]): Promise<string[]> {
  const refused: string[] = [];
  for (const apiId of apiIds) if (await knock(world, [`license:${apiId}`])) refused.push(apiId);
  return refused;
}
