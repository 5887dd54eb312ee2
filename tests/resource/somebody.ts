import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';
import type { World } from './world.ts';

/** A person with every usual identifier and an account in both products. */
export interface Somebody {
  readonly name: string;
  readonly license: string;
  readonly steam: string;
  readonly discord: string;
  /** As FXServer lists them, the shared address included. */
  readonly identifiers: readonly string[];
  /** The CMS account; it exists also when nothing is linked to it. */
  readonly accId: string;
  /** The CAD account; it exists also when nothing is linked to it. */
  readonly uuid: string;
}

/** The identifiers by which an account is linked, per product. */
export interface Links {
  readonly cms?: ReadonlyArray<'license' | 'steam' | 'discord'>;
  readonly cad?: ReadonlyArray<'license' | 'steam' | 'discord'>;
}

const ALL = ['license', 'steam', 'discord'] as const;

let count = 0;

/** Makes somebody whom no other test knows; linked by every identifier unless told otherwise. */
export function newSomebody(
  { sonoran }: Pick<World, 'sonoran'>,
  { cms = ALL, cad = ALL }: Links = {},
): Somebody {
  const number = ++count;
  const name = `Nora${number}`;
  const license = `beef${number}`;
  const steam = `1100001${String(number).padStart(8, '0')}`;
  const discord = `23594705663${String(number).padStart(7, '0')}`;
  const { accId } = sonoran.cms.addAccount({
    accName: name,
    apiIds: cms.flatMap((type) => (type === 'discord' ? [] : [{ license, steam }[type]])),
    discordId: cms.includes('discord') ? discord : null,
  });
  const { uuid } = sonoran.cad.addAccount({
    username: name,
    // CAD v1 knows a Discord id as an API ID.
    apiIds: cad.map((type) => ({ license, steam, discord })[type]),
    discord: cad.includes('discord') ? discord : null,
  });
  const identifiers = [`license:${license}`, `steam:${steam}`, `discord:${discord}`, 'ip:127.0.0.1'];
  return { name, license, steam, discord, identifiers, accId, uuid };
}

/** What a ban, kick, lift or look-up asked for: the field that names the account, and the flags of CAD. */
export function asked({ method, path, query, body }: RecordedRequest): unknown {
  if (method === 'GET') return query;
  if (path.startsWith('/v2/')) return body;
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data))
    return body;
  return body.data[0];
}
