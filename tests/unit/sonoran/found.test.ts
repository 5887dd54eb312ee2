import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { tellingFound } from '../../../server/sonoran/found.ts';
import { DONE, NOT_LINKED, scriptedApi } from '../scripted-api.ts';

const ID: Subject = { by: 'apiId', value: 'abc' };

function start(...script: Parameters<typeof scriptedApi>) {
  const told: unknown[] = [];
  const scripted = scriptedApi(...script);
  return { told, scripted, api: tellingFound(scripted, (...found) => told.push(found)) };
}

describe('a name is told of that turns out to be linked', () => {
  it('by a look-up, with the keys of the account', async () => {
    const account = { id: 'x', name: null, banned: false, keys: ['abc', 'discord:7'], proven: [] };
    const { api, told } = start('cms', () => ({ kind: 'found', account }));
    expect(await api.lookup(ID, 'background')).toEqual({ kind: 'found', account });
    expect(told).toEqual([[ID, ['abc', 'discord:7']]]);
  });

  it('by the answer whether it is', async () => {
    const { api, told } = start('cad', undefined, () => ({ kind: 'linked' }));
    await api.isLinked(ID);
    expect(told).toEqual([[ID, []]]);
  });

  it.each([
    ['ban', 1],
    ['unban', 1],
    // Afterwards it is not any more.
    ['kick', 0],
  ] as const)('by a %s (%i)', async (kind, times) => {
    const { api, told, scripted } = start();
    scripted.answerWith(() => DONE);
    expect(await api.sanction(kind, ID)).toEqual(DONE);
    expect(told).toHaveLength(times);
  });
});

it('nothing is told of a name that is not, or of which nothing is known', async () => {
  const { api, told, scripted } = start('cad', undefined, () => ({ kind: 'unknown' }));
  scripted.answerWith(() => NOT_LINKED);
  await api.sanction('ban', ID);
  await api.isLinked(ID);
  await api.lookup(ID, 'person');
  expect(told).toEqual([]);
});
