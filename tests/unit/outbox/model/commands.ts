import fc from 'fast-check';
import { expect } from 'vitest';
import { ACTION_KINDS, PRODUCTS, type Product } from '../../../../server/moderation/action.ts';
import { HOUR } from './game-server.ts';
import type { Model } from './model.ts';
import type { Weather } from './sonoran.ts';
import type { World } from './world.ts';

type Command = fc.AsyncCommand<Model, World>;

/** A command that can always be given; afterwards all must be as the model says. */
function command(name: string, act: (world: World) => unknown): Command {
  return {
    check: () => true,
    async run(_, world) {
      if (!world.life.isAlive) await world.restart('kill', 500);
      await act(world);
      expect(await world.faults()).toEqual([]);
    },
    toString: () => name,
  };
}

const product = fc.constantFrom(...PRODUCTS);
const products = fc.constantFrom<readonly Product[]>(['cms', 'cad'], ['cms', 'cad'], ['cad'], ['cms']);
const fault = fc.constantFrom<Weather['fault']>(
  'none',
  'none',
  'lost',
  'lost',
  'failed',
  'unreachable',
  'refused',
  'limited',
  'not-enabled',
);
const delay = fc.constantFrom(0, 0, 5, 400, 3_000);
const weather: fc.Arbitrary<Weather> = fc.record({ fault, wayMs: delay, backMs: delay });
const down = fc.constantFrom(0, 500, 5_000, 60_000, HOUR);

const decide = fc
  .record({
    who: fc.nat({ max: 3 }),
    kind: fc.constantFrom(...ACTION_KINDS, 'ban' as const, 'unban' as const),
    products,
    key: fc.option(fc.constantFrom('k1', 'k2', 'k3'), { nil: undefined, freq: 3 }),
    isPerson: fc.boolean(),
  })
  .map(({ who, kind, products: where, key, isPerson }) =>
    command(
      `${kind} p${who} in ${where.join('+')}${key ? ` as ${key}` : ''}${isPerson ? ' (chat)' : ''}`,
      (world) => world.decide(who, kind, where, key, isPerson),
    ),
  );

const link = fc
  .tuple(fc.nat({ max: 3 }), product, fc.constantFrom('steam' as const, 'license' as const))
  .map(([who, where, by]) =>
    command(`p${who} is linked in ${where} by ${by}`, (world) => world.link(who, where, by)),
  );

const storm = fc
  .tuple(product, fc.array(weather, { minLength: 1, maxLength: 5 }))
  .map(([where, list]) =>
    command(`${where}: ${list.map((one) => `${one.fault} ${one.wayMs}+${one.backMs}`).join(', ')}`, (world) =>
      world.product(where).weather.push(...list),
    ),
  );

const outage = fc.tuple(product, fc.boolean()).map(([where, isDown]) =>
  command(`${where} is ${isDown ? 'down' : 'up'}`, (world) => {
    world.product(where).isDown = isDown;
  }),
);

const rekey = product.map((where) =>
  command(`${where} has a new key`, (world) => {
    world.product(where).key++;
  }),
);

const pass = fc
  .constantFrom(1, 500, 1_000, 5_000, 20_000, 30_000, 300_000, HOUR, HOUR)
  .map((ms) => command(`pass ${ms}`, (world) => world.pass(ms)));

/** Of the wall clock, which no delivery goes by. */
const jump = fc
  .constantFrom(-30 * 24 * HOUR, -HOUR, -1_000, 1_000, HOUR, 24 * HOUR, 8 * 24 * HOUR)
  .map((ms) => command(`jump ${ms}`, (world) => world.jump(ms)));

const restart = fc
  .tuple(fc.constantFrom('stop' as const, 'kill' as const), down)
  .map(([how, ms]) => command(`${how}, back after ${ms}`, (world) => world.restart(how, ms)));

const dieWriting = fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 5 })).map(([skip, reached]) =>
  command(`die in write ${skip} with ${reached} on disk`, (world) => {
    world.life.dieWriting(skip, reached);
  }),
);

const disk = fc
  .boolean()
  .map((isFull) => command(`the disk ${isFull ? 'is full' : 'has room'}`, (world) => world.fill(isFull)));

const cancel = fc.nat({ max: 30 }).map((which) =>
  command(`cancel ${which}`, async (world) => {
    const { decisions } = world.model;
    const decision = decisions[which % Math.max(decisions.length, 1)];
    if (decision) await world.cancel(decision.id);
  }),
);

const retry = fc.option(fc.nat({ max: 30 }), { freq: 2 }).map((which) =>
  command(which === null ? 'retry all' : `retry ${which}`, (world) => {
    const { decisions } = world.model;
    world.retry(which === null ? undefined : decisions[which % Math.max(decisions.length, 1)]?.id);
  }),
);

/** Anything that can happen to a queue. */
export const anything = [
  decide,
  decide,
  decide,
  decide,
  link,
  storm,
  storm,
  outage,
  rekey,
  pass,
  pass,
  pass,
  jump,
  restart,
  dieWriting,
  disk,
  cancel,
  retry,
];
