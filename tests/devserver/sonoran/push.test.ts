import { describe, expect, it } from 'vitest';
import { until, VirtualClock } from '../../../devserver/clock.ts';
import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import { get, v1 } from './api-client.ts';
import { start } from './running.ts';
import { startTarget } from './target.ts';

const accId = '67ceebae-ee63-43c1-a6a6-5234b2210abf';
const discordId = '235947056630333440';

const settled = ({ cms }: Sonoran) =>
  until(
    () => cms.pushes.every(({ status, error }) => status !== undefined || error !== undefined),
    'the push events',
  );

/** A stand-in with one account that pushes to one target. */
async function withDana(clock = new VirtualClock()) {
  const sonoran = await start({ clock });
  const target = await startTarget();
  sonoran.cms.addAccount({ accId, uniqueId: 7, accName: 'Dana', apiIds: ['a'], discordId });
  sonoran.cms.pushEventsTo(target.url);
  return { clock, sonoran, cms: sonoran.cms, target };
}

const account = {
  accId,
  uniqueId: 7,
  accName: 'Dana',
  comName: 'Dana',
  activeApiIds: ['a'],
  discordId,
  sysStatus: true,
  comStatus: true,
  archived: false,
  banned: false,
  teamspeakId: null,
};

describe('a push event', () => {
  const call = (cms: Sonoran['cms'], type: string, path: string) =>
    v1(cms, type, `/general/${path}`, [{ apiId: 'a' }]);
  const ids = { discordId, accountId: accId };

  it.each([
    {
      what: 'a ban by a call',
      act: (cms: Sonoran['cms']) => call(cms, 'BAN_ACCOUNT', 'ban_account'),
      type: 'ACCOUNT_BANNED',
      data: ids,
    },
    {
      what: 'a ban in the panel',
      act: (cms: Sonoran['cms']) => cms.ban(accId),
      type: 'ACCOUNT_BANNED',
      data: ids,
    },
    {
      what: 'a kick by a call',
      act: (cms: Sonoran['cms']) => call(cms, 'KICK_ACCOUNT', 'kick_account'),
      type: 'ACCOUNT_KICKED',
      data: ids,
    },
    {
      what: 'a kick in the panel',
      act: (cms: Sonoran['cms']) => cms.kick(accId),
      type: 'ACCOUNT_KICKED',
      data: ids,
    },
    {
      what: 'an edit',
      act: (cms: Sonoran['cms']) => cms.updateAccount(accId, { apiIds: ['b', 'c'] }),
      type: 'ACCOUNT_UPDATED',
      data: { ...account, activeApiIds: ['b', 'c'] },
    },
  ])('follows $what', async ({ act, type, data }) => {
    const { sonoran, cms, target } = await withDana();
    await act(cms);
    await until(() => target.received.length === 1);
    await settled(sonoran);
    const body = { key: cms.settings.apiKey, type, data };
    expect(target.received).toEqual([{ method: 'POST', path: '/events', type: 'application/json', body }]);
    expect(cms.pushes).toEqual([
      {
        at: Date.UTC(2026, 0, 1),
        type,
        accountId: accId,
        url: target.url,
        body,
        status: 200,
        answer: 'ok',
        error: undefined,
      },
    ]);
  });

  it('follows a lifted ban, and shows that it is lifted', async () => {
    const { sonoran, cms, target } = await withDana();
    cms.ban(accId);
    cms.unban(accId);
    await settled(sonoran);
    expect(target.received.map(({ body }) => body)).toMatchObject([
      { type: 'ACCOUNT_BANNED' },
      { type: 'ACCOUNT_UPDATED', data: account },
    ]);
  });

  it('shows no Discord where there is none', async () => {
    const { sonoran, cms, target } = await withDana();
    const other = cms.addAccount({ apiIds: ['x'] });
    cms.ban(other.accId);
    await settled(sonoran);
    expect(target.received[0]?.body).toMatchObject({ data: { discordId: null, accountId: other.accId } });
  });

  it('carries the key that the community has at that time', async () => {
    const { sonoran, cms, target } = await withDana();
    cms.settings.apiKey = 'rotated';
    cms.ban(accId);
    await settled(sonoran);
    expect(target.received[0]?.body).toMatchObject({ key: 'rotated' });
  });

  it('does not follow what changed nothing, nor what has no event', async () => {
    const { cms } = await withDana();
    cms.addAccount();
    cms.unban(accId);
    cms.kick(accId);
    cms.kick(accId);
    cms.readmit(accId);
    await v1(cms, 'ADD_MEMBER_RECORD', '/disciplinary/add_member_record', {
      accId,
      points: 1,
      reason: 'x',
    });
    expect(cms.effects).toHaveLength(4);
    expect(cms.pushes.map(({ type }) => type)).toEqual(['ACCOUNT_KICKED']);
  });

  it('follows a call that was never answered', async () => {
    const { cms, target } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'reset', when: 'after' }, 1);
    await expect(call(cms, 'BAN_ACCOUNT', 'ban_account')).rejects.toThrow();
    await until(() => target.received.length === 1);
  });
});

describe('targets', () => {
  it('all get the same event, each in its own time', async () => {
    const { sonoran, cms, target } = await withDana();
    const slow = await startTarget('/cmsban/events');
    let answerSlowly: () => void = () => undefined;
    slow.reply = (response) => {
      answerSlowly = () => response.end('late');
    };
    cms.pushEventsTo([target.url, slow.url, target.url]);
    cms.ban(accId);
    cms.kick(accId);
    await until(() => target.received.length === 2 && slow.received.length === 1);
    expect(slow.received[0]?.body).toEqual(target.received[0]?.body);
    expect((await get(cms, '/v2/community/sub-version')).status).toBe(200);
    answerSlowly();
    await until(() => slow.received.length === 2);
    answerSlowly();
    await settled(sonoran);
    expect(cms.pushes.map(({ url, answer }) => [url === slow.url, answer])).toEqual([
      [false, 'ok'],
      [true, 'late'],
      [false, 'ok'],
      [true, 'late'],
    ]);
  });

  it('get a long row of events in its order', async () => {
    const { sonoran, cms, target } = await withDana();
    const many = Array.from({ length: 200 }, () => cms.addAccount().accId);
    for (const each of many) cms.ban(each);
    await settled(sonoran);
    expect(target.received.map(({ body }) => body)).toMatchObject(
      many.map((accountId) => ({ data: { accountId } })),
    );
  });

  it('can be set and taken away at any time', async () => {
    const { cms, target } = await withDana();
    cms.pushEventsTo(undefined);
    cms.ban(accId);
    expect(cms.pushes).toEqual([]);
    cms.pushEventsTo(target.url);
    cms.unban(accId);
    expect(cms.pushes).toHaveLength(1);
    expect(() => cms.pushEventsTo('nowhere')).toThrow(/URL/);
  });

  it('that are down, or answer badly, get the next event all the same', async () => {
    const { sonoran, cms, target } = await withDana();
    cms.pushEventsTo('http://127.0.0.1:1/events');
    cms.ban(accId);
    cms.pushEventsTo(target.url);
    target.reply = (response) => response.writeHead(503).end('no');
    cms.unban(accId);
    await until(() => target.received.length === 1);
    target.reply = (response) => response.socket?.resetAndDestroy();
    cms.ban(accId);
    await settled(sonoran);
    expect(cms.pushes).toMatchObject([
      { status: undefined, error: expect.stringContaining('ECONNREFUSED') },
      { status: 503, answer: 'no', error: undefined },
      { status: undefined, error: expect.stringContaining('ECONNRESET') },
    ]);
    expect(target.received).toHaveLength(2);
  });

  it('that never answer are given up after half a minute', async () => {
    const { clock, sonoran, cms, target } = await withDana();
    target.reply = () => undefined;
    cms.ban(accId);
    cms.kick(accId);
    await until(() => target.received.length === 1);
    await clock.advance(29_999);
    expect(cms.pushes[0]?.error).toBeUndefined();
    target.reply = (response) => void response.end('ok');
    await clock.advance(1);
    await settled(sonoran);
    expect(cms.pushes).toMatchObject([
      { status: undefined, error: expect.stringContaining('no answer') },
      { status: 200 },
    ]);
    expect(clock.untilNext()).toBeUndefined();
  });

  it('are given the real time that they need, however fast the clock runs', async () => {
    const { clock, cms } = await withDana();
    cms.ban(accId);
    await clock.advance(86_400_000);
    expect(cms.pushes).toMatchObject([{ status: 200 }]);
  });
});

describe('while CMS is down', () => {
  it('nothing is on its way, and what happens then is never told', async () => {
    const { clock, cms, target } = await withDana();
    target.reply = () => undefined;
    cms.ban(accId);
    cms.unban(accId);
    await until(() => target.received.length === 1);
    await cms.down();
    const down = { status: undefined, error: expect.stringContaining('went down') };
    expect(cms.pushes).toMatchObject([down, down]);
    expect(clock.untilNext()).toBeUndefined();
    cms.kick(accId);
    await cms.up();
    expect(cms.pushes).toHaveLength(2);
    target.reply = (response) => void response.end('ok');
    cms.ban(accId);
    await until(() => cms.pushes[2]?.status === 200);
  });
});
