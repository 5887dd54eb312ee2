import { expect, it } from 'vitest';
import { newBan } from '../../server/bans/ban-index.ts';
import { actOnReports } from '../../server/reports.ts';

it('whoever was refused has the ban of every list asked again: all of them may have been lifted', async () => {
  const asked: unknown[] = [];
  const listOf = (product: 'cms' | 'cad') => {
    const ban = { ...newBan(null, null), listed: [product], key: 'license:beef' };
    return {
      mirror: {
        seen() {},
        find: (names: readonly string[]) => (names.includes('license:beef') ? ban : undefined),
      },
      checkAgain: () => void asked.push(product),
    };
  };
  const lists = [listOf('cms'), listOf('cad')];
  const act = actOnReports({
    // Nothing else of it is used here.
    work: { bans: { all: () => lists } } as unknown as Parameters<typeof actOnReports>[0]['work'],
    pushed: { happened() {} },
    seen: { learn() {} },
    discord: { refused() {} },
  });
  const refusal = { about: 'refused', banId: null, words: '', tries: 1 } as const;
  await act({ ...refusal, player: { id: 1, name: 'Pat', identifiers: ['license:beef'] } }, 0);
  await act({ ...refusal, player: { id: 2, name: 'Sam', identifiers: ['license:cafe'] } }, 0);
  expect(asked).toEqual(['cms', 'cad']);
});
