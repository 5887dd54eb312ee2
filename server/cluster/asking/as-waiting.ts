import type { Action, Delivery } from '../../moderation/action.ts';
import { type ProductInUse, planDelivery } from '../../moderation/plan.ts';
import { cleanText, MAX_NAME, MAX_REASON } from '../../text/clean.ts';
import type { Say } from '../../text/locale.ts';
import { foundIn, type RequestOf } from '../request.ts';

/** What it takes to show a decision before it is taken in. */
export interface AsWaiting {
  readonly server: { readonly id: string; readonly name: string | null };
  /** For decisions that name no rule. */
  readonly dropWhen: Action['drop'];
  readonly products: () => readonly ProductInUse[];
  readonly say: Say;
}

/** A decision as it stands while it waits to be taken in: the action that is to come of it, as far as this server can tell. */
export function asWaiting(
  { sanction, who, id, at }: RequestOf<'sanction'>,
  { server, dropWhen, products, say }: AsWaiting,
): Action {
  const { name, playerId, identifiers, account } = who;
  const { kind, reason, author, origin, expiresAt = null } = sanction;
  const { subjectable } = foundIn(who);
  return {
    id,
    sequence: 0,
    told: 0,
    toldAt: at,
    key: sanction.key ?? null,
    alsoKeys: [],
    kind,
    person: { name, playerId, identifiers, account },
    holder: [],
    reason: cleanText(reason, MAX_REASON),
    author: { ...author, name: cleanText(author.name, MAX_NAME) || origin },
    origin,
    server: server.name,
    serverId: server.id,
    at,
    drop: sanction.drop ?? dropWhen,
    dropped: false,
    expiresAt,
    inForce: kind === 'ban',
    lifted: [],
    served: false,
    ended: [],
    isOfOneBan: sanction.only !== undefined,
    deliveries: products()
      .filter(({ api }) => sanction.products?.includes(api.product) ?? true)
      .map((product) => planDelivery(product, kind, subjectable, expiresAt !== null, say)),
  };
}

/** The same action, cancelled before anybody had taken it in. */
export function calledOff(action: Action): Action {
  const deliveries = action.deliveries.map(
    (delivery): Delivery => ({ ...delivery, state: { status: 'refused', code: 'CANCELLED', detail: '' } }),
  );
  return { ...action, deliveries, inForce: false };
}

/** The same action, with what it waits for, in words. */
export function waitingFor(why: string, action: Action): Action {
  const deliveries = action.deliveries.map(
    (delivery): Delivery =>
      delivery.state.status === 'queued'
        ? { ...delivery, state: { ...delivery.state, detail: why } }
        : delivery,
  );
  return { ...action, deliveries };
}
