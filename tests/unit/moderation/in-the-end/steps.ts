import fc from 'fast-check';
import {
  ACTION_KINDS,
  type ActionKind,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import { FAULTS, type Fault, FORMS, type Form, MEMBERS, type Member } from './sonoran.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Something that happens. */
export type Step =
  | {
      readonly does: 'decide';
      readonly kind: ActionKind;
      readonly who: Member;
      readonly form: Form;
      readonly products: readonly Product[];
      /** For how long, in milliseconds; undefined: for good. */
      readonly forMs: number | undefined;
      readonly origin: 'chat' | 'export';
    }
  /** The ban that was decided so many bans ago is revoked, and it alone; or what is on its way of it is cancelled. */
  | { readonly does: 'revoke' | 'cancel'; readonly who: Member; readonly back: number }
  | { readonly does: 'meet'; readonly product: Product; readonly faults: readonly Fault[] }
  | { readonly does: 'go-down' | 'come-up'; readonly product: Product }
  | {
      readonly does: 'link' | 'unlink';
      readonly who: Member;
      readonly product: Product;
      readonly name: 'license' | 'discord';
    }
  /** Somebody lifts all of a member's bans on the web, and the lists say so. */
  | { readonly does: 'lift-on-web'; readonly who: Member }
  /** The lists of banned accounts are read: they say which account a ban was about. */
  | { readonly does: 'read-lists' }
  | { readonly does: 'wait'; readonly ms: number }
  /** The wall clock is set. */
  | { readonly does: 'jump'; readonly ms: number }
  | { readonly does: 'restart'; readonly how: 'stop' | 'kill'; readonly downMs: number };

const who = fc.constantFrom(...MEMBERS);
const product = fc.constantFrom(...PRODUCTS);
const both: readonly Product[] = PRODUCTS;

const decide: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('decide'),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<ActionKind>('ban') },
    { weight: 3, arbitrary: fc.constant<ActionKind>('unban') },
    { weight: 1, arbitrary: fc.constantFrom(...ACTION_KINDS) },
  ),
  who,
  form: fc.constantFrom(...FORMS),
  products: fc.oneof(
    { weight: 6, arbitrary: fc.constant(both) },
    { weight: 3, arbitrary: product.map((one): readonly Product[] => [one]) },
  ),
  forMs: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom(HOUR, 3 * HOUR, 48 * HOUR) },
  ),
  origin: fc.constantFrom('chat', 'export'),
});

const other: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('revoke', 'cancel'), who, back: fc.nat(2) }),
  fc.record({
    does: fc.constant('meet'),
    product,
    faults: fc.array(fc.constantFrom(...FAULTS), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ does: fc.constantFrom('go-down', 'come-up'), product }),
  fc.record({
    does: fc.constantFrom('link', 'unlink'),
    who,
    product,
    name: fc.constantFrom('license', 'discord'),
  }),
  fc.record({ does: fc.constant('lift-on-web'), who }),
  fc.record({ does: fc.constant('read-lists') }),
  fc.record({ does: fc.constant('jump'), ms: fc.constantFrom(-48 * HOUR, -HOUR, 2 * HOUR, 60 * HOUR) }),
);

const wait: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('wait'),
  ms: fc.constantFrom(0, 1_500, 30_000, 2 * MINUTE, 70 * MINUTE, 4 * HOUR),
});

const restart: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('restart'),
  how: fc.constantFrom('stop', 'kill'),
  downMs: fc.constantFrom(10_000, 2 * HOUR),
});

/** Whatever may happen to a community. */
export const anySteps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: decide },
    { weight: 5, arbitrary: other },
    { weight: 4, arbitrary: wait },
    { weight: 1, arbitrary: restart },
  ),
  { minLength: 1, maxLength: 25, size: 'max' },
);
