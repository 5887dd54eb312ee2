import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import type { Product } from '../../../server/moderation/action.ts';

/** Somebody about whom things are decided. */
export interface Person {
  readonly name: string;
  /** The one identifier by which they are known. */
  readonly license: string;
  /** Their accounts; no account in CMS, which has no way to lift a ban, for those whose last decision is to count. */
  readonly accounts: Readonly<Partial<Record<Product, string>>>;
  /** Whether there are many decisions about them, or one alone. */
  readonly isContested: boolean;
}

/** Adds somebody to Sonoran. */
export function addPerson(
  sonoran: Sonoran,
  number: number,
  { isContested, products }: { readonly isContested: boolean; readonly products: readonly Product[] },
): Person {
  const license = `beef${String(number).padStart(4, '0')}`;
  const accounts: { cms?: string; cad?: string } = {};
  if (products.includes('cms')) accounts.cms = sonoran.cms.addAccount({ apiIds: [license] }).accId;
  if (products.includes('cad')) accounts.cad = sonoran.cad.addAccount({ apiIds: [license] }).uuid;
  return { name: `Person ${number}`, license: `license:${license}`, accounts, isContested };
}
