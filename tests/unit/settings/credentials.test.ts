import { describe, expect, it } from 'vitest';
import { KEY_CONVARS, REACH_CONVARS, readReach } from '../../../server/settings/credentials.ts';

type Convars = Readonly<Record<string, string>>;
interface Where {
  readonly convars?: Convars;
  /** The vendor's resources that run. */
  readonly running?: readonly string[];
  readonly wasInUse?: boolean;
  readonly file?: string;
}

/** How a product can be reached; which convars are read must be known to whoever watches them. */
function read(product: 'cms' | 'cad', { convars = {}, running = [], wasInUse = false, file }: Where = {}) {
  return readReach(
    product,
    {
      convar(name) {
        expect(REACH_CONVARS).toContain(name);
        return convars[name] ?? '';
      },
      file: () => file,
      isRunning: (resource) => running.includes(resource),
    },
    wasInUse,
    (text) => text,
  );
}

const OWN = { cmsban_cad_community_id: 'ours', cmsban_cad_api_key: 'OUR-KEY' };
const VENDORS = { sonoran_communityID: 'theirs', sonoran_apiKey: 'THEIR-KEY' };
const PLACEHOLDER = { sonoran_apiKey: 'protection_initialized' };

describe('a product is', () => {
  it.each<[string, Where, object]>([
    ['off where nothing is set', {}, { state: 'off' }],
    ['in use with our own', { convars: OWN }, { state: 'in-use', communityId: 'ours', source: 'ours' }],
    ["in use with the vendor's", { convars: VENDORS }, { state: 'in-use', communityId: 'theirs' }],
    ["in use with ours beside the vendor's", { convars: { ...VENDORS, ...OWN } }, { communityId: 'ours' }],
    ['off by our half', { convars: { cmsban_cad_api_key: 'OUR-KEY' } }, { state: 'off' }],
    [
      "off by our half, whatever the vendor's say",
      { convars: { ...VENDORS, cmsban_cad_community_id: 'ours' } },
      { state: 'off' },
    ],
    [
      'awaited by our half when it was in use',
      { convars: { cmsban_cad_community_id: 'ours' }, wasInUse: true },
      { state: 'awaited', lack: { kind: 'settings' } },
    ],
    [
      "awaited by the vendor's id",
      { convars: { sonoran_communityID: 'theirs' } },
      { state: 'awaited', lack: { kind: 'key', convars: { key: 'sonoran_apiKey' } } },
    ],
    ["awaited by the vendor's placeholder", { convars: PLACEHOLDER }, { state: 'awaited' }],
    [
      "awaited by the vendor's placeholder, with an id",
      { convars: { ...VENDORS, ...PLACEHOLDER } },
      { state: 'awaited', lack: { kind: 'vendor' } },
    ],
    ['awaited while the resource runs', { running: ['sonorancad'] }, { state: 'awaited' }],
    ['off while the other resource runs', { running: ['sonorancms'] }, { state: 'off' }],
    ['awaited when it was in use', { wasInUse: true }, { state: 'awaited', lack: { kind: 'vendor' } }],
    [
      'off when that was said',
      {
        convars: { ...VENDORS, cmsban_cad_community_id: 'none' },
        running: ['sonorancad'],
        wasInUse: true,
      },
      { state: 'off' },
    ],
    [
      "awaited by the vendor's key that cannot be one",
      { convars: { ...VENDORS, sonoran_apiKey: 'no key' } },
      { state: 'awaited', lack: { kind: 'settings', convars: { key: 'sonoran_apiKey' } } },
    ],
  ])('%s', (_, where, reach) => {
    expect(read('cad', where).reach).toMatchObject(reach);
  });

  it.each<[Where, readonly string[]]>([
    [{}, []],
    [{ convars: VENDORS }, []],
    [{ convars: { sonoran_communityID: 'theirs' } }, []],
    [{ convars: PLACEHOLDER }, []],
    [{ running: ['sonorancad'], wasInUse: true }, []],
    [{ convars: { cmsban_cad_community_id: 'none' } }, []],
    [{ convars: { cmsban_cad_community_id: 'ours' } }, ['cmsban_cad_api_key']],
    [{ convars: { ...VENDORS, sonoran_apiKey: 'no key' } }, ['sonoran_apiKey']],
    [{ convars: { ...OWN, cmsban_cad_api_key: 'protection_initialized' } }, ['cmsban_cad_api_key']],
  ])('a problem is what its owner has to mend: %j', (where, convars) => {
    expect(read('cad', where).problems.map(({ convar }) => convar)).toEqual(convars);
  });
});

describe('what is taken over', () => {
  const CMS = { SONORAN_CMS_COMMUNITY_ID: 'theirs', SONORAN_CMS_API_KEY: 'THEIR-KEY' };
  const FILE = 'Config.apiIdType = "license"\nConfig.apiUrl = "https://staging-api.dev.sonorancms.com"';

  it('the host with the credentials, and not with ours', () => {
    const own = { cmsban_cms_community_id: 'ours', cmsban_cms_api_key: 'OUR-KEY' };
    const urlOf = (convars: Convars) => {
      const { reach } = read('cms', { convars, file: FILE });
      return reach.state === 'in-use' ? reach.url : undefined;
    };
    expect(urlOf(CMS)).toBe('https://staging-api.dev.sonorancms.com');
    expect(urlOf(own)).toBe('https://api.sonorancms.com');
    expect(urlOf({ ...CMS, cmsban_cms_url: 'http://127.0.0.1:1' })).toBe('http://127.0.0.1:1');
  });

  it("the staging host of CAD, by the resource's mode", () => {
    const { reach } = read('cad', { convars: { ...VENDORS, sonoran_mode: 'development' } });
    expect(reach).toMatchObject({ url: 'https://staging-api.dev.sonorancad.com' });
  });

  it('the first identifier type, unless ours are set, wherever the credentials come from', () => {
    expect(read('cms', { convars: CMS, file: FILE }).reach).toMatchObject({
      idTypes: ['license', 'discord', 'steam'],
    });
    expect(read('cms', { convars: { ...CMS, cmsban_cms_id_types: 'xbl' }, file: FILE }).reach).toMatchObject({
      idTypes: ['xbl'],
    });
    const other = { ...OWN, sonoran_primaryIdentifier: 'fivem' };
    expect(read('cad', { convars: other }).reach).toMatchObject({
      idTypes: ['fivem', 'license', 'steam', 'discord'],
    });
    expect(read('cad', { convars: other, running: ['sonorancad'] }).problems).toEqual([]);
  });

  it('and every convar that may hold a key is known as that', () => {
    expect(KEY_CONVARS).toEqual([
      'cmsban_cms_api_key',
      'cmsban_cad_api_key',
      'SONORAN_CMS_API_KEY',
      'sonoran_apiKey',
    ]);
  });
});
