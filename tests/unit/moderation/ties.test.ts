import { describe, expect, it } from 'vitest';
import { createSeen } from '../../../server/identity/seen.ts';
import type { Action } from '../../../server/moderation/action.ts';
import { namesOfAction } from '../../../server/moderation/action.ts';
import { learnFrom } from '../../../server/moderation/proof.ts';
import { createTies } from '../../../server/moderation/ties.ts';
import { action, delivery, person } from '../action.ts';

const ONE = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
const TWO = '338bd556-1c65-42f7-afb3-e00679b0bd74';

function start(...actions: readonly Action[]) {
  const seen = createSeen();
  const about = (names: readonly string[]) =>
    actions.filter((each) => namesOfAction(each).some((name) => names.includes(name)));
  return { seen, ties: createTies(seen, { about }) };
}

function account(id: string, name: string | null, ...keys: string[]) {
  // A Discord id with its type is what Discord's own login tells here.
  return { id, name, banned: false, keys, proven: keys.filter((key) => key.startsWith('discord:')) };
}

describe('a name of an account', () => {
  it('stands for the account, in any case, and for whom that is tied to', () => {
    const { ties } = start();
    ties.learn(ONE, ['discord:1'], ['username:Jane', 'unique:7']);
    for (const name of ['username:Jane', 'username:JANE', 'unique:7']) {
      expect(ties.of([name]).toSorted()).toEqual([`account:${ONE}`, 'discord:1', name].toSorted());
    }
    expect(ties.of(['username:Janet'])).toEqual(['username:Janet']);
  });

  it('may be that of an account in each product', () => {
    const { ties } = start();
    ties.learn(ONE, ['discord:1'], ['username:jane']);
    ties.learn(TWO, [], ['username:jane']);
    expect(ties.of(['username:jane'])).toEqual(
      expect.arrayContaining([`account:${ONE}`, `account:${TWO}`, 'discord:1']),
    );
  });

  it('is no longer its when it is called otherwise', () => {
    const { ties } = start();
    ties.learn(ONE, ['discord:1'], ['username:jane', 'unique:7']);
    ties.learn(ONE, ['discord:1'], ['username:june']);
    expect(ties.of(['username:jane'])).toEqual(['username:jane']);
    expect(ties.of(['username:june'])).toContain('discord:1');
    expect(ties.of(['unique:7'])).toContain('discord:1');
  });

  it('in an action is as good as the account that was found by it', () => {
    const named = { by: 'username', value: 'Jane' } as const;
    const state = { status: 'delivered', apiId: 'Jane', account: ONE } as const;
    const { ties } = start(
      action({
        person: person({ identifiers: [], account: 'username:Jane' }),
        deliveries: [delivery('cms', { subjects: [named], state })],
      }),
    );
    expect(ties.of([`account:${ONE}`])).toContain('username:Jane');
  });
});

describe('a look-up proves', () => {
  it('by the Discord login that all of the identifiers of whoever has it are theirs', () => {
    const { ties } = start();
    const found = account(ONE, 'Jane', 'discord:1', 'license2');
    learnFrom(found, { by: 'apiId', value: 'x' }, { identifiers: ['license:x', 'discord:1'] }, ties);
    expect(ties.of([`account:${ONE}`]).toSorted()).toEqual(
      [`account:${ONE}`, 'discord:1', 'license:x'].toSorted(),
    );
  });

  it('nothing about somebody with another Discord account, or none', () => {
    const { ties } = start();
    const found = account(ONE, 'Jane', 'discord:1', 'aaaa');
    learnFrom(found, { by: 'apiId', value: 'aaaa' }, { identifiers: ['license:aaaa', 'discord:2'] }, ties);
    expect(ties.of(['license:aaaa'])).toEqual(['license:aaaa']);
    learnFrom(
      account(TWO, 'June', 'bbbb'),
      { by: 'apiId', value: 'bbbb' },
      { identifiers: ['license:bbbb'] },
      ties,
    );
    expect(ties.of(['license:bbbb'])).toEqual(['license:bbbb']);
    expect(ties.of([`account:${TWO}`])).toEqual([`account:${TWO}`]);
  });

  it('by the field for Discord ids whose account it is', () => {
    const { ties } = start();
    learnFrom(
      account(TWO, null, 'aaaa'),
      { by: 'discord', value: '5' },
      { identifiers: ['discord:5', 'license:c'] },
      ties,
    );
    expect(ties.of([`account:${TWO}`])).toEqual(expect.arrayContaining(['discord:5', 'license:c']));
  });
});
