import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FxServer } from '../fxserver/server.ts';
import { TxAdmin } from '../fxserver/txadmin.ts';
import { SkippingClock } from '../skipping-clock.ts';
import { Sonoran } from '../sonoran/server.ts';
import { addAccounts } from './people.ts';

const root = join(import.meta.dirname, '..', '..');

/** Everything that plays along: the game server with the built resource, txAdmin, and Sonoran. */
export interface Stage {
  readonly fx: FxServer;
  readonly txAdmin: TxAdmin;
  readonly sonoran: Sonoran;
  /** The time of all of them. */
  readonly clock: SkippingClock;
  /** The game server goes down and comes back, with what it has on disk. Nobody is on it then. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the stand-ins on ports that the system gives, with the demo's `server.cfg`.
 *
 * @param onOutput gets every line that the game server prints.
 */
export async function setStage(onOutput: (line: { resource: string; text: string }) => void): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-demo-'));
  const clock = new SkippingClock();
  const sonoran = await Sonoran.start({
    clock,
    cms: { communityId: 'lossantosrp', apiKey: 'demo-cms-key-4f1c' },
    cad: { communityId: 'lossantosrp', apiKey: 'demo-cad-key-9b7e' },
  });
  addAccounts(sonoran);
  await copyFile(join(import.meta.dirname, 'server.cfg'), join(folder, 'server.cfg'));
  await copyFile(join(root, 'cmsban.example.cfg'), join(folder, 'cmsban.cfg'));
  await writeFile(join(folder, 'sonoran.cfg'), sonoranConfig(sonoran));
  const resource = (name: string) => join(root, 'devserver', 'resources', name);
  const boot = async () => {
    const started = await FxServer.start({
      clock,
      config: join(folder, 'server.cfg'),
      resources: {
        cmsban: root,
        monitor: resource('monitor'),
        anticheat: resource('anticheat'),
        'anticheat-lua': resource('anticheat-lua'),
      },
      data: join(folder, 'data'),
      onOutput,
    });
    // As its owner has set it in the CMS panel: the address of the game server.
    sonoran.cms.pushEventsTo(`http://127.0.0.1:${started.port}/cmsban/events`);
    return started;
  };
  let fx = await boot();
  return {
    get fx() {
      return fx;
    },
    get txAdmin() {
      return new TxAdmin(fx);
    },
    sonoran,
    clock,
    async restart() {
      await fx.stop();
      fx = await boot();
    },
    async close() {
      await fx.stop();
      await sonoran.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function sonoranConfig({ cms, cad }: Sonoran): string {
  return [
    `set cmsban_cms_community_id "${cms.settings.communityId}"`,
    `set cmsban_cms_api_key "${cms.settings.apiKey}"`,
    `set cmsban_cms_url "${cms.url}"`,
    `set cmsban_cad_community_id "${cad.settings.communityId}"`,
    `set cmsban_cad_api_key "${cad.settings.apiKey}"`,
    `set cmsban_cad_url "${cad.url}"`,
    '',
  ].join('\n');
}
