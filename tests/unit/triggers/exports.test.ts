import { expect, it } from 'vitest';
import { createExports, type ExportOptions } from '../../../server/triggers/exports.ts';
import type { OpenCall } from '../../../server/triggers/open-calls.ts';
import { checkedSay } from '../checked-say.ts';

it('a fault of ours costs no caller the answer', async () => {
  const bugs: string[] = [];
  const options = {
    say: checkedSay,
    ready: Promise.resolve(),
    isConfigured: () => true,
    callingResource: () => 'anticheat',
    find() {
      throw new Error('unforeseen');
    },
    moderation: { refuse: (_request: unknown, code: string, message: string) => ({ code, message }) },
    calls: {
      open: (run: (call: OpenCall<unknown>) => Promise<unknown>) =>
        run({ answer() {}, isAnswered: () => false } as unknown as OpenCall<unknown>),
    },
    onBug: (where: string) => bugs.push(where),
  };
  const exported = createExports(options as unknown as ExportOptions);
  expect(await exported.banPlayer('license:cafe', 'ramming')).toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('internal error'),
  });
  expect(await exported.lookupPlayer('license:cafe')).toMatchObject({ code: 'REFUSED' });
  expect(bugs).toEqual(['banPlayer', 'lookupPlayer']);
});
