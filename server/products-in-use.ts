import type { Clock } from './clock.ts';
import { createGate, type Gate } from './delivery/gate.ts';
import type { KeyValueStore } from './delivery/store.ts';
import type { ProductInUse } from './moderation/plan.ts';
import { type Credentials, type ReadConvar, readSettings, type Settings } from './settings.ts';
import { createCadV1 } from './sonoran/cad-v1.ts';
import { createCadV2 } from './sonoran/cad-v2.ts';
import { createCms } from './sonoran/cms.ts';
import type { Http } from './sonoran/http.ts';
import { limitedHttp } from './sonoran/limited-http.ts';
import { LIMITS, type LimitClass } from './sonoran/limits.ts';
import type { Secret } from './text/secret.ts';

/** A product with what its queue needs. */
export interface Line {
  readonly product: ProductInUse;
  /** The limit of its bans, kicks and lifts. */
  readonly gate: Gate;
  /** Reads the credentials again; true when they are others than before. */
  readonly renewCredentials: () => boolean;
}

/** What products are made of. */
export interface LineOptions {
  readonly settings: Settings;
  readonly http: Http;
  readonly clock: Clock;
  readonly store: KeyValueStore;
  readonly readConvar: ReadConvar;
  /** Gets every key that is ever used, for whoever keeps them out of sight. */
  readonly secrets: Secret[];
}

/** The products in use, each with its API, its limits and credentials that can be changed while it runs. */
export function linesInUse({ settings, http, clock, store, readConvar, secrets }: LineOptions): Line[] {
  const gates = new Map<LimitClass, Gate>();
  function gateOf(name: LimitClass): Gate {
    const gate = gates.get(name) ?? createGate({ name, limit: LIMITS[name], clock, store });
    gates.set(name, gate);
    return gate;
  }
  const send = limitedHttp(http, gateOf, clock.now);

  /** The same settings, with credentials that follow the convars when asked to. */
  function renewing<T extends Credentials>(
    first: T,
    read: (settings: Settings) => Credentials | undefined,
  ): { current: T; renewCredentials: () => boolean } {
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
    return {
      current,
      renewCredentials() {
        const found = read(readSettings(readConvar).settings);
        const isNew =
          found !== undefined &&
          (found.communityId !== credentials.communityId ||
            found.apiKey.reveal() !== credentials.apiKey.reveal());
        if (isNew) {
          credentials = found;
          secrets.push(found.apiKey);
        }
        return isNew;
      },
    };
  }

  const { cms, cad, apiIdFormat: format } = settings;
  const lines: Line[] = [];
  if (cms) {
    const { current, renewCredentials } = renewing(cms, (read) => read.cms);
    const rules = { types: cms.idTypes, format, discordField: true };
    const api = createCms(current, send, clock.now);
    lines.push({ product: { api, rules }, gate: gateOf('cms-v1'), renewCredentials });
  }
  if (cad) {
    const { current, renewCredentials } = renewing(cad, (read) => read.cad);
    const isV1 = cad.version === 1;
    const rules = { types: cad.idTypes, format, discordField: !isV1 };
    const api = (isV1 ? createCadV1 : createCadV2)(current, send, clock.now);
    lines.push({ product: { api, rules }, gate: gateOf(isV1 ? 'cad-v1' : 'cad-v2-bans'), renewCredentials });
  }
  return lines;
}
