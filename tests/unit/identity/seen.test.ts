import { describe, expect, it } from 'vitest';
import { createSeen } from '../../../server/identity/seen.ts';

/** What fits: see `MOST` there. */
const MOST = 20_000;
/** Of somebody who is on the way in. */
const TEMPORARY = 65_536;

function player(id: number, ...identifiers: string[]) {
  return { id, name: `p${id}`, identifiers };
}

describe('who was seen', () => {
  it('is found by the server id, also after leaving, and whoever has it now before whoever had it', () => {
    const seen = createSeen();
    expect(seen.byId(1)).toBeUndefined();
    seen.saw(player(1, 'license:a'));
    expect(seen.byId(1)?.identifiers).toEqual(['license:a']);
    seen.saw(player(1, 'license:b'));
    expect(seen.byId(1)?.identifiers).toEqual(['license:b']);
  });

  it('is not found by the temporary id of the way in, and is known by the identifiers all the same', () => {
    const seen = createSeen();
    seen.saw(player(TEMPORARY, 'license:a', 'discord:1'));
    expect(seen.byId(TEMPORARY)).toBeUndefined();
    expect(seen.latest()).toEqual([]);
    expect(seen.with(['discord:1'])).toContain('license:a');
  });

  it('is listed with who came last first, each once', () => {
    const seen = createSeen();
    for (const id of [1, 2, 3, 1]) seen.saw(player(id, `license:${id}`));
    expect(seen.latest().map(({ id }) => id)).toEqual([1, 3, 2]);
  });
});

describe('identifiers', () => {
  it('of one player belong together, one step and no further', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:a', 'discord:1'));
    seen.saw(player(2, 'discord:1', 'steam:c'));
    expect([...seen.with(['license:a'])].sort()).toEqual(['discord:1', 'license:a']);
    expect([...seen.with(['discord:1'])].sort()).toEqual(['discord:1', 'license:a', 'steam:c']);
    expect(seen.with(['fivem:9'])).toEqual(['fivem:9']);
    expect(seen.with([])).toEqual([]);
  });

  it('that were seen on one player once belong together though they come with others now', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:a', 'discord:1'));
    seen.saw(player(1, 'license:a', 'discord:2'));
    expect([...seen.with(['license:a'])].sort()).toEqual(['discord:1', 'discord:2', 'license:a']);
    expect(seen.with(['discord:1'])).not.toContain('discord:2');
  });
});

describe('of more people than fit', () => {
  it('is forgotten who was seen longest ago, and nobody who came again', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:first', 'discord:1'));
    seen.saw(player(2, 'license:second', 'discord:2'));
    seen.saw(player(1, 'license:first', 'discord:1'));
    for (let number = 0; number < MOST - 1; number++) seen.saw(player(10 + number, `license:${number}`));
    expect(seen.with(['discord:1'])).toContain('license:first');
    expect(seen.with(['discord:2'])).toEqual(['discord:2']);
    expect(seen.byId(2)).toBeUndefined();
    expect(seen.byId(1)?.name).toBe('p1');
    expect(seen.latest()).toHaveLength(MOST);
  });

  it('those who hammer the door push out nobody’s server id', () => {
    const seen = createSeen();
    seen.saw(player(1, 'license:here'));
    for (let number = 0; number <= MOST; number++) seen.saw(player(TEMPORARY + number, 'license:hammer'));
    expect(seen.byId(1)?.name).toBe('p1');
    expect(seen.with(['license:here'])).toEqual(['license:here']);
  });
});
