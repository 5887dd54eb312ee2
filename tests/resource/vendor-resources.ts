import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { CAD_KEY, CMS_KEY } from './world.ts';

const resources = join(import.meta.dirname, '..', '..', 'devserver', 'resources');

/** What an owner has put into the vendor's resources. */
export interface VendorSettings {
  /** `Config.<field>` of `config.lua`. */
  readonly cms?: Readonly<Record<string, string>>;
  /** Fields of `configuration/config.json`. */
  readonly cad?: Readonly<Record<string, string>>;
}

/** The vendor's resources in folders of their own, set up for the community of every world. */
export class VendorResources {
  /** Resource name to folder. */
  readonly folders: { readonly sonorancms: string; readonly sonorancad: string };

  private constructor(folder: string) {
    this.folders = { sonorancms: join(folder, 'sonorancms'), sonorancad: join(folder, 'sonorancad') };
  }

  /** They are gone with the test. */
  static async create({ cms = {}, cad = {} }: VendorSettings = {}): Promise<VendorResources> {
    const folder = await mkdtemp(join(tmpdir(), 'cmsban-vendor-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const vendor = new VendorResources(folder);
    for (const [name, path] of Object.entries(vendor.folders)) {
      await cp(join(resources, name), path, { recursive: true });
    }
    await vendor.setCms({ CommID: 'cms-community', APIKey: CMS_KEY, ...cms });
    await vendor.setCad({ communityID: 'cad-community', apiKey: CAD_KEY, ...cad });
    return vendor;
  }

  /** Writes fields of `config.lua`. */
  async setCms(fields: Readonly<Record<string, string>>): Promise<void> {
    const file = join(this.folders.sonorancms, 'config.lua');
    let text = await readFile(file, 'utf8');
    for (const [field, value] of Object.entries(fields)) {
      text = text.replace(new RegExp(`(Config\\.${field} = )".*"`), (_, start) => `${start}"${value}"`);
    }
    await writeFile(file, text);
  }

  /** Writes fields of `configuration/config.json`. */
  async setCad(fields: Readonly<Record<string, string>>): Promise<void> {
    const file = join(this.folders.sonorancad, 'configuration', 'config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    await writeFile(file, JSON.stringify({ ...config, ...fields }));
  }
}
