import type { Sonoran } from '../../devserver/sonoran/server.ts';
import type { Product } from '../../server/moderation/action.ts';
import type { Dice } from './dice.ts';

/** The identifier types that name somebody here. */
export type IdType = 'license' | 'steam' | 'discord';

/** By what a call names somebody: one of their API IDs, a linked Discord account, or its digits as an API ID. */
export type Name = IdType | 'digits';

/** In which order the product tries them, by default. */
export const NAMES_IN_ORDER: Readonly<Record<Product, readonly Name[]>> = {
  cms: ['discord', 'digits', 'steam', 'license'],
  cad: ['license', 'steam', 'discord', 'digits'],
};

/** The identifier that a name comes from. */
export function typeOf(name: Name): IdType {
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
}

/** A Sonoran account. */
export interface Account {
  readonly id: string;
  readonly linkedBy: IdType;
}

const COUNT = 6;

/** The license by which everybody is named at least, so that they are one person however they are named. */
export function licenseOf({ ids }: Person): string {
  return `license:${ids.license}`;
}

/** Who is who in a world: some are found by the first candidate, some by the last, some not at all. */
export function addPeople(sonoran: Sonoran, dice: Dice): readonly Person[] {
  return Array.from({ length: COUNT }, (_, index) => {
    const number = index + 1;
    const ids = {
      license: `${number}`.repeat(8),
      steam: `11000010000000${number}`,
      discord: `9000000000000000${number}`,
    };
    const cmsLink = dice.pick(['discord', 'steam', 'license', 'license', undefined] as const);
    const cadLink = dice.pick(['license', 'license', 'steam', 'discord', undefined] as const);
    const accounts: { cms?: Account; cad?: Account } = {};
    if (cmsLink) {
      const link = cmsLink === 'discord' ? { discordId: ids.discord } : { apiIds: [ids[cmsLink]] };
      accounts.cms = { id: sonoran.cms.addAccount(link).accId, linkedBy: cmsLink };
    }
    if (cadLink) {
      const link = cadLink === 'discord' ? { discord: ids.discord } : { apiIds: [ids[cadLink]] };
      accounts.cad = { id: sonoran.cad.addAccount(link).uuid, linkedBy: cadLink };
    }
    const identifiers = Object.entries(ids).map(([type, value]) => `${type}:${value}`);
    return { name: `Person ${number}`, ids, identifiers, accounts };
  });
}
