import { describe, expect, it } from 'vitest';
import { createOnTheWay } from '../../../server/moderation/on-the-way.ts';
import { action, person } from '../action.ts';

const TEMPORARY = 0x1_0000 + 7;
const pat = { id: 12, name: 'Pat', identifiers: ['license:pat', 'steam:1'] };

/** @param connecting who shares an identifier with whoever is to be dropped. */
function start(connecting: readonly number[] = []) {
  return createOnTheWay({
    connecting: (identifiers) => connecting.map((id) => ({ id, name: '', identifiers })),
  });
}

describe('somebody who was to be dropped on the way in', () => {
  it.each([
    ['named by the temporary id', [], { playerId: TEMPORARY }],
    ['named by an identifier', [TEMPORARY], { playerId: null }],
  ])('is, once they have joined, and once: %s', (_, connecting, named) => {
    const onTheWay = start(connecting);
    onTheWay.due(action({ id: 'a', person: person({ identifiers: ['license:pat'], ...named }) }), [
      'license:pat',
    ]);
    expect(onTheWay.joined({ ...pat, id: 11 }, TEMPORARY + 1)).toBeUndefined();
    expect(onTheWay.joined(pat, TEMPORARY)).toBe('a');
    expect(onTheWay.joined(pat, TEMPORARY)).toBeUndefined();
  });

  it('is not somebody else who has got the same temporary id', () => {
    const onTheWay = start([TEMPORARY]);
    onTheWay.due(action({ id: 'a', person: person({ identifiers: ['license:pat'] }) }), ['license:pat']);
    const other = { id: 13, name: 'Nora', identifiers: ['license:nora'] };
    expect(onTheWay.joined(other, TEMPORARY)).toBeUndefined();
    expect(onTheWay.joined(pat, TEMPORARY)).toBeUndefined();
  });

  it('is not whose ban was lifted before, but whose kick was decided', () => {
    for (const [kind, id] of [
      ['ban', undefined],
      ['kick', 'a'],
    ] as const) {
      const onTheWay = start([TEMPORARY]);
      const who = person({ identifiers: ['license:pat'] });
      onTheWay.due(action({ id: 'a', kind, person: who }), who.identifiers);
      onTheWay.lifted(['discord:1', 'license:pat']);
      expect(onTheWay.joined(pat, TEMPORARY)).toBe(id);
    }
  });
});
