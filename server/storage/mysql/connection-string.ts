import type { Secret } from '../../text/secret.ts';

/** Where the database is, and how to get in. */
export interface ConnectionConfig {
  readonly host: string;
  readonly port: number;
  readonly socketPath?: string;
  readonly user: string;
  readonly password: Secret;
  readonly database: string;
  readonly ssl?: { readonly [option: string]: unknown };
}
