import type { Subject } from '../../../../server/identity/subject.ts';
import type { Product } from '../../../../server/moderation/action.ts';
import { absentPerson, type FoundPerson } from '../../../../server/moderation/person.ts';

/** Somebody who is banned and kicked in the model. */
export interface Member {
  readonly name: string;
  readonly who: FoundPerson;
  readonly apiIds: Readonly<Record<'steam' | 'license', string>>;
  /** By which of their API IDs each product knows them at first; null where it does not. */
  readonly linkedBy: Readonly<Record<Product, string | null>>;
}

function member(number: number, cms: 'steam' | 'license' | null, cad: 'steam' | 'license' | null): Member {
  const ids = { steam: `11000010000000${number}`, license: `abc${number}` };
  return {
    name: `p${number}`,
    who: absentPerson(`p${number}`, [`steam:${ids.steam}`, `license:${ids.license}`]),
    apiIds: ids,
    linkedBy: { cms: cms && ids[cms], cad: cad && ids[cad] },
  };
}

/** Known by their first API ID, by their second, by a different one in each product, and not at all. */
export const MEMBERS: readonly Member[] = [
  member(0, 'steam', 'steam'),
  member(1, 'license', 'license'),
  member(2, 'steam', 'license'),
  member(3, null, null),
];

/** Whose API ID, or account, a call names. An account goes by its member's name. */
export function memberOf(subject: Subject): Member {
  const found = MEMBERS.find(({ name, apiIds }) =>
    [apiIds.steam, apiIds.license, name].some((each) => each === subject.value),
  );
  if (!found) throw new Error(`nobody is called ${subject.value}`);
  return found;
}
