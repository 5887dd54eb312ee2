import { readFileSync } from 'node:fs';
import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { ProductName } from './ban-lists.ts';

/** Stores that version 0.1.0 has left: see the README beside the fixtures. */

export type Kind = 'ban' | 'kick' | 'unban';

export interface Outcome {
  readonly id: string;
  readonly status: string;
  readonly at: number;
  readonly products: Readonly<Record<string, { readonly status: string }>>;
}

/** See the README beside the fixtures. */
export interface Fixture {
  readonly wall: number;
  readonly convars: Readonly<Record<string, string>>;
  readonly use?: { readonly cms: boolean };
  readonly blocked?: { readonly until: number };
  readonly calls: ReadonlyArray<{
    readonly product: ProductName;
    readonly at: number;
    readonly method: string;
    readonly path: string;
  }>;
  readonly accounts: {
    readonly cms: ReadonlyArray<{
      readonly accId: string;
      readonly apiIds: readonly string[];
      readonly discordId?: string;
      readonly banned?: boolean;
      readonly kicked?: boolean;
      readonly listed?: boolean;
    }>;
    readonly cad: ReadonlyArray<{
      readonly uuid: string;
      readonly apiIds: readonly string[];
      readonly discord?: string;
      readonly status: 1 | 3 | 4;
      readonly listed?: boolean;
    }>;
  };
  readonly pending: readonly Outcome[];
  readonly shares: ReadonlyArray<{
    readonly id: string;
    readonly product: ProductName;
    readonly kind: Kind;
    readonly account: string;
  }>;
  readonly history: readonly Outcome[];
  readonly told: ReadonlyArray<
    | {
        readonly by: 'export';
        readonly call: string;
        readonly target: string;
        readonly id: string;
        readonly outcome: string;
      }
    | { readonly by: 'txadmin'; readonly actionId: string; readonly identifiers: readonly string[] }
  >;
  readonly lifts: ReadonlyArray<{ readonly account: string; readonly until: number }>;
  readonly refused: readonly string[];
  readonly records: Readonly<Record<string, string>>;
}

export function fixtureOf(name: string): Fixture {
  return JSON.parse(readFileSync(new URL(`../fixtures/store-0.1/${name}.json`, import.meta.url), 'utf8'));
}

/** Sonoran as it was when the server stopped, and the store with its addresses as they are now. */
export function furnish({ accounts, records }: Fixture, { cms, cad }: Sonoran): Record<string, string> {
  for (const account of accounts.cms) {
    cms.addAccount(account);
    if (account.kicked) cms.kick(account.accId);
  }
  for (const account of accounts.cad) cad.addAccount(account);
  return Object.fromEntries(
    Object.entries(records).map(([key, value]) => [
      key,
      value.replaceAll('{cms.url}', cms.url).replaceAll('{cad.url}', cad.url),
    ]),
  );
}
