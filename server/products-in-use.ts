import type { Clock } from './clock.ts';
import { createGate, type Gate } from './delivery/gate.ts';
import type { KeyValueStore } from './delivery/store.ts';
import type { Product } from './moderation/action.ts';
import type { ProductInUse } from './moderation/plan.ts';
import {
  type Credentials,
  type ProductSettings,
  type ReadConvar,
  readSettings,
  type Settings,
} from './settings.ts';
import { createCadV1 } from './sonoran/cad-v1.ts';
import { createCadV2 } from './sonoran/cad-v2.ts';
import { createCms } from './sonoran/cms.ts';
import type { Http } from './sonoran/http.ts';
import { limitedHttp } from './sonoran/limited-http.ts';
import { type LimitClass, limitOf, othersOfHost } from './sonoran/limits.ts';
import type { Secret } from './text/secret.ts';

/** A product with what its queue needs. */
export interface Line {
  readonly product: ProductInUse;
  /** The limit of its bans, kicks and lifts. */
  readonly gate: Gate;
  /** Reads the credentials again; true when they are others than when it was asked last. */
  readonly renewCredentials: () => boolean;
  /** The same, for whoever reads the ban list: each of the two must hear of a change. */
  readonly mirrorRenewal: () => boolean;
  /** The API key as it is now. */
  readonly key: () => Secret;
  /** Names the community and its host as they are now, without secrets. */
  readonly community: () => string;
}

/** What products are made of. */
export interface LineOptions {
  readonly settings: Settings;
  readonly http: Http;
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly readConvar: ReadConvar;
  /** Whether the vendor's own resource for a product runs here now: it spends part of the limits. */
  readonly isVendorRunning: (product: Product) => boolean;
  /** Gets every key that is ever used, for whoever keeps them out of sight. */
  readonly secrets: Secret[];
}

/** The products in use, each with its API, its limits and credentials that can be changed while it runs. */
export function linesInUse({
  settings,
  http,
  clock,
  store,
  readConvar,
  isVendorRunning,
  secrets,
}: LineOptions): Line[] {
  const gates = new Map<LimitClass, Gate>();
  function gateOf(name: LimitClass): Gate {
    const known = gates.get(name);
    if (known) return known;
    const limit = limitOf(name);
    const { product, isVendors } = limit;
    const gate = createGate({
      name,
      limit,
      clock,
      store,
      share: () => (isVendors && isVendorRunning(product) ? 1 / 2 : 1),
      // A block is one of the caller, by the whole host.
      onBlock(ms) {
        for (const other of othersOfHost(name)) gateOf(other).block(ms);
      },
    });
    gates.set(name, gate);
    return gate;
  }
  const send = limitedHttp(http, gateOf, clock.now);

  /** The same settings, with credentials that follow the convars when asked to. */
  function renewing<T extends ProductSettings>(
    first: T,
    read: (settings: Settings) => Credentials | undefined,
  ): { current: T; line: Pick<Line, 'renewCredentials' | 'mirrorRenewal' | 'community'> } {
    let credentials: Credentials = first;
    const current = {
      ...first,
      get communityId() {
        return credentials.communityId;
      },
      get apiKey() {
        return credentials.apiKey;
      },
    };
    function renewal(): () => boolean {
      let known = credentials;
      return () => {
        const found = read(readSettings(readConvar).settings);
        if (found && isOther(found, credentials)) {
          credentials = found;
          secrets.push(found.apiKey);
        }
        const isNew = known !== credentials;
        known = credentials;
        return isNew;
      };
    }
    const community = () => `${first.url} ${credentials.communityId}`;
    return { current, line: { renewCredentials: renewal(), mirrorRenewal: renewal(), community } };
  }

  const { cms, cad, apiIdFormat: format } = settings;
  const lines: Line[] = [];
  if (cms) {
    const { current, line } = renewing(cms, (read) => read.cms);
    const rules = { types: cms.idTypes, format, discordField: true };
    const api = createCms(current, send, clock.now);
    lines.push({ product: { api, rules }, gate: gateOf('cms-v1'), key: () => current.apiKey, ...line });
  }
  if (cad) {
    const { current, line } = renewing(cad, (read) => read.cad);
    const isV1 = cad.version === 1;
    const rules = { types: cad.idTypes, format, discordField: !isV1 };
    const api = (isV1 ? createCadV1 : createCadV2)(current, send, clock.now);
    const gate = gateOf(isV1 ? 'cad-v1' : 'cad-v2-bans');
    lines.push({ product: { api, rules }, gate, key: () => current.apiKey, ...line });
  }
  return lines;
}

function isOther(one: Credentials, other: Credentials): boolean {
  return one.communityId !== other.communityId || one.apiKey.reveal() !== other.apiKey.reveal();
}
