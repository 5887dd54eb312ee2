import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVendorConfig } from '../../../server/settings/vendor-config.ts';

const PRODUCTION = { cms: 'https://api.sonorancms.com', cad: 'https://api.sonorancad.com' };
const CAD_STAGING = 'https://staging-api.dev.sonorancad.com';

const nothing = () => '';

/** With one file in the vendor's resource of that product, where it belongs. */
function fileOf(product: 'cms' | 'cad', text: string | undefined) {
  const [resource, path] =
    product === 'cms' ? ['sonorancms', 'config.lua'] : ['sonorancad', 'configuration/config.json'];
  return (of: string, at: string) => (of === resource && at === path ? text : undefined);
}

const cms = (text?: string) => readVendorConfig('cms', nothing, fileOf('cms', text));
function cad(json?: unknown, convars: Readonly<Record<string, string>> = {}) {
  const text = json === undefined || typeof json === 'string' ? json : JSON.stringify(json);
  return readVendorConfig('cad', (name) => convars[name] ?? '', fileOf('cad', text));
}

describe("the vendor's config.lua", () => {
  it.each([
    ['as it is written', 'Config.apiIdType = "steam"', 'steam'],
    ['in single quotes', "Config.apiIdType='license'", 'license'],
    ['in upper case, with spaces', '\tConfig.apiIdType  =  " Discord "', 'discord'],
    ['in Windows lines', 'Config = {}\r\nConfig.apiIdType = "xbl"\r\nConfig.x = 1\r\n', 'xbl'],
    ['the last one', 'Config.apiIdType = "steam"\nConfig.apiIdType = "live" -- not "fivem"', 'live'],
    ['not in a comment', '-- Config.apiIdType = "steam"', undefined],
    ['of another name', 'Config.apiIdTypes = "steam"\nOther.Config.apiIdType = "steam"', undefined],
    ['of a type that we do not know', 'Config.apiIdType = "ip"', undefined],
    ['that is not a text', 'Config.apiIdType = steam', undefined],
  ])('tells the identifier type %s', (_, text, type) => {
    expect(cms(text)).toEqual({ idType: type, url: PRODUCTION.cms });
  });

  it.each([
    ['Config.apiUrl = "https://staging-api.dev.sonorancms.com"', 'https://staging-api.dev.sonorancms.com'],
    ['Config.apiUrl = "http://127.0.0.1:81/v2/"', 'http://127.0.0.1:81'],
    ['Config.apiUrl = "file:///etc/passwd"', PRODUCTION.cms],
    ['Config.apiUrl = "nonsense"', PRODUCTION.cms],
    ['Config.apiUrl = ""', PRODUCTION.cms],
  ])('tells the host: %s', (text, url) => {
    expect(cms(text).url).toBe(url);
  });

  it('is not there', () => {
    expect(cms()).toEqual({ idType: undefined, url: PRODUCTION.cms });
  });
});

describe("the vendor's config.json", () => {
  it.each([
    [
      { primaryIdentifier: 'steam', mode: 'production' },
      { idType: 'steam', url: PRODUCTION.cad },
    ],
    [
      { primaryIdentifier: 'License', mode: 'development' },
      { idType: 'license', url: CAD_STAGING },
    ],
    [{ communityID: 'x' }, { idType: undefined, url: PRODUCTION.cad }],
    [
      { primaryIdentifier: 5, mode: null },
      { idType: undefined, url: PRODUCTION.cad },
    ],
    ['{ "primaryIdentifier": "steam", }', { idType: undefined, url: PRODUCTION.cad }],
    [undefined, { idType: undefined, url: PRODUCTION.cad }],
  ])('%j', (json, config) => {
    expect(cad(json)).toEqual(config);
  });

  it('is overruled by the convars, which are what the resource goes by', () => {
    const convars = { sonoran_primaryIdentifier: 'discord', sonoran_mode: 'development' };
    expect(cad({ primaryIdentifier: 'steam', mode: 'production' }, convars)).toEqual({
      idType: 'discord',
      url: CAD_STAGING,
    });
  });
});

it('whatever is in a file does no harm', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (text, json) => {
      for (const { url } of [cms(text), cms(`Config.apiUrl = "${text}"`), cad(text), cad(json)]) {
        expect(new URL(url).origin).toBe(url);
      }
    }),
  );
});
