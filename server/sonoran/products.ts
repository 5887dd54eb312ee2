import type { Clock } from '../clock.ts';
import { PRODUCTS, type Product } from '../moderation/action.ts';
import type { ProductInUse } from '../moderation/plan.ts';
import type { RecordsApi } from '../records/records-api.ts';
import type { CredentialWatch } from '../settings/credential-watch.ts';
import {
  type CredentialConvars,
  type Lack,
  OWN_CONVARS,
  type ProductSettings,
  type Reach,
} from '../settings/credentials.ts';
import type { Settings } from '../settings/settings.ts';
import { VENDOR_RESOURCE } from '../settings/vendor-config.ts';
import type { Say } from '../text/locale.ts';
import { Secret } from '../text/secret.ts';
import { createCadV1 } from './cad-v1.ts';
import { createCadV2 } from './cad-v2.ts';
import { createCms } from './cms.ts';
import { createCmsRecords } from './cms-records.ts';
import { type OnFound, tellingFound } from './found.ts';
import type { Http } from './http.ts';
import { limitedHttp } from './limited-http.ts';
import type { LimitClass } from './limits.ts';
import type { RateLimit } from './rate-limit.ts';
import type { RateLimits } from './rate-limits.ts';

/** A product, in use or not, with what its queue and its ban list need. */
export interface Line {
  readonly product: ProductInUse;
  /** The disciplinary records of its members, where it has such. */
  readonly records: RecordsApi | undefined;
  /** The limit of its bans, kicks and lifts. */
  readonly limit: RateLimit;
  readonly reach: () => Reach;
  /** Why no call can be made, in words; undefined when one can. */
  readonly awaiting: () => string | undefined;
  /** Reads the credentials again; true when they are others than when it was asked last. */
  readonly renewCredentials: () => boolean;
  /** The same, for whoever reads the ban list: each of the two must hear of a change. */
  readonly mirrorRenewal: () => boolean;
  /** The API key as it is now; an empty one when there is none. */
  readonly key: () => Secret;
  /** The convars that hold the credentials, or are to hold them. */
  readonly convars: () => CredentialConvars;
  /** Calls back whenever an answer has shown that somebody goes by a name in this product. */
  readonly onFound: (callback: OnFound) => void;
  /** Names the community and its host as they are now, or were in the last run, without secrets. */
  readonly community: () => string | undefined;
}

/** What products are made of. */
export interface LineOptions {
  readonly settings: Settings;
  readonly http: Http;
  readonly clock: Clock;
  readonly limits: RateLimits;
  readonly watch: CredentialWatch;
  readonly say: Say;
}

const NO_KEY = new Secret('');

/** Both products, each with its API and its limits, and with credentials that may come and change while it runs. */
export function createLines(options: LineOptions): Line[] {
  const { settings, clock, limits, watch, say } = options;
  const send = limitedHttp(options.http, limits, clock.now, say);
  const format = settings.apiIdFormat;

  function lineOf(product: Product): Line {
    const reach = () => watch.reach(product);
    const awaiting = () => awaitingWords(product, reach(), say);
    const key = () => keyOf(reach());
    /** Whatever is asked for, without credentials no call is made. */
    const guarded: Http = async (request) => {
      const detail = awaiting();
      return detail === undefined ? send(request) : { kind: 'no-answer', detail, sent: false };
    };
    const rules = {
      get types() {
        const now = reach();
        return now.state === 'off' ? [] : now.idTypes;
      },
      format,
      discordField: product === 'cms' || settings.cadVersion === 2,
    };
    const access: ProductSettings = {
      get communityId() {
        return accessOf(reach()).communityId;
      },
      get url() {
        return accessOf(reach()).url;
      },
      get apiKey() {
        return key();
      },
      get idTypes() {
        return rules.types;
      },
    };
    function renewal(): () => boolean {
      let known = reach();
      return () => {
        watch.look();
        const isNew = reach() !== known;
        known = reach();
        return isNew;
      };
    }
    const listeners: OnFound[] = [];
    const found: OnFound = (subject, keys) => {
      for (const listener of listeners) listener(subject, keys);
    };
    const api = apiOf(product, access, guarded);
    return {
      product: { api: tellingFound(api, found), rules },
      onFound: (callback) => listeners.push(callback),
      records: product === 'cms' ? createCmsRecords(access, guarded, clock.now, say, api.lookup) : undefined,
      limit: limits.of(sanctionLimit(product)),
      reach,
      awaiting,
      renewCredentials: renewal(),
      mirrorRenewal: renewal(),
      key,
      convars: () => convarsOf(product, reach()),
      community: () => watch.community(product),
    };
  }

  function apiOf(product: Product, access: ProductSettings, http: Http) {
    if (product === 'cms') return createCms(access, http, clock.now, say);
    return (settings.cadVersion === 1 ? createCadV1 : createCadV2)(access, http, clock.now, say);
  }

  function sanctionLimit(product: Product): LimitClass {
    if (product === 'cms') return 'cms-v1';
    return settings.cadVersion === 1 ? 'cad-v1' : 'cad-v2-bans';
  }

  return PRODUCTS.map(lineOf);
}

/** Whether a product counts as in use. */
export function isInUse({ reach }: Line): boolean {
  return reach().state !== 'off';
}

function accessOf(reach: Reach): { readonly communityId: string; readonly url: string } {
  return reach.state === 'in-use' ? reach : { communityId: '', url: '' };
}

function keyOf(reach: Reach): Secret {
  return reach.state === 'in-use' ? reach.apiKey : NO_KEY;
}

function convarsOf(product: Product, reach: Reach): CredentialConvars {
  if (reach.state === 'in-use') return reach.convars;
  return reach.state === 'awaited' && reach.lack.kind !== 'vendor'
    ? reach.lack.convars
    : OWN_CONVARS[product];
}

/** What a product waits for, in words; undefined when it does not wait. */
function awaitingWords(product: Product, reach: Reach, say: Say): string | undefined {
  switch (reach.state) {
    case 'in-use':
      return undefined;
    case 'off':
      return say('queue.unused');
    case 'awaited':
      return lackWords(product, reach.lack, say);
  }
}

function lackWords(product: Product, lack: Lack, say: Say): string {
  const own = OWN_CONVARS[product];
  switch (lack.kind) {
    case 'key':
      return say('awaited.key', { key: lack.convars.key });
    case 'settings':
      return say('awaited.settings', { ...lack.convars });
    case 'vendor':
      return say('awaited.vendor', { resource: VENDOR_RESOURCE[product], ...own });
  }
}
