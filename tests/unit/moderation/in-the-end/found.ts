import { PRODUCTS } from '../../../../server/moderation/action.ts';
import { type Form, MEMBERS, type Member } from './sonoran.ts';
import type { Step } from './steps.ts';

const [KNOWN, , STRANGER] = MEMBERS;

function decide(
  kind: 'ban' | 'unban',
  who: Member,
  form: Form,
  origin: 'chat' | 'export' = 'chat',
): Step & { readonly does: 'decide' } {
  return { does: 'decide', kind, who, form, products: PRODUCTS, forMs: undefined, origin };
}

const wait = (ms: number): Step => ({ does: 'wait', ms });

/** What has gone wrong once, as short as it can be. */
export function foundBefore(): [Step[]][] {
  if (!KNOWN || !STRANGER) return [];
  return [
    // Told again by a program within a minute, when it had ended on the web meanwhile.
    [
      [
        decide('ban', KNOWN, 'player', 'export'),
        { does: 'lift-on-web', who: KNOWN },
        decide('ban', KNOWN, 'player', 'export'),
      ],
    ],
    // Told again while it waited, after a lift of which nobody knew yet that it was of the same account.
    [
      [
        { does: 'go-down', product: 'cad' },
        decide('ban', STRANGER, 'player'),
        decide('unban', STRANGER, 'account'),
        decide('ban', STRANGER, 'player'),
      ],
    ],
    // A lift that was told again while it waited, after a ban of which nobody knew yet that it was of the same account.
    [
      [
        { does: 'go-down', product: 'cad' },
        decide('unban', STRANGER, 'account'),
        decide('ban', STRANGER, 'player'),
        decide('unban', STRANGER, 'account'),
      ],
    ],
    // A lift that was told again after a ban that was told again after it.
    [
      [
        { does: 'go-down', product: 'cad' },
        decide('ban', STRANGER, 'player'),
        decide('unban', STRANGER, 'account'),
        decide('ban', STRANGER, 'player'),
        decide('unban', STRANGER, 'account'),
      ],
    ],
    // Confirmed after two lifts, of which the first was of one product alone.
    [
      [
        { does: 'meet', product: 'cad', faults: ['late'] },
        decide('ban', STRANGER, 'player'),
        { ...decide('unban', STRANGER, 'account'), products: ['cad'] },
        decide('unban', STRANGER, 'account'),
        { does: 'restart', how: 'stop', downMs: 10_000 },
      ],
    ],
    // Lifted by one of each product.
    [
      [
        decide('ban', KNOWN, 'player'),
        { ...decide('unban', KNOWN, 'player'), products: ['cms'] },
        { ...decide('unban', KNOWN, 'player'), products: ['cad'] },
      ],
    ],
    // Made again in one product, and lifted there: that ended all of it.
    [
      [
        { does: 'go-down', product: 'cad' },
        decide('ban', KNOWN, 'player'),
        decide('unban', STRANGER, 'license'),
        decide('ban', STRANGER, 'discord'),
        { ...decide('unban', STRANGER, 'license'), products: ['cad'] },
        wait(30_000),
      ],
    ],
    // Told again under more names while it waited: an earlier lift, that waited as well, turned out to be of them.
    [
      [
        { ...decide('ban', STRANGER, 'discord'), products: ['cms'] },
        { does: 'go-down', product: 'cad' },
        { does: 'read-lists' },
        decide('unban', STRANGER, 'license'),
        wait(1_500),
        decide('ban', STRANGER, 'account'),
        decide('ban', STRANGER, 'player'),
        { ...decide('ban', KNOWN, 'player'), products: ['cms'] },
      ],
    ],
    // Carried out after a later lift, and answered before it.
    [
      [
        { does: 'meet', product: 'cad', faults: ['failed', 'slow'] },
        decide('ban', STRANGER, 'account'),
        decide('unban', STRANGER, 'player'),
        { does: 'jump', ms: -48 * 3_600_000 },
      ],
    ],
    // Carried out before an earlier lift, and answered after it.
    [
      [
        { does: 'meet', product: 'cad', faults: ['lost', 'slow'] },
        decide('unban', STRANGER, 'discord'),
        decide('ban', STRANGER, 'license'),
        wait(30_000),
      ],
    ],
    // Revoked after it was made again, because a lift that was decided before it came late.
    [
      [
        { does: 'meet', product: 'cad', faults: ['late'] },
        decide('unban', STRANGER, 'account'),
        decide('ban', STRANGER, 'player'),
        wait(30_000),
        { does: 'revoke', who: STRANGER, back: 0 },
      ],
    ],
    // A lift that was told again after a ban of which nobody knew yet that it was of the same account.
    [
      [
        decide('unban', STRANGER, 'license'),
        decide('ban', STRANGER, 'account'),
        decide('unban', STRANGER, 'player'),
      ],
    ],
    // Told again a while later, for as long, while it waited: it ends later.
    [
      [
        { does: 'go-down', product: 'cad' },
        { ...decide('ban', STRANGER, 'player'), forMs: 3_600_000 },
        wait(1_500),
        { ...decide('ban', STRANGER, 'player'), forMs: 3_600_000 },
        { does: 'jump', ms: 60 * 3_600_000 },
      ],
    ],
  ];
}
