import { describe, expect, it } from 'vitest';
import type { RegisteredIdent } from '../../devserver/sonoran/cms-accounts.ts';
import {
  addBanned,
  begin,
  beginAgain,
  knock,
  MINUTE_MS,
  NO_LIST,
  pass,
  passUntil,
  quietWorld,
  SURELY_AGAIN_MS,
  settled,
} from './ban-lists.ts';
import { portUrl } from './push-port.ts';
import type { World, WorldOptions } from './world.ts';

/** What the vendor's core has registered of a banned account: who was banned with only Discord linked plays with a licence. */

const IDENTS: readonly RegisteredIdent[] = [
  { type: 'hwid', value: '4:ab12' },
  { type: 'ip', value: '127.0.0.1' },
  { type: 'license', value: 'D00D1' },
  { type: 'license2', value: 'd00d2' },
  { type: 'steam', value: '11000010000d00d' },
  { type: 'xbl', value: '2535401' },
  { type: 'live', value: '98501' },
  { type: 'discord', value: '5150' },
  { type: 'fivem', value: '1701' },
];
const COUNTING = [
  'license:d00d1',
  'license2:d00d2',
  'steam:11000010000d00d',
  'xbl:2535401',
  'live:98501',
  'discord:5150',
  'fivem:1701',
];

const reads = (world: World) => world.sonoran.cms.requests.filter(({ operation }) => operation === 'account');

async function world(options: WorldOptions = {}): Promise<World> {
  return quietWorld({ use: { cad: false }, ...options });
}

describe('the registered identifiers of an account that was banned on the web', () => {
  it('refuse at the door, but for addresses and computers', async () => {
    const here = await world();
    here.sonoran.cms.addAccount({ discordId: '5150', banned: true, idents: IDENTS });
    await begin(here, 'cms');
    await passUntil(here, () => reads(here).length === 1, 'the read');
    await settled(here);
    for (const identifier of COUNTING) expect(await knock(here, [identifier]), identifier).toBeDefined();
    expect(await knock(here, ['license:cafe', 'ip:127.0.0.1'])).toBeUndefined();
    expect(await knock(here, ['license:ab12'])).toBeUndefined();
  });

  it('drop whoever is here when they turn out to be banned', async () => {
    const here = await world();
    const { accId } = here.sonoran.cms.addAccount({ discordId: '5150', idents: IDENTS });
    await begin(here, 'cms');
    const player = await here.join('Dana', ['license:d00d1']);
    here.sonoran.cms.ban(accId);
    await passUntil(here, () => !player.connected, 'the drop');
    expect(here.log.find((line) => line.includes('was dropped'))).toContain(
      `account ${accId}, by license:d00d1`,
    );
  });

  it('are read at once when a push event tells of the ban', async () => {
    const here = await world();
    const { accId } = here.sonoran.cms.addAccount({ discordId: '5150', idents: IDENTS });
    await begin(here, 'cms');
    here.sonoran.cms.pushEventsTo(portUrl(here));
    const player = await here.join('Dana', ['license:d00d1']);
    here.sonoran.cms.ban(accId);
    await passUntil(here, () => !player.connected, 'the drop', MINUTE_MS);
    expect(await knock(here, ['fivem:1701'])).toBeDefined();
  });

  it('make an API ID count that was claimed after the ban', async () => {
    const here = await world();
    const { accId } = here.sonoran.cms.addAccount({ apiIds: ['feed1'], banned: true });
    await begin(here, 'cms');
    await passUntil(here, () => reads(here).length === 1, 'the read');
    here.sonoran.cms.updateAccount(accId, { apiIds: ['feed1', 'd00d1'], idents: IDENTS });
    await pass(here, SURELY_AGAIN_MS);
    // Nobody has read them since; a month later somebody does.
    expect(await knock(here, ['license:d00d1'])).toBeUndefined();
    await here.clock.advance(31 * 24 * 60 * MINUTE_MS);
    await pass(here, SURELY_AGAIN_MS);
    expect(await knock(here, ['license:d00d1'])).toBeDefined();
  });

  it.each(['stop', 'crash'] as const)('are read once, also across a restart (%s)', async (how) => {
    const here = await world();
    const { accId } = here.sonoran.cms.addAccount({ discordId: '5150', banned: true, idents: IDENTS });
    addBanned(here, 'cms', 11);
    await begin(here, 'cms');
    await passUntil(here, () => reads(here).length === 12, 'the reads');
    await pass(here, 3 * MINUTE_MS);
    await beginAgain(here, how);
    await settled(here);
    await pass(here, 2 * SURELY_AGAIN_MS);
    expect(reads(here)).toHaveLength(12);
    for (const identifier of COUNTING) expect(await knock(here, [identifier]), identifier).toBeDefined();
    // Banned again, they are read again.
    here.sonoran.cms.unban(accId);
    await pass(here, SURELY_AGAIN_MS);
    const before = reads(here).length;
    here.sonoran.cms.ban(accId);
    await pass(here, SURELY_AGAIN_MS);
    expect(reads(here)).toHaveLength(before + 1);
  });

  it('are read of the newest ban first', async () => {
    const here = await world({ cms: { limits: 'documented' } });
    addBanned(here, 'cms', 60);
    await begin(here, 'cms');
    await pass(here, 30_000);
    const { accId } = here.sonoran.cms.addAccount({ discordId: '5150', banned: true, idents: IDENTS });
    // A push event would tell; here the next read of the list does.
    const before = reads(here).length;
    expect(before).toBeLessThan(60);
    here.sonoran.cms.pushEventsTo(portUrl(here));
    here.sonoran.cms.unban(accId);
    here.sonoran.cms.ban(accId);
    await passUntil(here, () => reads(here).some(({ path }) => path.endsWith(accId)), 'the read');
    expect(reads(here).findIndex(({ path }) => path.endsWith(accId))).toBeLessThan(before + 4);
  });
});

describe('the reads of registered identifiers', () => {
  it('stay within the limit, and leave room for people', async () => {
    const here = await world({ cms: { limits: 'documented' } });
    addBanned(here, 'cms', 200);
    const { accId } = here.sonoran.cms.addAccount({ accName: 'Free' });
    await begin(here, 'cms');
    await pass(here, 30_000);
    // In the middle of a window that the background has used as far as it may.
    const first = reads(here).length;
    expect(first).toBeGreaterThan(5);
    const answer = await here.call('lookupPlayer', `account:${accId}`);
    expect(answer).toMatchObject({ code: 'OK' });
    await pass(here, 5 * MINUTE_MS);
    expect(here.sonoran.cms.requests.filter(({ response }) => response?.status === 429)).toEqual([]);
    const ends = reads(here).map(({ elapsed }) => elapsed);
    for (const end of ends) {
      expect(ends.filter((other) => other > end - MINUTE_MS && other <= end).length).toBeLessThanOrEqual(27);
    }
    expect(reads(here).length).toBeGreaterThan(60);
  });

  it('take half of the limit while the vendor’s resource runs', async () => {
    const here = await world({
      cms: { limits: 'documented' },
      resources: { sonorancms: new URL('../../devserver/resources/sonorancms', import.meta.url).pathname },
    });
    addBanned(here, 'cms', 60);
    await begin(here, 'cms');
    await pass(here, MINUTE_MS - 5_000);
    expect(reads(here).length).toBeGreaterThan(3);
    expect(reads(here).length).toBeLessThanOrEqual(13);
  });

  it.each([
    ['the plan lacks the call', { lacks: ['account'] }],
    ['there is no v2, nor a list', NO_LIST],
    ['there is no v2', { v2: 404 }],
    ['there is no v2 any more', { v2: 501 }],
  ] as const)('end when %s, and that is said once, at debug', async (_, cms) => {
    const here = await world({ cms, convars: { cmsban_log_level: 'debug' } });
    addBanned(here, 'cms', 12);
    await begin(here);
    await pass(here, 3 * SURELY_AGAIN_MS);
    expect(reads(here).length).toBeLessThanOrEqual(1);
    const said = here.log.filter((line) => line.includes('registered identifiers'));
    expect(said).toHaveLength('v2' in cms ? said.length : 1);
    expect(here.faults).toEqual([]);
  });

  it.each([
    ['a gateway’s page', { kind: 'html', status: 404 }],
    ['a bare 403', { kind: 'status', status: 403, body: '' }],
    ['a bare 404', { kind: 'status', status: 404, body: 'not here' }],
    ['broken JSON', { kind: 'truncated-json' }],
    ['other JSON', { kind: 'wrong-json' }],
    ['nothing', { kind: 'empty' }],
    ['a refusal for coming too fast', { kind: 'rate-limit', retryAfter: 1 }],
  ] as const)('go on after %s', async (_, fault) => {
    const here = await world();
    here.sonoran.cms.addAccount({ discordId: '5150', banned: true, idents: IDENTS });
    here.sonoran.cms.fault('account', fault, 2);
    await begin(here, 'cms');
    await passUntil(here, () => reads(here).length >= 3, 'the third try');
    await settled(here);
    expect(await knock(here, ['license:d00d1'])).toBeDefined();
    expect(here.faults).toEqual([]);
  });

  it('go on with the others when an account is not there any more', async () => {
    const here = await world();
    const gone = here.sonoran.cms.addAccount({ discordId: '1', banned: true });
    here.sonoran.cms.addAccount({ discordId: '5150', banned: true, idents: IDENTS });
    here.sonoran.cms.fault('account', { kind: 'latency', ms: 3_000 }, 1);
    await begin(here, 'cms');
    here.sonoran.cms.kick(gone.accId);
    await passUntil(here, () => reads(here).length >= 2, 'the reads');
    await settled(here);
    expect(await knock(here, ['license:d00d1'])).toBeDefined();
  });
});
