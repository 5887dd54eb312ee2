import * as v from 'valibot';
import { type IdentifierType, isIdentifierType } from '../identity/identifier.ts';
import type { Product } from '../moderation/action.ts';
import { parseJson } from '../text/json.ts';

/** The vendor's own resource of each product. */
export const VENDOR_RESOURCE = { cms: 'sonorancms', cad: 'sonorancad' } as const;

/** The vendor's hosts; CAD's resource names its staging host by a mode alone. */
export const VENDOR_HOST = { cms: 'https://api.sonorancms.com', cad: 'https://api.sonorancad.com' } as const;
const CAD_STAGING_HOST = 'https://staging-api.dev.sonorancad.com';

/** A file of another resource; undefined when there is none. */
export type ReadFileOf = (resource: string, path: string) => string | undefined;

/** What the vendor's resource of a product is told by its owner, beside the credentials. */
export interface VendorConfig {
  /** The identifier type by which it finds accounts; undefined when it does not say, or none that we know. */
  readonly idType: IdentifierType | undefined;
  /** The host that it calls. */
  readonly url: string;
}

/**
 * Reads how the vendor's resource is set up.
 *
 * Source: `config.lua` of the vendor's core, which its own modules read by pattern, too; `configuration/config.json`
 * and the convars of its CAD resource, which are there once it has started and go before the file.
 */
export function readVendorConfig(
  product: Product,
  convar: (name: string) => string,
  file: ReadFileOf,
): VendorConfig {
  return product === 'cms' ? cmsConfig(file) : cadConfig(convar, file);
}

function cmsConfig(file: ReadFileOf): VendorConfig {
  const config = file(VENDOR_RESOURCE.cms, 'config.lua') ?? '';
  return { idType: idTypeOf(luaText(config, 'apiIdType')), url: originOf(luaText(config, 'apiUrl')) };
}

/** The last text that is assigned to `Config.<field>` in a line that is no comment. */
function luaText(config: string, field: string): string {
  const assignment = new RegExp(`^[ \\t]*Config\\.${field}\\s*=\\s*(["'])(.*?)\\1`, 'gm');
  return [...config.matchAll(assignment)].at(-1)?.[2] ?? '';
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.origin : VENDOR_HOST.cms;
}

const Text = v.optional(v.nullable(v.string()));
const CadConfig = v.object({ primaryIdentifier: Text, mode: Text });

function cadConfig(convar: (name: string) => string, file: ReadFileOf): VendorConfig {
  const json = parseJson(file(VENDOR_RESOURCE.cad, 'configuration/config.json') ?? '');
  const parsed = v.safeParse(CadConfig, json);
  const config = parsed.success ? parsed.output : {};
  const mode = convar('sonoran_mode') || (config.mode ?? '');
  return {
    idType: idTypeOf(convar('sonoran_primaryIdentifier') || (config.primaryIdentifier ?? '')),
    url: mode.toLowerCase() === 'development' ? CAD_STAGING_HOST : VENDOR_HOST.cad,
  };
}

function idTypeOf(word: string): IdentifierType | undefined {
  const type = word.trim().toLowerCase();
  return isIdentifierType(type) ? type : undefined;
}
