import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readActionRecord, writeActionRecord } from '../../../server/storage/action-record.ts';
import { action, DELIVERED, delivery } from '../action.ts';
import { anyText } from '../identity/arbitraries.ts';
import { anyAction } from './any-action.ts';

const written = writeActionRecord(action());

/** The record of an action with a part of it edited by hand. */
function edited(change: (record: Record<string, unknown>) => void): string {
  const record = JSON.parse(written) as Record<string, unknown>;
  change(record);
  return JSON.stringify(record);
}

describe('the record of an action', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(anyAction, (any) => {
        // Minus zero is written as zero.
        expect(readActionRecord(writeActionRecord(any))?.action).toEqual(JSON.parse(JSON.stringify(any)));
      }),
      { numRuns: 300 },
    );
  });

  it('says its version', () => {
    expect(JSON.parse(written)).toMatchObject({ version: 4 });
  });

  it('that is only half written is none', () => {
    fc.assert(
      fc.property(anyAction, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (any, share) => {
        const text = writeActionRecord(any);
        expect(readActionRecord(text.slice(0, Math.floor(text.length * share)))).toBeUndefined();
      }),
    );
  });

  it.each([
    ['of an older version', edited((record) => Object.assign(record, { version: 0 }))],
    ['of a newer version', edited((record) => Object.assign(record, { version: 5 }))],
    [
      'of an older version with what a newer one has',
      edited((record) => Object.assign(record, { version: 2 })),
    ],
    ['without what its version has', edited((record) => delete record['inForce'])],
    [
      'with what only an older version has',
      edited((record) => Object.assign(record, { isExpiryPending: true })),
    ],
    ['of a version in words', edited((record) => Object.assign(record, { version: '1' }))],
    ['without a version', edited((record) => delete record['version'])],
    ['with more than we know of', edited((record) => Object.assign(record, { more: true }))],
    ['without an id', edited((record) => Object.assign(record, { id: '' }))],
    ['of another kind', edited((record) => Object.assign(record, { kind: 'mute' }))],
    ['of another product', edited((record) => Object.assign(record, { deliveries: [{ product: 'mdt' }] }))],
    [
      'with a candidate below nothing',
      writeActionRecord(action({ deliveries: [delivery('cad', { candidate: -1 })] })),
    ],
    ['with half a try', writeActionRecord(action({ deliveries: [delivery('cad', { attempts: 0.5 })] }))],
    ['with an order that is none', edited((record) => Object.assign(record, { sequence: 1e300 }))],
    ['with a time that is none', written.replace('1700000000000', '1e999')],
    ['in a list', `[${written}]`],
    ['as text', JSON.stringify(written)],
    ['with rubbish behind it', `${written}}`],
    ['with nothing in it', ''],
    ['that is null', 'null'],
    ['that is a prototype', '{"__proto__":{"version":1}}'],
  ])('%s is none', (_, text) => {
    expect(readActionRecord(text)).toBeUndefined();
  });

  it('with one product twice is none: one of them could never settle', () => {
    const twice = action({ deliveries: [delivery('cad'), delivery('cad', { state: DELIVERED })] });
    expect(readActionRecord(writeActionRecord(twice))).toBeUndefined();
  });

  it('never throws, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.json()), (text) => {
        expect(readActionRecord(text)).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('with any one character changed is the record of an action, or none; it never throws', () => {
    fc.assert(
      fc.property(fc.nat({ max: written.length - 1 }), fc.string({ maxLength: 2 }), (at, other) => {
        const text = written.slice(0, at) + other + written.slice(at + 1);
        const read = readActionRecord(text)?.action;
        if (read) expect(readActionRecord(writeActionRecord(read))?.action).toEqual(read);
      }),
      { numRuns: 1_000 },
    );
  });
});
