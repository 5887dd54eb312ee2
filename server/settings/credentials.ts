import * as v from 'valibot';
import { IDENTIFIER_TYPES, type IdentifierType } from '../identity/identifier.ts';
import type { Product } from '../moderation/action.ts';
import { Secret } from '../text/secret.ts';
import { type ConvarParser, convarParser, type ReadConvar, type SettingProblem } from './convars.ts';
import { type ReadFileOf, readVendorConfig, VENDOR_HOST, VENDOR_RESOURCE } from './vendor-config.ts';

/** What opens one product's API. */
export interface Credentials {
  readonly communityId: string;
  readonly apiKey: Secret;
}

/** How to reach one product. */
export interface ProductSettings extends Credentials {
  /** Scheme, host and port, without a path. */
  readonly url: string;
  readonly idTypes: readonly IdentifierType[];
}

/** The convars that hold a product's credentials. */
export interface CredentialConvars {
  readonly id: string;
  readonly key: string;
}

/** What credentials are waited for. */
export type Lack =
  /** The community id is there, the key is not, or may not be read. */
  | { readonly kind: 'key'; readonly convars: CredentialConvars }
  /** Neither is there; the vendor's resource sets them when it starts. */
  | { readonly kind: 'vendor' }
  /** Our own convars do not make a pair. */
  | { readonly kind: 'settings'; readonly convars: CredentialConvars };

/**
 * How a product can be reached: not at all (`off`), not yet (`awaited`: it counts as in use), or so (`in-use`).
 * What moves between them is in `credential-watch.ts`.
 */
export type Reach =
  | { readonly state: 'off' }
  | { readonly state: 'awaited'; readonly lack: Lack; readonly idTypes: readonly IdentifierType[] }
  | ({
      readonly state: 'in-use';
      /** Where the credentials come from. */
      readonly source: 'ours' | 'vendor';
      readonly convars: CredentialConvars;
    } & ProductSettings);

/** A product that is not used. */
export const OFF: Reach = { state: 'off' };

/** Where credentials are looked for. */
export interface CredentialSources {
  readonly convar: ReadConvar;
  readonly file: ReadFileOf;
  /** Whether a resource runs, or is about to. */
  readonly isRunning: (resource: string) => boolean;
}

/** Our own convars, which go first. */
export const OWN_CONVARS = {
  cms: { id: 'cmsban_cms_community_id', key: 'cmsban_cms_api_key' },
  cad: { id: 'cmsban_cad_community_id', key: 'cmsban_cad_api_key' },
} as const satisfies Record<Product, CredentialConvars>;

/** Those that the vendor's resources set once they have started. Spelled as there: permissions compare by case. */
export const VENDOR_CONVARS = {
  cms: { id: 'SONORAN_CMS_COMMUNITY_ID', key: 'SONORAN_CMS_API_KEY' },
  cad: { id: 'sonoran_communityID', key: 'sonoran_apiKey' },
} as const satisfies Record<Product, CredentialConvars>;

/** Every convar that may hold a key, also of a product that is off. */
export const KEY_CONVARS: readonly string[] = [OWN_CONVARS, VENDOR_CONVARS].flatMap(({ cms, cad }) => [
  cms.key,
  cad.key,
]);

/** Every convar that a product's reach is read from. */
export const REACH_CONVARS: readonly string[] = [
  ...[OWN_CONVARS, VENDOR_CONVARS].flatMap(({ cms, cad }) => [cms.id, cms.key, cad.id, cad.key]),
  ...['cmsban_cms_url', 'cmsban_cad_url', 'cmsban_cms_id_types', 'cmsban_cad_id_types'],
  ...['sonoran_primaryIdentifier', 'sonoran_mode'],
];

const DEFAULT_TYPES: Readonly<Record<Product, readonly IdentifierType[]>> = {
  cms: ['discord', 'steam', 'license'],
  cad: ['license', 'steam', 'discord'],
};

/** What stands in the key's convar until the vendor's CAD resource has started. */
const PLACEHOLDER = 'protection_initialized';

/** As our own community id: this server does without the product, whatever else is set. */
export const NOT_USED = 'none';

/** What a header can carry. */
const KEY = /^[\x21-\x7e]+$/;

/**
 * The value of a convar that holds a key; empty when there is none, or only the vendor's placeholder, or the word for
 * a product that is not used: what counts as a key is taken out of every text.
 */
export function keyIn(read: ReadConvar, convar: string): string {
  const key = read(convar).trim();
  return key === PLACEHOLDER || key.toLowerCase() === NOT_USED ? '' : key;
}

/**
 * Reads how a product can be reached, by what is set at this moment: our own convars, and when both are empty
 * the vendor's.
 *
 * @param wasInUse whether the product was in use before: then it is waited for.
 * @param redact takes secrets out of what is shown of a value.
 */
export function readReach(
  product: Product,
  { convar: read, file, isRunning }: CredentialSources,
  wasInUse: boolean,
  redact: (text: string) => string,
): { readonly reach: Reach; readonly problems: readonly SettingProblem[] } {
  const problems: SettingProblem[] = [];
  const parser = convarParser(read, redact, problems);
  const vendor = readVendorConfig(product, parser.text, file);
  const idTypes = idTypesOf(product, parser, vendor.idType);
  const own = OWN_CONVARS[product];
  const isOwnUnset = parser.text(own.id) === '' && keyIn(read, own.key) === '';
  const source = isOwnUnset ? 'vendor' : 'ours';
  const convars = isOwnUnset ? VENDOR_CONVARS[product] : own;
  const host = isOwnUnset ? vendor.url : VENDOR_HOST[product];
  const url = parser.setting(
    `cmsban_${product}_url`,
    host,
    { key: 'setting.host', parameters: { example: VENDOR_HOST[product] } },
    origin,
  );
  const communityId = parser.text(convars.id);
  const key = keyIn(read, convars.key);
  if (parser.text(own.id).toLowerCase() === NOT_USED) return { reach: OFF, problems };
  if (communityId !== '' && KEY.test(key)) {
    const apiKey = new Secret(key);
    return { reach: { state: 'in-use', source, convars, communityId, apiKey, url, idTypes }, problems };
  }
  const problem = problemOf(product, convars, communityId, key, isOwnUnset);
  if (problem) problems.push(problem);
  // Also the placeholder tells that the vendor's resource is about to start.
  const isVendorAhead = isOwnUnset && (communityId !== '' || parser.text(convars.key) !== '');
  const isAwaited = wasInUse || isRunning(VENDOR_RESOURCE[product]) || isVendorAhead;
  // The placeholder can be read, so will be what comes in its place.
  const isKeyMissing = communityId !== '' && parser.text(convars.key) === '';
  const lack: Lack =
    !isOwnUnset || problem
      ? { kind: 'settings', convars }
      : isKeyMissing
        ? { kind: 'key', convars }
        : { kind: 'vendor' };
  return { reach: isAwaited ? { state: 'awaited', lack, idTypes } : OFF, problems };
}

function idTypesOf(product: Product, parser: ConvarParser, first: IdentifierType | undefined) {
  const chosen = parser.list(`cmsban_${product}_id_types`, IDENTIFIER_TYPES);
  if (chosen) return chosen;
  const types = DEFAULT_TYPES[product];
  return first === undefined ? types : [first, ...types.filter((type) => type !== first)];
}

/** What is wrong with credentials that cannot be used; undefined when they are only not there yet. */
function problemOf(
  product: Product,
  convars: CredentialConvars,
  communityId: string,
  key: string,
  isVendors: boolean,
): SettingProblem | undefined {
  const shown = product.toUpperCase();
  if (communityId !== '' && key !== '') {
    return { convar: convars.key, message: { key: 'setting.key', parameters: { product: shown } } };
  }
  // The vendor's resource sets them one after the other, and its cfg hides the key.
  if (isVendors) return undefined;
  const [missing, present] = communityId === '' ? [convars.id, convars.key] : [convars.key, convars.id];
  return {
    convar: missing,
    message: { key: 'setting.half', parameters: { present, product: shown } },
  };
}

const origin = v.pipe(
  v.string(),
  v.check((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return (
      url !== undefined &&
      /^https?:$/.test(url.protocol) &&
      url.pathname === '/' &&
      url.search === '' &&
      url.username === ''
    );
  }),
  v.transform((text) => new URL(text).origin),
);
