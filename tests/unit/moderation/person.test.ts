import { describe, expect, it } from 'vitest';
import { parseTarget } from '../../../server/identity/target.ts';
import {
  absentPerson,
  connectedPerson,
  findPerson,
  subjectableOf,
} from '../../../server/moderation/person.ts';
import { fakePlayers } from '../players.ts';
import { inUse, scriptedApi } from '../scripted-api.ts';

const known = async (playerId: number) => (playerId === 12 ? 'KNOWN' : undefined);
/** CAD is among the products. */
const CAD = [inUse(scriptedApi('cad'))];

function find(text: string) {
  const players = fakePlayers();
  players.join(12, 'Pat', 'license:abc', 'steam:110000112345678');
  players.join(13, 'Sam', 'license:def');
  const target = parseTarget(text);
  if (!target) throw new Error(`${text} is no target`);
  return findPerson(target, players, known, () => undefined);
}

const pat = { name: 'Pat', playerId: 12, account: null };

describe('finding a person', () => {
  it('by server id', () => {
    const identifiers = ['license:abc', 'steam:110000112345678'];
    expect(find('12')).toMatchObject({
      person: { ...pat, identifiers },
      subjectable: { identifiers, account: undefined, cadApiId: undefined },
    });
    expect(find('14')).toBeUndefined();
  });

  it('by an identifier of somebody who is here: with all of theirs, the typed one first', () => {
    const identifiers = ['steam:110000112345678', 'license:abc'];
    expect(find('steam:110000112345678')).toMatchObject({
      person: { ...pat, identifiers },
      subjectable: { identifiers, account: undefined, cadApiId: undefined },
    });
  });

  it('by an identifier of nobody who is here: with that alone', () => {
    expect(find('discord:5')).toEqual({
      person: { name: null, playerId: null, identifiers: ['discord:5'], account: null },
      subjectable: { identifiers: ['discord:5'], account: undefined, cadApiId: undefined },
    });
  });

  it.each([
    ['username:Jane', { by: 'username', value: 'Jane' }],
    ['unique:42', { by: 'unique', value: 42 }],
  ] as const)('by an account, %s: with that alone', (text, account) => {
    expect(find(text)).toEqual({
      person: { name: null, playerId: null, identifiers: [], account: text },
      subjectable: { identifiers: [], account, cadApiId: undefined },
    });
  });
});

describe("what the CAD's own resource knows", () => {
  it('is asked for with CAD among the products, and of those who are here alone', async () => {
    const asked = async (text: string, products = CAD) => {
      const who = find(text);
      return who && (await subjectableOf(who, products)).cadApiId;
    };
    expect(await asked('12')).toBe('KNOWN');
    expect(await asked('license:abc')).toBe('KNOWN');
    expect(await asked('13')).toBeUndefined();
    expect(await asked('discord:5')).toBeUndefined();
    expect(await asked('12', [inUse(scriptedApi('cms'))])).toBeUndefined();
  });
});

describe('somebody', () => {
  it('who is here keeps each identifier once, those told first', () => {
    const players = fakePlayers();
    const player = players.join(13, 'Sam', 'license:def', 'discord:5');
    const { person, subjectable } = connectedPerson(player, ['discord:5', 'fivem:1'], known);
    expect(person.identifiers).toEqual(['discord:5', 'fivem:1', 'license:def']);
    expect(subjectable).toEqual({ identifiers: person.identifiers, account: undefined, cadApiId: undefined });
  });

  it('who is not here is what was told', () => {
    expect(absentPerson('Sam', ['license:def']).person).toEqual({
      name: 'Sam',
      playerId: null,
      identifiers: ['license:def'],
      account: null,
    });
  });
});
