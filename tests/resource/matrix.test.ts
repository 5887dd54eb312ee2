import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';
import { callsTo } from './calls.ts';
import { CAD_KEY, CMS_KEY, openWorld, type World } from './world.ts';

/** Every kind × API × origin × target form, on the built bundle: what went over the wire and what came of it. */

type Kind = 'ban' | 'kick' | 'unban';
type Api = 'CMS v1' | 'CAD v1' | 'CAD v2';
type Origin = 'chat' | 'console' | 'export' | 'txadmin';
type Form = 'server id' | 'steam' | 'license' | 'discord' | 'account' | 'username' | 'unique';

const KINDS: readonly Kind[] = ['ban', 'kick', 'unban'];
const APIS: readonly Api[] = ['CMS v1', 'CAD v1', 'CAD v2'];
const FORMS: readonly Form[] = ['server id', 'steam', 'license', 'discord', 'account', 'username', 'unique'];
const TYPED: readonly Origin[] = ['chat', 'console', 'export'];

/** What txAdmin can express: bans of players and of identifiers, kicks of players, revoked bans of identifiers. */
const TXADMIN_FORMS: Readonly<Record<Kind, readonly Form[]>> = {
  ban: ['server id', 'steam', 'license', 'discord'],
  kick: ['server id'],
  unban: ['steam', 'license', 'discord'],
};

/** Somebody with an account in both products; each test has its own. */
interface Somebody {
  readonly name: string;
  readonly license: string;
  readonly steam: string;
  readonly discord: string;
  readonly identifiers: readonly string[];
  readonly accId: string;
  readonly uniqueId: number;
  readonly uuid: string;
}

let count = 0;

function newSomebody({ sonoran }: World): Somebody {
  const number = ++count;
  const name = `Nora${number}`;
  const license = `beef${number}`;
  const steam = `1100001${String(number).padStart(8, '0')}`;
  const discord = `23594705663${String(number).padStart(7, '0')}`;
  const { accId, uniqueId } = sonoran.cms.addAccount({
    accName: name,
    apiIds: [steam, license],
    discordId: discord,
  });
  const { uuid } = sonoran.cad.addAccount({ username: name, apiIds: [license, steam, discord], discord });
  const identifiers = [`license:${license}`, `steam:${steam}`, `discord:${discord}`, 'ip:127.0.0.1'];
  return { name, license, steam, discord, identifiers, accId, uniqueId, uuid };
}

/** The one field that must name the account; undefined where the API has none for this form. */
function fieldOf(api: Api, form: Form, who: Somebody): Record<string, unknown> | undefined {
  const apiId = api === 'CAD v2' ? 'communityUserId' : 'apiId';
  switch (form) {
    case 'server id':
      // The first of cmsban_cms_id_types and cmsban_cad_id_types.
      return api === 'CMS v1' ? { discord: who.discord } : { [apiId]: who.license };
    case 'steam':
      return { [apiId]: who.steam };
    case 'license':
      return { [apiId]: who.license };
    case 'discord':
      return api === 'CAD v1' ? { apiId: who.discord } : { discord: who.discord };
    case 'account':
      return api === 'CMS v1'
        ? { accId: who.accId }
        : { [api === 'CAD v1' ? 'accId' : 'accountUuid']: who.uuid };
    case 'username':
      return api === 'CMS v1' ? { username: who.name } : undefined;
    case 'unique':
      return api === 'CMS v1' ? { uniqueId: who.uniqueId } : undefined;
  }
}

const FLAGS = { ban: { isBan: true }, kick: { isKick: true }, unban: { isBan: false } };

function requestOf(api: Api, kind: Kind, field: Record<string, unknown>) {
  switch (api) {
    case 'CMS v1': {
      const type = kind === 'ban' ? 'BAN_ACCOUNT' : 'KICK_ACCOUNT';
      const body = { id: 'cms-community', key: CMS_KEY, type, data: [field] };
      return { method: 'POST', path: `/general/${type.toLowerCase()}`, body };
    }
    case 'CAD v1': {
      const data = [{ ...field, ...FLAGS[kind] }];
      const body = { id: 'cad-community', key: CAD_KEY, type: 'BAN_USER', data };
      return { method: 'POST', path: '/general/ban_user', body };
    }
    case 'CAD v2':
      return { method: 'POST', path: '/v2/general/account-bans', body: { ...field, ...FLAGS[kind] } };
  }
}

/**
 * CMS bans without telling whom, and whoever is banned by the name of an account has no identifiers by which
 * the join gate could recognise them: the account is looked up afterwards. Undefined where that is not so.
 */
function lookUpAfter(api: Api, kind: Kind, form: Form): string | undefined {
  if (kind !== 'ban') return undefined;
  if (form === 'account') return api === 'CAD v1' ? 'GET_ACCOUNT' : 'account';
  return api === 'CMS v1' ? 'accounts-search' : undefined;
}

function typed(form: Form, who: Somebody, playerId: number | undefined, api: Api): string {
  switch (form) {
    case 'server id':
      return String(playerId);
    case 'steam':
    case 'license':
    case 'discord':
      return `${form}:${who[form]}`;
    case 'account':
      return `account:${api === 'CMS v1' ? who.accId : who.uuid}`;
    case 'username':
      return `username:${who.name}`;
    case 'unique':
      return `unique:${who.uniqueId}`;
  }
}

describe.each(APIS)('%s', (api) => {
  let world: World;
  let moderator: Awaited<ReturnType<World['moderator']>>;

  beforeAll(async () => {
    world = await openWorld({
      use: { cms: api === 'CMS v1', cad: api !== 'CMS v1' },
      convars: {
        cmsban_txadmin_actions: 'ban,kick,unban',
        cmsban_cad_version: api === 'CAD v1' ? '1' : '2',
      },
    });
    moderator = await world.moderator();
  });
  afterAll(() => world.close());

  const rows = KINDS.flatMap((kind) => [
    ...TYPED.flatMap((origin) => FORMS.map((form) => ({ kind, origin, form }))),
    ...TXADMIN_FORMS[kind].map((form) => ({ kind, origin: 'txadmin' as const, form })),
  ]);

  it.each(rows)('$kind from $origin by $form', async ({ kind, origin, form }) => {
    const host = api === 'CMS v1' ? world.sonoran.cms : world.sonoran.cad;
    const who = newSomebody(world);
    if (kind === 'unban') {
      world.sonoran.cms.ban(who.accId);
      world.sonoran.cad.ban(who.uuid);
    }
    const player = form === 'server id' ? await world.join(who.name, who.identifiers) : undefined;
    const target = typed(form, who, player?.id, api);
    const lookUp = lookUpAfter(api, kind, form);
    const lookUps = () => host.requests.filter(({ operation }) => operation === lookUp).length;
    const before = { requests: callsTo(host).length, events: world.events.length, lookUps: lookUps() };

    const answer = await act(origin, kind, target);

    const outcome = await until(() => world.events[before.events]?.outcome, 'the outcome');
    if (lookUp) await until(() => lookUps() > before.lookUps, 'the look-up of the account');
    const requests: readonly RecordedRequest[] = callsTo(host).slice(before.requests);
    const field = fieldOf(api, form, who);
    const product = api === 'CMS v1' ? 'cms' : 'cad';
    expect(outcome).toMatchObject({ action: kind, origin });
    if (field === undefined || (api === 'CMS v1' && kind === 'unban')) {
      expect(requests).toEqual([]);
      expect(outcome).toMatchObject({ status: 'refused', code: 'UNSUPPORTED' });
      if (origin === 'chat') await until(() => moderator.chat.at(-1)?.includes('NOT'), 'the refusal');
      if (origin === 'export') expect(await answer).toEqual(outcome);
      expect(player?.connected ?? true).toBe(true);
      return;
    }
    expect(requests.slice(1).map(({ operation }) => operation)).toEqual(
      form === 'account' && lookUp ? [lookUp] : [],
    );
    expect(lookUps() - before.lookUps).toBe(lookUp ? 1 : 0);
    const [request] = requests;
    expect(request).toMatchObject(requestOf(api, kind, field));
    expect(request?.headers['authorization']).toBe(api === 'CAD v2' ? `Bearer ${CAD_KEY}` : undefined);
    expect(outcome).toMatchObject({
      status: 'delivered',
      code: 'OK',
      dropped: player !== undefined && kind !== 'unban' && origin !== 'txadmin',
      products: { [product]: { status: 'delivered', apiId: String(Object.values(field)[0]) } },
    });
    if (api === 'CMS v1') {
      const { banned, member } = world.sonoran.cms.account(who.accId);
      expect({ banned, member }).toEqual(
        kind === 'ban' ? { banned: true, member: true } : { banned: false, member: false },
      );
    } else {
      expect(world.sonoran.cad.account(who.uuid).status).toBe({ ban: 4, kick: 3, unban: 1 }[kind]);
    }
    if (origin === 'chat') {
      await until(() => moderator.chat.at(-1)?.includes(who.name) || form !== 'server id', 'the answer');
      expect(moderator.chat.at(-1)).toMatch(
        { ban: /is banned in/, kick: /was removed from/, unban: /no longer banned/ }[kind],
      );
    }
    if (origin === 'console' || origin === 'txadmin')
      expect(world.log.join('\n')).toContain(outcome['message']);
    if (origin === 'export') expect(await answer).toEqual(outcome);
    if (player && kind !== 'unban') {
      await until(() => !player.connected, 'the drop');
      if (origin !== 'txadmin') expect(player.dropReason).toContain('being rude');
    } else {
      expect(player?.connected ?? true).toBe(true);
    }
  });

  /** Lets somebody decide; for an export, the promise of its answer. */
  async function act(origin: Origin, kind: Kind, target: string): Promise<Promise<unknown> | undefined> {
    switch (origin) {
      case 'chat':
        await moderator.chatInput(`/cms${kind} ${target} being rude`);
        if (kind === 'kick') await moderator.chatInput('/cmskick confirm');
        return undefined;
      case 'console':
        await world.fx.console(`cms${kind} ${target} being rude`);
        return undefined;
      case 'export': {
        const number = world.startCall(`${kind}Player`, target, 'being rude');
        return world.answerOf(number);
      }
      case 'txadmin': {
        const decision = { author: 'Mia', reason: 'being rude' };
        if (kind === 'ban') {
          const isPlayer = /^\d+$/.test(target);
          await world.txAdmin.ban({
            ...decision,
            ...(isPlayer ? { target: Number(target) } : { identifiers: [target, 'ip:127.0.0.1'] }),
          });
        } else if (kind === 'kick') {
          await world.txAdmin.kick({ ...decision, target: Number(target) });
        } else {
          await world.txAdmin.revoke({
            ...decision,
            identifiers: [target, 'ip:127.0.0.1'],
            revokedBy: 'Mia',
          });
        }
        return undefined;
      }
    }
  }
});
