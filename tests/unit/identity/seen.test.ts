import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeen, type SeenPlayer } from '../../../server/identity/seen.ts';

const TEMPORARY = 0x1_0000;
const MOST = 20_000;

function player(id: number, ...identifiers: string[]): SeenPlayer {
  return { id, name: `p${id}`, identifiers };
}

describe('who was seen', () => {
  it('belongs together as it was seen on one player, in one step and no further', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:a', 'discord:1'));
    seen.saw(player(2, 'license:b', 'discord:1'));
    expect(seen.with(['license:a']).toSorted()).toEqual(['discord:1', 'license:a']);
    expect(seen.with(['discord:1']).toSorted()).toEqual(['discord:1', 'license:a', 'license:b']);
  });

  it('is asked for in vain by a name that nobody had', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:a'));
    expect(seen.with(['license:z'])).toEqual(['license:z']);
    expect(seen.with([])).toEqual([]);
  });

  it('is found by the server id they have or had, whoever had it last', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:a'));
    seen.saw(player(2, 'license:b'));
    seen.saw(player(1, 'license:c'));
    expect(seen.byId(1)?.identifiers).toEqual(['license:c']);
    expect(seen.byId(3)).toBeUndefined();
    expect(seen.latest().map(({ id }) => id)).toEqual([1, 2]);
    // Whose id it was before is known by their identifiers all the same.
    expect(seen.with(['license:a'])).toEqual(['license:a']);
  });

  it('is found by no temporary id, but their identifiers count', () => {
    const seen = createSeen();
    seen.saw(player(TEMPORARY + 1, 'license:a', 'discord:1'));
    expect(seen.byId(TEMPORARY + 1)).toBeUndefined();
    expect(seen.latest()).toEqual([]);
    expect(seen.with(['license:a'])).toContain('discord:1');
  });

  it('is forgotten when too many came after, and not when they come again', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:first', 'discord:1'));
    seen.saw(player(2, 'license:second', 'discord:2'));
    seen.saw(player(1, 'license:first', 'discord:1'));
    for (let id = 3; id <= MOST + 1; id++) seen.saw(player(id, `license:${id}`));
    expect(seen.with(['discord:1'])).toEqual(['discord:1', 'license:first']);
    expect(seen.byId(1)).toBeDefined();
    expect(seen.with(['discord:2'])).toEqual(['discord:2']);
    expect(seen.byId(2)).toBeUndefined();
    expect(seen.latest()).toHaveLength(MOST);
  });
});

const name = fc.constantFrom('license:a', 'license:b', 'license:c', 'discord:1', 'discord:2', 'steam:1');
const someone = fc.uniqueArray(name, { maxLength: 3 });

it('all that was seen on one player together with one of the names, and the names, whatever was seen', () => {
  fc.assert(
    fc.property(fc.array(someone), someone, (people, asked) => {
      const seen = createSeen();
      for (const [place, identifiers] of people.entries()) seen.saw(player(place + 1, ...identifiers));
      const together = people.filter((one) => one.some((each) => asked.includes(each))).flat();
      expect(seen.with(asked).toSorted()).toEqual([...new Set([...asked, ...together])].toSorted());
    }),
  );
});
