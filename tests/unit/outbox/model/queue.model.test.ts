import '../../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anything } from './commands.ts';
import { World } from './world.ts';

/** To search further: `MODEL_RUNS=20000 MODEL_SEED=7 npx vitest run tests/unit/outbox/model`. */
const { MODEL_RUNS = '600', MODEL_SEED } = process.env;

/**
 * The real moderation, ledger, storage, outbox and rate limits, through faults, deaths in the middle of a write, restarts
 * and clocks that jump, beside a model that is a list. The rules are in `model.ts`.
 */
it('the queue does what the model says, whatever happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(anything, { maxCommands: 60, size: '+1' }), async (commands) => {
      const world = new World();
      await world.boot();
      await fc.asyncModelRun(() => ({ model: world.model, real: world }), commands);
      await world.end();
      expect(await world.faults()).toEqual([]);
      // Nothing is left, and nothing starves.
      expect(world.left()).toEqual([]);
      expect(world.life.clock.timers()).toBe(0);
      expectOrder(world);
    }),
    { numRuns: Number(MODEL_RUNS), ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }) },
  );
}, 600_000);

/** Per person and product, what took effect did so in the order decided, and what was confirmed did take effect. */
function expectOrder({ cms, cad, model }: World): void {
  for (const { product, effects } of [cms, cad]) {
    const latest = new Map<string, number>();
    const counts = new Map<string, number>();
    for (const { name, call } of effects) {
      const decision = model.decisionOf(call);
      if (!decision) throw new Error('an effect without a decision');
      if (!decision.wasKept) {
        expect(decision.sequence).toBeGreaterThanOrEqual(latest.get(name) ?? 0);
        latest.set(name, decision.sequence);
      }
      counts.set(decision.id, (counts.get(decision.id) ?? 0) + 1);
    }
    for (const { id, kind, shares } of model.decisions) {
      const share = shares.find((one) => one.product === product);
      const count = counts.get(id) ?? 0;
      if (!share) continue;
      const { status, code, unseen } = share;
      // Once, and once more for every call whose answer nobody saw.
      expect(count).toBeLessThanOrEqual(1 + unseen);
      if (kind === 'kick') expect(count).toBeLessThanOrEqual(1);
      if (code === 'NOT_LINKED' && kind === 'kick') expect(count).toBe(0);
      const isWithdrawn = product === 'cms' && kind === 'unban';
      if (status === 'delivered' && unseen === 0 && !isWithdrawn) expect(count).toBe(1);
    }
  }
}
