import { describe, expect, it } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import { obey } from '../../../devserver/sonoran/control.ts';
import { get, v1 } from './api-client.ts';
import { start } from './running.ts';
import { startTarget } from './target.ts';

describe('one message at a time', () => {
  it('adds accounts, sets and clears faults, reads requests and effects', async () => {
    const sonoran = await start();
    const { cms } = sonoran;
    const added = await obey(sonoran, {
      id: 1,
      do: 'addAccount',
      product: 'cms',
      account: { accName: 'Dana', apiIds: ['a'] },
    });
    expect(added).toMatchObject({ id: 1, ok: true, result: { accName: 'Dana', activeApiIds: ['a'] } });
    expect(
      await obey(sonoran, { do: 'addAccount', product: 'cad', account: { communityUserId: 'a', status: 4 } }),
    ).toMatchObject({ id: null, ok: true, result: { communityUserId: 'a', status: 4 } });

    const fault = { kind: 'html', effect: true };
    await obey(sonoran, { do: 'fault', product: 'cms', operation: 'BAN_ACCOUNT', fault, times: 1 });
    await obey(sonoran, { do: 'fault', product: 'cms', operation: '*', fault: { kind: 'empty' } });
    await obey(sonoran, {
      do: 'fault',
      product: 'cad',
      operation: 'accounts',
      fault: { kind: 'wrong-json' },
    });
    const ban = () => v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
    expect((await ban()).status).toBe(502);
    expect((await ban()).text).toBe('');
    expect((await get(sonoran.cad, '/v2/general/accounts')).json).toHaveProperty('of');
    await obey(sonoran, { do: 'clearFaults', product: 'cms' });
    expect((await ban()).text).toBe('CLOCKED IN');

    const effects = await obey(sonoran, { do: 'effects', product: 'cms', from: 1 });
    expect(effects).toMatchObject({ result: [{ kind: 'ban', requestIndex: 2, changed: false }] });
    const requests = await obey(sonoran, { do: 'requests', product: 'cms', from: 2 });
    expect(requests).toMatchObject({
      result: [{ index: 2, operation: 'BAN_ACCOUNT', status: 200, response: '200 OK CLOCKED IN' }],
    });
    expect(JSON.stringify(requests)).not.toContain(cms.settings.apiKey);
  });

  it('links an API ID to an account, beside those that it has', async () => {
    const sonoran = await start();
    const { accId } = sonoran.cms.addAccount({ apiIds: ['a'] });
    const { uuid } = sonoran.cad.addAccount();
    const link = { do: 'link', apiId: 'b' } as const;
    expect(await obey(sonoran, { ...link, product: 'cms', accId })).toMatchObject({ ok: true });
    expect(await obey(sonoran, { ...link, product: 'cad', accId: uuid })).toMatchObject({ ok: true });
    expect(sonoran.cms.account(accId).activeApiIds).toEqual(['a', 'b']);
    expect(sonoran.cad.account(uuid)).toMatchObject({ apiIds: ['b'], communityUserId: 'b' });
    expect(await obey(sonoran, { ...link, product: 'cms', accId: 'x' })).toMatchObject({ ok: false });
  });

  it('adds many accounts at once, and acts in the web panels', async () => {
    const sonoran = await start();
    const { cms, cad } = sonoran;
    const accounts = Array.from({ length: 1000 }, (_, number) => ({ apiIds: [`a${number}`] }));
    expect(await obey(sonoran, { do: 'addAccounts', product: 'cms', accounts })).toMatchObject({
      result: 1000,
    });
    expect(await obey(sonoran, { do: 'addAccounts', product: 'cad', accounts })).toMatchObject({
      result: 1000,
    });
    expect((await get(cms, '/v2/community/accounts')).json).toMatchObject({ data: { total: 1000 } });
    const { accId } = cms.addAccount();
    const { uuid } = cad.addAccount();
    for (const act of ['ban', 'unban', 'kick'] as const) {
      expect(await obey(sonoran, { do: act, product: 'cms', accId })).toMatchObject({ ok: true });
      expect(await obey(sonoran, { do: act, product: 'cad', accId: uuid })).toMatchObject({ ok: true });
    }
    expect([cms, cad].map(({ effects }) => effects.map(({ kind }) => kind))).toEqual([
      ['ban', 'unban', 'kick'],
      ['ban', 'unban', 'kick'],
    ]);
    expect(await obey(sonoran, { do: 'ban', product: 'cms', accId: 'nobody' })).toMatchObject({ ok: false });
  });

  it('sends push events, and tells what came of them without the key', async () => {
    const sonoran = await start();
    const { cms } = sonoran;
    const target = await startTarget();
    await obey(sonoran, { do: 'pushEventsTo', urls: [target.url] });
    const { accId } = cms.addAccount();
    cms.ban(accId);
    cms.kick(accId);
    await until(() => cms.pushes.every(({ status }) => status === 200));
    const pushes = await obey(sonoran, { do: 'pushes', from: 1 });
    expect(pushes).toMatchObject({
      result: [
        { index: 1, type: 'ACCOUNT_KICKED', accountId: accId, url: target.url, status: 200, answer: 'ok' },
      ],
    });
    expect(JSON.stringify(pushes)).not.toContain(cms.settings.apiKey);
    await obey(sonoran, { do: 'pushEventsTo', urls: [] });
    cms.readmit(accId);
    cms.unban(accId);
    expect(cms.pushes).toHaveLength(2);
  });

  it('takes a host down and up, and stops', async () => {
    const sonoran = await start();
    await obey(sonoran, { do: 'down', product: 'cms' });
    await expect(get(sonoran.cms, '/')).rejects.toThrow();
    await obey(sonoran, { do: 'up', product: 'cms' });
    expect((await get(sonoran.cms, '/')).status).toBe(404);
    expect(await obey(sonoran, { id: 'last', do: 'stop' })).toEqual({ id: 'last', ok: true, result: null });
    await expect(get(sonoran.cad, '/')).rejects.toThrow();
  });

  it.each([
    undefined,
    null,
    'stop',
    [],
    {},
    { do: 'dance' },
    { do: 'down', product: 'radio' },
    { do: 'addAccount', product: 'cms', account: { username: 'Dana' } },
    { do: 'addAccount', product: 'cad', account: { status: 5 } },
    { do: 'fault', product: 'cms', operation: 'account-bans', fault: { kind: 'empty' } },
    { do: 'fault', product: 'cms', operation: '*', fault: { kind: 'hang' } },
    { do: 'fault', product: 'cms', operation: '*', fault: { kind: 'empty' }, times: -1 },
    { do: 'fault', product: 'cms', operation: '*', fault: { kind: 'empty', after: -1 } },
    { do: 'requests', product: 'cms', from: 'all' },
    { do: 'pushEventsTo', urls: ['nowhere'] },
    { do: 'addAccounts', product: 'cms', accounts: [{ username: 'Dana' }] },
  ])('says what is wrong with %j', async (message) => {
    const sonoran = await start();
    expect(await obey(sonoran, message)).toMatchObject({ ok: false, error: expect.stringMatching(/./) });
  });
});
