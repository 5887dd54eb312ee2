import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { PRODUCTS, type Product } from '../moderation/action.ts';
import type { Storage } from '../storage/storage.ts';
import { Secret } from '../text/secret.ts';
import type { ReadConvar, SettingProblem } from './convars.ts';
import { type CredentialSources, KEY_CONVARS, keyIn, OFF, type Reach, readReach } from './credentials.ts';
import { connectionSecrets } from './database.ts';
import { webhookSecrets } from './webhook.ts';

/** How often it is looked for what is awaited, beside the news of changes, in milliseconds. */
const LOOK_MS = 30_000;
const PREFIX = 'product:';

/** What outlives a restart, under `product:<product>`. */
const ProductRecord = v.object({
  version: v.literal(1),
  /** Names the community and its host as they were when the product was last in use; null: it never was. */
  community: v.nullable(v.string()),
});

/**
 * Follows how each product can be reached.
 *
 * `off` → `awaited`: the vendor's resource starts, or half of the credentials is there. `off`, `awaited` →
 * `in-use`: they are there. `in-use` → `in-use`: others are there; while they are changed one by one, or the
 * vendor's resource is away, the last ones go on to count. A run of a product that was in use before begins
 * `awaited` when they are not there. Anything → `off`: its community id is set to `none`.
 */
export interface CredentialWatch {
  /** Goes on where the last run ended. Before, a product that was in use then may seem to be off. */
  load(): Promise<void>;
  reach(product: Product): Reach;
  /** Names the community and its host, now or when the product was last in use, without secrets. */
  community(product: Product): string | undefined;
  /** What is wrong with what is set. */
  problems(): readonly SettingProblem[];
  /** Reads everything again. */
  look(): void;
  /** Calls back with every change, after it. */
  onChange(callback: (product: Product, now: Reach, before: Reach) => void): void;
  /** Calls back with what is wrong that was not before. */
  onProblems(callback: (problems: readonly SettingProblem[]) => void): void;
}

/** What the watch is made of. */
export interface CredentialWatchOptions {
  readonly sources: CredentialSources;
  readonly storage: Pick<Storage, 'load' | 'soon'>;
  readonly clock: Clock;
  /** Gets every key that is ever seen, for whoever keeps them out of sight. */
  readonly secrets: Secret[];
  /** Takes these secrets out of a text. */
  readonly redact: (text: string) => string;
}

export function watchCredentials(options: CredentialWatchOptions): CredentialWatch {
  const { sources, storage, clock } = options;
  const listeners: Array<Parameters<CredentialWatch['onChange']>[0]> = [];
  const problemListeners: Array<Parameters<CredentialWatch['onProblems']>[0]> = [];
  const reaches = new Map<Product, Reach>();
  /** The communities of the products that were in use last. */
  const communities = new Map<Product, string>();
  let problems: readonly SettingProblem[] = [];
  let isLoaded = false;
  let cancelLook = () => {};

  const reachOf = (product: Product): Reach => reaches.get(product) ?? OFF;

  function keep(product: Product, community: string | undefined): void {
    if (community === communities.get(product)) return;
    if (community === undefined) communities.delete(product);
    else communities.set(product, community);
    if (isLoaded) write(product);
  }

  function write(product: Product): void {
    const record = { version: 1, community: communities.get(product) ?? null };
    void storage.soon([{ name: PREFIX + product, value: JSON.stringify(record) }]);
  }

  function look(): void {
    collectKeys(sources.convar, options.secrets);
    const found = PRODUCTS.map((product) => {
      return { product, ...readReach(product, sources, communities.has(product), options.redact) };
    });
    for (const { product, reach } of found) settle(product, reach);
    report(found.flatMap((each) => each.problems));
    cancelLook();
    const isAwaited = PRODUCTS.some((product) => reachOf(product).state === 'awaited');
    cancelLook = isAwaited ? clock.after(LOOK_MS, look) : () => {};
  }

  function settle(product: Product, reach: Reach): void {
    const before = reachOf(product);
    if (before.state === 'in-use' && reach.state === 'awaited') return;
    if (reach.state === 'off') keep(product, undefined);
    if (reach.state === 'in-use') keep(product, communityOf(reach));
    if (isSame(before, reach)) return;
    reaches.set(product, reach);
    for (const listener of listeners) listener(product, reach, before);
  }

  function report(found: readonly SettingProblem[]): void {
    const known = new Set(problems.map((problem) => JSON.stringify(problem)));
    const fresh = found.filter((problem) => !known.has(JSON.stringify(problem)));
    problems = found;
    if (fresh.length > 0) for (const listener of problemListeners) listener(fresh);
  }

  look();
  return {
    async load() {
      const found = new Map<Product, string>();
      await storage.load(PREFIX, ({ name, value }) => {
        const product = PRODUCTS.find((each) => PREFIX + each === name);
        const record = v.safeParse(v.pipe(v.string(), v.parseJson(), ProductRecord), value);
        if (product && record.success && record.output.community !== null) {
          found.set(product, record.output.community);
        }
      });
      isLoaded = true;
      for (const product of PRODUCTS) {
        const before = found.get(product);
        if (communities.has(product)) {
          if (communities.get(product) !== before) write(product);
        } else if (before !== undefined) communities.set(product, before);
      }
      look();
    },
    reach: reachOf,
    community(product) {
      const reach = reachOf(product);
      if (reach.state === 'off') return undefined;
      return reach.state === 'in-use' ? communityOf(reach) : communities.get(product);
    },
    problems: () => problems,
    look,
    onChange: (callback) => listeners.push(callback),
    onProblems: (callback) => problemListeners.push(callback),
  };
}

/** Adds the keys that are set now, also those that are set in vain, to what must never be shown. */
export function collectKeys(read: ReadConvar, secrets: Secret[]): void {
  const known = new Set(secrets.map((secret) => secret.reveal()));
  const keys = KEY_CONVARS.map((convar) => keyIn(read, convar));
  for (const key of [...keys, ...webhookSecrets(read), ...connectionSecrets(read)]) {
    if (key !== '' && !known.has(key)) secrets.push(new Secret(key));
  }
}

function communityOf({ url, communityId }: Reach & { state: 'in-use' }): string {
  return `${url} ${communityId}`;
}

function isSame(one: Reach, other: Reach): boolean {
  const withKey = (reach: Reach) =>
    JSON.stringify(reach.state === 'in-use' ? { ...reach, apiKey: reach.apiKey.reveal() } : reach);
  return withKey(one) === withKey(other);
}
