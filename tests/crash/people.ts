import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { Product } from '../../server/moderation/action.ts';
import type { Dice } from './dice.ts';

/** The identifier types that name somebody here. */
export type IdType = 'license' | 'steam' | 'discord';

/** By what a call names somebody: one of their API IDs, a linked Discord account, its digits as an API ID, or the account's own id. */
export type Name = IdType | 'digits' | 'account';

/** In which order the product tries them, by default. */
export const NAMES_IN_ORDER: Readonly<Record<Product, readonly Exclude<Name, 'account'>[]>> = {
  cms: ['discord', 'digits', 'steam', 'license'],
  cad: ['license', 'steam', 'discord', 'digits'],
};

/** The identifier that a name comes from. */
export function typeOf(name: Exclude<Name, 'account'>): IdType {
  return name === 'digits' ? 'discord' : name;
}

/** Somebody about whom things are decided. */
export interface Person {
  readonly name: string;
  readonly ids: Readonly<Record<IdType, string>>;
  /** `type:value`. */
  readonly identifiers: readonly string[];
  /** Their accounts, by which identifier they are linked; without one where they have none. */
  readonly accounts: Readonly<Partial<Record<Product, Account>>>;
  /** The server id they have in every life; undefined for somebody who is known by identifiers alone. */
  readonly serverId: number | undefined;
  /**
   * Whether they are called now by one name and now by another, while the links of their accounts come and go. Both
   * accounts have one id then.
   */
  readonly isMixed: boolean;
}

/** A Sonoran account. */
export interface Account {
  readonly id: string;
  /** At first, of somebody who is mixed; undefined when it is linked by nothing. */
  readonly linkedBy: IdType | undefined;
}

const UNMIXED = 3;
const MIXED = 3;
/** One is never on the server. */
const ABSENT = 2;
/** After the moderator's. */
const FIRST_SERVER_ID = 2;

/** The license by which everybody is named at least who is not mixed, so that they are one person however they are named. */
export function licenseOf({ ids }: Pick<Person, 'ids'>): string {
  return `license:${ids.license}`;
}

/** The id of both accounts of somebody who is mixed. */
export function accountIdOf(number: number): string {
  return `0000000${number}-0000-4000-8000-00000000000${number}`;
}

/** Who is who in a world: some are found by the first candidate, some by the last, some not at all. */
export function addPeople(sonoran: Sonoran, dice: Dice): readonly Person[] {
  let serverId = FIRST_SERVER_ID;
  return Array.from({ length: UNMIXED + MIXED }, (_, index) => {
    const number = index + 1;
    const isMixed = index >= UNMIXED;
    const ids = {
      license: `${number}`.repeat(8),
      steam: `11000010000000${number}`,
      discord: `9000000000000000${number}`,
    };
    const cmsLink = dice.pick(['discord', 'steam', 'license', 'license', undefined] as const);
    const cadLink = dice.pick(['license', 'license', 'steam', 'discord', undefined] as const);
    const accounts: { cms?: Account; cad?: Account } = {};
    if (isMixed || cmsLink) {
      const link = cmsLink === undefined ? {} : linkOf('cms', ids, cmsLink);
      const account = sonoran.cms.addAccount({ ...link, ...(isMixed ? { accId: accountIdOf(number) } : {}) });
      accounts.cms = { id: account.accId, linkedBy: cmsLink };
    }
    if (isMixed || cadLink) {
      const link = cadLink === undefined ? {} : linkOf('cad', ids, cadLink);
      const account = sonoran.cad.addAccount({ ...link, ...(isMixed ? { uuid: accountIdOf(number) } : {}) });
      accounts.cad = { id: account.uuid, linkedBy: cadLink };
    }
    const identifiers = Object.entries(ids).map(([type, value]) => `${type}:${value}`);
    const place = index === ABSENT ? undefined : serverId++;
    return { name: `Person ${number}`, ids, identifiers, accounts, serverId: place, isMixed };
  });
}

/** A link of an account, as the product keeps it: Discord's own login, or an API ID. */
function linkOf(product: Product, ids: Person['ids'], by: IdType) {
  if (by !== 'discord') return { apiIds: [ids[by]] };
  return product === 'cms' ? { discordId: ids.discord } : { discord: ids.discord };
}

/** Links somebody's account by one of their identifiers, or ends that. */
export function changeLink(
  sonoran: Sonoran,
  { ids, accounts }: Person,
  product: Product,
  by: IdType,
  isLinked: boolean,
): void {
  const id = accounts[product]?.id;
  if (id === undefined) return;
  if (product === 'cms') {
    const { activeApiIds } = sonoran.cms.account(id);
    if (by === 'discord') sonoran.cms.updateAccount(id, { discordId: isLinked ? ids.discord : null });
    else sonoran.cms.updateAccount(id, { apiIds: changed(activeApiIds, ids[by], isLinked) });
  } else if (by === 'discord') {
    sonoran.cad.updateAccount(id, { discord: isLinked ? ids.discord : null });
  } else {
    sonoran.cad.updateAccount(id, { apiIds: changed(sonoran.cad.account(id).apiIds, ids[by], isLinked) });
  }
}

function changed(values: readonly string[], value: string, isThere: boolean): readonly string[] {
  const others = values.filter((other) => other !== value);
  return isThere ? [...others, value] : others;
}

/** How the product is told of the account of somebody who is mixed; undefined for everybody else. */
export function accountNameOf({ isMixed, accounts }: Person): string | undefined {
  return isMixed && accounts.cad ? `account:${accounts.cad.id}` : undefined;
}
