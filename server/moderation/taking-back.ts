import {
  type Action,
  type Delivery,
  type DeliveryState,
  deliveryOf,
  isCancelled,
  isKept,
  isQueued,
  type Product,
  withDelivery,
} from './action.ts';
import { afterLift } from './lift.ts';
import type { Audience, Ledger, Outbox, Withdrawal } from './ports.ts';

/** What a lift has taken back. */
export interface TakenBack {
  /** By product, how. */
  readonly how: ReadonlyMap<Product, readonly Withdrawal[]>;
  /** The bans, by id, as they were before. */
  readonly before: ReadonlyMap<string, Action>;
}

export const NOTHING_TAKEN_BACK: TakenBack = { how: new Map(), before: new Map() };

/** Takes bans back, and puts them back when that was not stored. */
export interface TakingBack {
  /**
   * Takes bans back, in this turn. Nobody hears of it before it is on disk.
   *
   * @param products their shares in these alone; undefined: the whole bans.
   */
  take(bans: readonly Action[], products: readonly Product[] | undefined): TakenBack;
  /** The lift was not made: the bans count, and go out, after all. */
  restore(takenBack: TakenBack): void;
  /** To be told of every change of a share first. @returns whether it comes of bans that are being taken back. */
  noticed(before: Action, delivery: Delivery): boolean;
  /** Ends a share; see {@link Outbox.withdraw}. */
  withdraw(action: Action, share: Delivery, isFinal: boolean): Withdrawal;
  /** Hands what is on its way of an action to the outbox. */
  dispatch(action: Action): void;
}

/** What it takes. */
export interface TakingBackOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'save' | 'saveSoon'>;
  readonly outbox: Pick<Outbox, 'add' | 'withdraw'>;
  /** Told of the id of an action whose shares that wait for a link are others now. */
  readonly onKept: (id: string) => void;
}

export function createTakingBack({ ledger, outbox, onKept }: TakingBackOptions): TakingBack {
  /** While bans are taken back: by id, as they were before. */
  let taking: Map<string, Action> | undefined;

  function withdraw({ id }: Action, share: Delivery, isFinal: boolean): Withdrawal {
    if (!isKept(share)) {
      const how = outbox.withdraw(id, share.product, isFinal);
      if (how !== 'not-here') return how;
    }
    const now = ledger.byId(id);
    if (now) void ledger.save(withDelivery(now, { ...share, state: CANCELLED }));
    return share.unanswered === null ? 'unheard' : 'heard';
  }

  function dispatch(action: Action): void {
    for (const delivery of action.deliveries) {
      if (isQueued(delivery) && !isKept(delivery)) outbox.add(action, delivery);
    }
  }

  return {
    take(bans, products) {
      const how = new Map<Product, Withdrawal[]>();
      const before = new Map<string, Action>();
      taking = before;
      // The latest first: the end of an earlier one would let the next go out.
      for (const ban of [...bans].sort((one, other) => other.sequence - one.sequence)) {
        before.set(ban.id, ban);
        const shares = ban.deliveries.filter(({ product }) => products?.includes(product) ?? true);
        for (const share of shares.filter(isQueued)) {
          how.set(share.product, [...(how.get(share.product) ?? []), withdraw(ban, share, true)]);
        }
        const now = ledger.byId(ban.id) ?? ban;
        void ledger.save(afterLift(now, products));
        if (ban.deliveries.some(isKept)) onKept(ban.id);
      }
      taking = undefined;
      return { how, before };
    },
    restore({ before }) {
      // In the order decided, in which they were in line.
      for (const ban of [...before.values()].sort((one, other) => one.sequence - other.sequence)) {
        const now = ledger.byId(ban.id) ?? ban;
        const deliveries = now.deliveries.map((delivery) =>
          isCancelled(delivery) ? (deliveryOf(ban, delivery.product) ?? delivery) : delivery,
        );
        const restored = { ...now, deliveries, inForce: ban.inForce, lifted: ban.lifted };
        ledger.saveSoon(restored);
        dispatch(restored);
        onKept(ban.id);
      }
    },
    noticed(before, delivery) {
      if (!taking) return false;
      if (!taking.has(before.id)) taking.set(before.id, before);
      void ledger.save(withDelivery(before, delivery));
      return true;
    },
    withdraw,
    dispatch,
  };
}

/** Tells whoever lifted of the bans that will not be sent any more. */
export function tellWithdrawn(lift: Action, { how }: TakenBack, audience: Pick<Audience, 'withdrawn'>): void {
  const unheard = [...how].flatMap(([product, hows]) => (hows.includes('unheard') ? [product] : []));
  if (unheard.length > 0) audience.withdrawn(lift, unheard);
}

const CANCELLED: DeliveryState = { status: 'refused', code: 'CANCELLED', detail: '' };
