import type { Subject } from '../../../../server/identity/subject.ts';
import { type ActionKind, PRODUCTS, type Product } from '../../../../server/moderation/action.ts';
import { absentPerson, connectedPerson, type FoundPerson } from '../../../../server/moderation/person.ts';
import type { SanctionResult } from '../../../../server/moderation/product-api.ts';
import type { ManualClock } from '../../manual-clock.ts';
import { LOST, NOT_LINKED, UNREACHABLE } from '../../scripted-api.ts';

/** Somebody with one account, and several names. */
export interface Member {
  readonly name: string;
  /** The id of their account, in both products. */
  readonly account: string;
  readonly license: string;
  readonly discord: string;
  /** Whether their names were seen on one player, and Discord's own login has told whose account it is. */
  readonly isKnown: boolean;
}

/** How a member is called. */
export const FORMS = ['player', 'license', 'discord', 'account', 'action'] as const;
export type Form = (typeof FORMS)[number];

function member(number: number, isKnown: boolean): Member {
  return {
    name: `p${number}`,
    account: `c6d294ba-a14e-40e1-ab23-00000000000${number}`,
    license: `license:${String(number).repeat(40)}`,
    discord: `discord:${String(number).repeat(18)}`,
    isKnown,
  };
}

export const MEMBERS: readonly Member[] = [member(1, true), member(2, true), member(3, false)];

export const identifiersOf = ({ license, discord }: Member): readonly string[] => [license, discord];

/** A member as they are found by one of their names. */
export function foundBy(form: Exclude<Form, 'action'>, who: Member): FoundPerson {
  switch (form) {
    case 'player':
      return connectedPerson(
        { id: MEMBERS.indexOf(who) + 1, name: who.name, identifiers: identifiersOf(who) },
        [],
        async () => undefined,
      );
    case 'license':
    case 'discord':
      return absentPerson(null, [who[form]]);
    case 'account':
      return {
        person: { name: null, playerId: null, identifiers: [], account: `account:${who.account}` },
        subjectable: {
          identifiers: [],
          account: { by: 'account', value: who.account },
          cadApiId: undefined,
        },
      };
  }
}

/**
 * What a call meets. `lost`: it is carried out, and its answer is lost; `failed`: it is not, and nobody can tell;
 * `slow`: its answer comes later; `late`: it arrives later; `nameless`: the answer does not say for which account.
 */
export const FAULTS = ['fine', 'lost', 'failed', 'slow', 'late', 'nameless', 'refused', 'down'] as const;
export type Fault = (typeof FAULTS)[number];

/** How long a slow call takes, in milliseconds. */
export const SLOW_MS = 20_000;

/** Sonoran: who is linked by which names, and banned, in each product. */
export class Sonoran {
  readonly banned: Readonly<Record<Product, Set<Member>>> = { cms: new Set(), cad: new Set() };
  /** `cad license:…`. */
  readonly links = new Set<string>();
  readonly faults: Record<Product, Fault[]> = { cms: [], cad: [] };
  readonly down = new Set<Product>();

  constructor() {
    for (const product of PRODUCTS) {
      for (const one of MEMBERS) for (const name of identifiersOf(one)) this.links.add(`${product} ${name}`);
    }
  }

  call(
    product: Product,
    kind: ActionKind,
    subject: Subject,
    clock: ManualClock,
  ): SanctionResult | Promise<SanctionResult> {
    const fault = this.down.has(product) ? 'down' : (this.faults[product].shift() ?? 'fine');
    const later = (run: () => SanctionResult) =>
      new Promise<SanctionResult>((resolve) => {
        clock.after(SLOW_MS, () => resolve(run()));
      });
    switch (fault) {
      case 'down':
        return UNREACHABLE;
      case 'failed':
        return LOST;
      case 'refused':
        return { kind: 'refused', words: 'IS THE OWNER' };
      case 'late':
        return later(() => this.#carryOut(product, kind, subject));
      case 'slow': {
        const result = this.#carryOut(product, kind, subject);
        return later(() => result);
      }
      case 'lost':
        this.#carryOut(product, kind, subject);
        return LOST;
      case 'nameless': {
        const result = this.#carryOut(product, kind, subject);
        return result.kind === 'done' ? { ...result, account: null } : result;
      }
      case 'fine':
        return this.#carryOut(product, kind, subject);
    }
  }

  #carryOut(product: Product, kind: ActionKind, subject: Subject): SanctionResult {
    const found = this.#find(product, subject);
    if (!found) return NOT_LINKED;
    if (kind === 'ban') this.banned[product].add(found);
    if (kind === 'unban') this.banned[product].delete(found);
    // CMS does not say whom a call was about; its list does.
    return { kind: 'done', account: product === 'cad' ? found.account : null };
  }

  #find(product: Product, { by, value }: Subject): Member | undefined {
    return MEMBERS.find((one) => {
      if (by === 'account') return one.account === value;
      const name = identifiersOf(one).find((identifier) => identifier.endsWith(`:${value}`));
      return name !== undefined && this.links.has(`${product} ${name}`);
    });
  }
}
