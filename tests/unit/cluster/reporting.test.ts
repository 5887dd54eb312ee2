import { describe, expect, it } from 'vitest';
import { createAsking } from '../../../server/cluster/asking/asking.ts';
import type { AskingOptions } from '../../../server/cluster/asking/options.ts';
import type { Report } from '../../../server/cluster/report.ts';
import { readRequest } from '../../../server/cluster/request.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { kvpOn } from '../storage/kvp-on.ts';

/** What a server reports is in the database in the order in which it was heard, and is kept here until then. */

const link = (apiId: string): Report => ({ about: 'link', apiId, account: null });

function open(disk = new Map<string, string>()) {
  const clock = createManualClock();
  const { storage } = kvpOn(clock, disk);
  const added: Array<{ readonly at: number; readonly body: string }> = [];
  const state = { isThere: true };
  const waiting: Array<() => void> = [];
  let count = 0;
  // Nothing else of it is used here.
  const options = {
    server: { id: 'a', name: 'A' },
    local: storage,
    box: {
      async add(row: { readonly at: number; readonly body: string }) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        if (state.isThere) added.push(row);
        return state.isThere ? 'there' : 'later';
      },
      remove() {},
    },
    now: () => 1_000,
    offset: () => 0,
    products: () => [],
    newId: () => `${disk.size}-${++count}`,
    onAsked() {},
    clock,
  } as unknown as AskingOptions;
  const asking = createAsking(options);
  /** Lets the database answer, the latest question first. */
  async function answer(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) {
      waiting.pop()?.();
      await clock.advance(100);
      await settle();
    }
  }
  const heard = () =>
    added.map(({ body }) => {
      const request = readRequest(body);
      return request?.kind === 'report' && request.report.about === 'link'
        ? request.report.apiId
        : request?.kind;
    });
  const kept = () => [...disk.keys()].filter((name) => name.startsWith('asked:'));
  return { asking, added, state, answer, heard, kept, disk, clock };
}

describe('reports', () => {
  it('are in the database in the order in which they were heard', async () => {
    const { asking, added, answer, heard, kept } = open();
    for (const name of ['one', 'two', 'three']) void asking.report(link(name));
    await answer();
    expect(heard()).toEqual(['one', 'two', 'three']);
    expect(new Set(added.map(({ at }) => at)).size).toBe(3);
    expect(kept()).toEqual([]);
  });

  it('that could not be handed on are handed on after a restart, in that order', async () => {
    const { asking, state, answer, kept, disk } = open();
    state.isThere = false;
    for (const name of ['one', 'two', 'three']) void asking.report(link(name));
    await answer();
    expect(kept()).toHaveLength(3);
    const again = open(new Map([...disk].reverse()));
    await again.asking.resume();
    await again.answer();
    expect(again.heard()).toEqual(['one', 'two', 'three']);
    expect(again.kept()).toEqual([]);
  });

  it('are no more than can be handed on in a moment: the oldest are forgotten', async () => {
    const { asking, state, answer, kept, heard } = open();
    state.isThere = false;
    for (let number = 0; number < 1_010; number++) void asking.report(link(String(number)));
    await answer();
    expect(kept()).toHaveLength(1_000);
    state.isThere = true;
    await answer();
    expect(heard()[0]).toBe('10');
  });

  it('of the door are not kept: the next try tells again', async () => {
    const { asking, state, answer, kept, heard } = open();
    state.isThere = false;
    void asking.report({ about: 'tried', identifiers: ['license:a'] });
    await answer();
    state.isThere = true;
    await answer();
    expect(kept()).toEqual([]);
    expect(heard()).toEqual([]);
  });
});
