import { describe, expect, it } from 'vitest';
import { planDelivery, type Subjectable, subjectsFor } from '../../../server/moderation/plan.ts';
import { checkedSay } from '../checked-say.ts';
import { inUse, scriptedApi } from '../scripted-api.ts';

const cms = inUse(scriptedApi('cms'));
const cad = inUse(scriptedApi('cad'));
const someone: Subjectable = {
  identifiers: ['ip:1.2.3.4', 'license:abc', 'discord:235947056630333440', 'steam:110000112345678'],
  account: undefined,
  cadApiId: undefined,
};

describe('the ways to name somebody', () => {
  it('go by the rules of the product', () => {
    expect(subjectsFor(cad, someone).map(({ value }) => value)).toEqual([
      '110000112345678',
      '235947056630333440',
      '235947056630333440',
      'abc',
    ]);
  });

  it("begin for CAD, and only there, with the CAD resource's own id", () => {
    const known = { ...someone, cadApiId: 'KNOWN' };
    expect(subjectsFor(cad, known)[0]).toEqual({ by: 'apiId', value: 'KNOWN' });
    expect(subjectsFor(cms, known).map(({ value }) => value)).not.toContain('KNOWN');
  });

  it('are the account alone when one was typed', () => {
    const account = { by: 'username', value: 'Jane' } as const;
    expect(subjectsFor(cad, { ...someone, account, cadApiId: 'KNOWN' })).toEqual([account]);
  });
});

describe("a product's share of an action", () => {
  it.each(['ban', 'kick', 'unban'] as const)('of %s begins on its way', (kind) => {
    expect(planDelivery(cad, kind, someone, false, checkedSay)).toEqual({
      product: 'cad',
      subjects: subjectsFor(cad, someone),
      candidate: 0,
      attempts: 0,
      spentMs: 0,
      unanswered: null,
      state: { status: 'queued', code: 'QUEUED', detail: '', nextTryAt: null },
    });
  });

  it('is refused at once where the product has no such call', () => {
    expect(planDelivery(cms, 'unban', someone, false, checkedSay).state).toMatchObject({
      status: 'refused',
      code: 'UNSUPPORTED',
    });
  });

  it('of a temporary ban is refused where the ban could not be lifted', () => {
    expect(planDelivery(cms, 'ban', someone, true, checkedSay).state).toMatchObject({ code: 'UNSUPPORTED' });
    expect(planDelivery(cad, 'ban', someone, true, checkedSay).state).toMatchObject({ status: 'queued' });
  });

  it('is refused where the product does not know accounts by what was typed', () => {
    const typed = (by: 'username' | 'account') => ({
      identifiers: [],
      account: { by, value: 'x' },
      cadApiId: undefined,
    });
    expect(planDelivery(cad, 'ban', typed('username'), false, checkedSay).state).toMatchObject({
      code: 'UNSUPPORTED',
    });
    expect(planDelivery(cms, 'ban', typed('username'), false, checkedSay).state.status).toBe('queued');
    expect(planDelivery(cad, 'ban', typed('account'), false, checkedSay).state.status).toBe('queued');
  });

  it('is refused, with what was looked for, when nothing names the person', () => {
    const nobody = { identifiers: ['ip:1.2.3.4', 'fivem:1'], account: undefined, cadApiId: undefined };
    expect(planDelivery(cad, 'ban', nobody, false, checkedSay)).toMatchObject({
      subjects: [],
      state: { status: 'refused', code: 'NO_IDENTIFIER', detail: 'steam, discord, license' },
    });
  });
});
