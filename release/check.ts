import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FxServer } from '../devserver/fxserver/server.ts';
import { Sonoran } from '../devserver/sonoran/server.ts';
import { unzipInto } from './unzip.ts';

const BANNED_IN_CAD = 4;

/**
 * Does with a release what a server owner does: unpacks it into `resources/`, copies the example settings, starts
 * the server, and bans somebody, over real HTTP against the stand-in for Sonoran.
 *
 * @throws when any of it does not work.
 */
export async function checkRelease(archive: Uint8Array): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-release-'));
  const sonoran = await Sonoran.start({
    cms: { communityId: 'lossantosrp', apiKey: 'cms-key-of-the-check' },
    cad: { communityId: 'lossantosrp', apiKey: 'cad-key-of-the-check' },
  });
  try {
    unzipInto(archive, join(folder, 'resources'));
    await copyFile(join(folder, 'resources', 'cmsban', 'cmsban.example.cfg'), join(folder, 'cmsban.cfg'));
    const config = join(folder, 'server.cfg');
    await writeFile(config, serverConfig(sonoran));
    const resources = [join(folder, 'resources')];
    const fx = await FxServer.start({ config, resources, data: join(folder, 'data') });
    try {
      await ban(fx, sonoran);
    } finally {
      await fx.stop();
    }
    const faults = [
      ...fx.swallowed.map(({ error }) => String(error)),
      ...fx.output.map(({ text }) => text).filter((text) => /Warning|Couldn't|SCRIPT ERROR/.test(text)),
    ];
    if (faults.length > 0) throw new Error(`the release has faults:\n${faults.join('\n')}`);
  } finally {
    await sonoran.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function serverConfig({ cms, cad }: Sonoran): string {
  return [
    'exec cmsban.cfg',
    `set cmsban_cms_community_id "${cms.settings.communityId}"`,
    `set cmsban_cms_api_key "${cms.settings.apiKey}"`,
    `set cmsban_cms_url "${cms.url}"`,
    `set cmsban_cad_community_id "${cad.settings.communityId}"`,
    `set cmsban_cad_api_key "${cad.settings.apiKey}"`,
    `set cmsban_cad_url "${cad.url}"`,
    'set cmsban_version_check "false"',
    'ensure cmsban',
    '',
  ].join('\n');
}

/** Bans somebody, and looks whether both products and the outcome say so. */
async function ban(fx: FxServer, { cms, cad }: Sonoran): Promise<void> {
  const member = cms.addAccount({ accName: 'Rob', apiIds: ['a11ce3'] });
  const user = cad.addAccount({ username: 'Rob', apiIds: ['a11ce3'] });
  const outcome = await fx.callExport('check', 'cmsban', 'banPlayer', 'license:a11ce3', 'the check');
  const found = { cms: cms.account(member.accId).banned, cad: cad.account(user.uuid).status };
  if (!isDeepStrictEqual(found, { cms: true, cad: BANNED_IN_CAD })) {
    const lines = fx.output.map(({ resource, text }) => `[${resource}] ${text}`);
    throw new Error(`nobody was banned: ${JSON.stringify(outcome)}\n${lines.join('\n')}`);
  }
}
