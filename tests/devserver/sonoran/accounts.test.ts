import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../devserver/clock.ts';
import { Selections } from '../../../devserver/sonoran/selections.ts';
import { get, post, v1 } from './api-client.ts';
import { start } from './running.ts';

it('generates the same accounts in every run, others for another seed', async () => {
  const added = async (seed: string) => {
    const { cms, cad } = await start({ seed, clock: new VirtualClock() });
    return [cms.addAccount(), cms.addAccount(), cad.addAccount(), cad.addAccount()];
  };
  const first = await added('a');
  expect(await added('a')).toEqual(first);
  const ids = [...first, ...(await added('b'))].map((each) => ('accId' in each ? each.accId : each.uuid));
  expect(new Set(ids).size).toBe(8);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
});

it('links a new account to nothing that was not asked for', async () => {
  const { cms, cad } = await start();
  expect(cms.addAccount()).toMatchObject({ activeApiIds: [], discordId: null, banned: false, member: true });
  expect(cad.addAccount()).toMatchObject({ apiIds: [], communityUserId: '', discord: null, roblox: null });
});

it('refuses an id that is taken, and knows nobody who was never added', async () => {
  const { cms, cad } = await start();
  const { accId } = cms.addAccount();
  const { uuid } = cad.addAccount();
  expect(() => cms.addAccount({ accId })).toThrow(/exists already/);
  expect(() => cad.addAccount({ uuid })).toThrow(/exists already/);
  expect(() => cms.account('x')).toThrow(/no CMS account/);
  expect(() => cad.ban('x')).toThrow(/no CAD account/);
});

describe('the web panel', () => {
  it('bans, lifts, kicks and readmits in CMS', async () => {
    const clock = new VirtualClock(5000);
    const { cms } = await start({ clock });
    const { accId } = cms.addAccount({ apiIds: ['a'] });
    cms.ban(accId);
    expect(cms.account(accId).banned).toBe(true);
    cms.unban(accId);
    cms.kick(accId);
    expect(cms.account(accId)).toMatchObject({ banned: false, member: false });
    const kick = () => v1(cms, 'KICK_ACCOUNT', '/general/kick_account', [{ apiId: 'a' }]);
    expect((await kick()).status).toBe(400);
    cms.readmit(accId);
    expect((await kick()).status).toBe(200);
    expect(cms.effects).toEqual([
      { at: 5000, accId, kind: 'ban', requestIndex: undefined, changed: true },
      { at: 5000, accId, kind: 'unban', requestIndex: undefined, changed: true },
      { at: 5000, accId, kind: 'kick', requestIndex: undefined, changed: true },
      { at: 5000, accId, kind: 'kick', requestIndex: 1, changed: true },
    ]);
  });

  it('does the same in CAD', async () => {
    const { cad } = await start();
    const { uuid } = cad.addAccount({ apiIds: ['a'] });
    const linked = async () =>
      (await post(cad, '/v2/general/links/check', { communityUserId: 'a' })).json as { linked: boolean };
    cad.ban(uuid);
    expect(cad.account(uuid).status).toBe(4);
    cad.unban(uuid);
    cad.kick(uuid);
    expect(cad.account(uuid).status).toBe(3);
    expect((await linked()).linked).toBe(false);
    cad.readmit(uuid);
    expect((await linked()).linked).toBe(true);
    expect(cad.effects.map((effect) => effect.kind)).toEqual(['ban', 'unban', 'kick']);
  });

  it('edits accounts', async () => {
    const { cms, cad } = await start();
    const { accId } = cms.addAccount({ apiIds: ['a'], accName: 'Dana' });
    cms.updateAccount(accId, { apiIds: ['b'], discordId: '5' });
    expect(cms.account(accId)).toMatchObject({ activeApiIds: ['b'], discordId: '5', accName: 'Dana' });
    const { uuid } = cad.addAccount({ apiIds: ['a'] });
    cad.updateAccount(uuid, { apiIds: ['b', 'c'] });
    expect(cad.account(uuid)).toMatchObject({ communityUserId: 'b', apiIds: ['b', 'c'] });
    expect((await get(cms, '/v2/community/accounts/search?apiId=a')).json).toMatchObject({
      data: { total: 0 },
    });
  });
});

it('tells who watches what changed, and by whom', async () => {
  const { cms } = await start();
  const seen: unknown[] = [];
  const stop = cms.onChange(({ kind, panel, account }) => seen.push([kind, panel, account.banned]));
  const { accId } = cms.addAccount({ apiIds: ['a'] });
  const ban = () => v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
  await ban();
  await ban();
  cms.unban(accId);
  cms.updateAccount(accId, { comName: 'D.' });
  stop();
  cms.kick(accId);
  expect(seen).toEqual([
    ['added', true, false],
    ['ban', false, true],
    ['unban', true, false],
    ['updated', true, false],
  ]);
});

it('hands out accounts that do not change under the reader', async () => {
  const { cms } = await start();
  const before = cms.addAccount();
  cms.ban(before.accId);
  expect([before.banned, cms.account(before.accId).banned]).toEqual([false, true]);
});

describe('a list that is read page by page', () => {
  it('is filtered once, and again when something has changed', () => {
    const numbers = [1, 2, 3, 4];
    const looked: number[] = [];
    const selections = new Selections(() => numbers);
    const even = () =>
      selections.get('even', (number) => {
        looked.push(number);
        return number % 2 === 0;
      });
    expect([even(), even(), selections.get('all', () => true)]).toEqual([[2, 4], [2, 4], numbers]);
    expect(looked).toEqual(numbers);
    numbers.push(6);
    selections.forget();
    expect(even()).toEqual([2, 4, 6]);
  });

  it('shows every change at once', async () => {
    const { cms, cad } = await start();
    const totals = async () => {
      const cmsPage = (await get(cms, '/v2/community/accounts?banned=true')).json;
      const cadPage = (await get(cad, '/v2/general/accounts?status=4')).json;
      return JSON.stringify([cmsPage, cadPage]).match(/"total":\d+/g);
    };
    const { accId } = cms.addAccount({ banned: true });
    const { uuid } = cad.addAccount({ status: 4 });
    const seen = [await totals()];
    cms.addAccount({ banned: true });
    cad.addAccount({ status: 4 });
    seen.push(await totals());
    cms.unban(accId);
    cad.unban(uuid);
    seen.push(await totals());
    cms.updateAccount(accId, { banned: true });
    cad.updateAccount(uuid, { status: 4 });
    seen.push(await totals());
    cms.kick(accId);
    cad.readmit(uuid);
    seen.push(await totals());
    expect(seen).toEqual([1, 2, 1, 2, 1].map((total) => [`"total":${total}`, `"total":${total}`]));
  });
});
