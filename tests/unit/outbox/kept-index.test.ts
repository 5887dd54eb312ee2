import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../fixed-seed.ts';
import type { Subject } from '../../../server/identity/subject.ts';
import type { DeliveryState, Product } from '../../../server/moderation/action.ts';
import { KeptIndex } from '../../../server/outbox/kept-index.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';

const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: 'x', nextTryAt: null };
const api = (value: string): Subject => ({ by: 'apiId', value });

const none = () => [];

function waiting(id: string, values: readonly string[], products: readonly Product[] = ['cad']) {
  return action({
    id,
    person: person({ identifiers: values.map((value) => `license:${value}`) }),
    deliveries: products.map((product) => delivery(product, { subjects: values.map(api), state: KEPT })),
  });
}

describe('a share that waits', () => {
  it('is found by the name that stands in it, in any case, and by no other', () => {
    const index = new KeptIndex();
    index.put(waiting('a', ['abc']), none);
    expect(index.find('cad', api('ABC'))).toEqual([{ actionId: 'a', own: api('abc') }]);
    expect(index.find('cad', api('ab'))).toEqual([]);
    expect(index.find('cms', api('abc'))).toEqual([]);
    expect(index.find('cad', { by: 'discord', value: 'abc' })).toEqual([]);
  });

  it('is found by the names that its person has by the rules of now', () => {
    const index = new KeptIndex();
    index.put(waiting('a', []), () => [{ by: 'discord', value: '7' }]);
    expect(index.find('cad', { by: 'discord', value: '7' })).toHaveLength(1);
    expect(index.ways('a', 'cad')).toEqual([{ by: 'discord', value: '7' }]);
  });

  it('is found beside others of the same name', () => {
    const index = new KeptIndex();
    index.put(waiting('a', ['abc']), none);
    index.put(waiting('b', ['abc', 'def']), none);
    expect(index.find('cad', api('abc')).map(({ actionId }) => actionId)).toEqual(['a', 'b']);
    expect(index.about(['license:abc', 'license:def'])).toEqual(['a', 'b']);
    index.remove('a');
    expect(index.find('cad', api('abc')).map(({ actionId }) => actionId)).toEqual(['b']);
  });

  it.each([
    ['is on its way', QUEUED],
    ['has arrived', DELIVERED],
    ['is held for the credentials', { ...KEPT, code: 'BAD_CREDENTIALS' }],
    ['was refused', { status: 'refused', code: 'NOT_LINKED', detail: '' }],
  ] satisfies [string, DeliveryState][])('is not there when it %s', (_, state) => {
    const index = new KeptIndex();
    index.put(waiting('a', ['abc']), none);
    index.put({ ...waiting('a', ['abc']), deliveries: [delivery('cad', { state })] }, none);
    expect(index.isEmpty).toBe(true);
    expect(index.first('cad')).toBeUndefined();
  });

  it('is there in the products alone in which it waits', () => {
    const index = new KeptIndex();
    index.put(waiting('a', ['abc'], ['cms', 'cad']), none);
    expect([index.first('cms'), index.first('cad')]).toEqual(['a', 'a']);
    index.put(waiting('a', ['abc'], ['cms']), none);
    expect([index.first('cms'), index.first('cad')]).toEqual(['a', undefined]);
    expect([index.ways('a', 'cms'), index.ways('a', 'cad')]).toEqual([[api('abc')], []]);
  });
});

it('finds what a walk through everything would find, whatever comes and goes', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const values = fc.uniqueArray(fc.constantFrom('1', '2', 'x', 'X'), { maxLength: 3 });
  const products = fc.uniqueArray(fc.constantFrom<Product>('cms', 'cad'));
  const steps = fc.array(fc.record({ id, values, products, isGone: fc.boolean() }), { maxLength: 30 });
  fc.assert(
    fc.property(steps, (all) => {
      const index = new KeptIndex();
      const model = new Map<string, { values: readonly string[]; products: readonly Product[] }>();
      for (const step of all) {
        if (step.isGone) index.remove(step.id);
        else index.put(waiting(step.id, step.values, step.products), none);
        model.delete(step.id);
        if (!step.isGone && step.products.length > 0) model.set(step.id, step);
      }
      expect([...index.all()].sort()).toEqual([...model.keys()].sort());
      for (const product of ['cms', 'cad'] as const) {
        const there = [...model].filter(([, share]) => share.products.includes(product));
        expect(index.first(product) === undefined).toBe(there.length === 0);
        for (const value of ['1', '2', 'x', 'X', '3']) {
          const expected = there.filter(([, share]) =>
            share.values.some((each) => each.toLowerCase() === value.toLowerCase()),
          );
          const found = index.find(product, api(value)).map(({ actionId }) => actionId);
          expect([...found].sort()).toEqual(expected.map(([name]) => name).sort());
        }
      }
      for (const value of ['1', 'x']) {
        const expected = [...model].filter(([, share]) => share.values.includes(value));
        expect([...index.about([`license:${value}`])].sort()).toEqual(expected.map(([name]) => name).sort());
      }
    }),
  );
});
