import type { Subject } from '../../server/identity/subject.ts';
import type {
  Action,
  Author,
  Delivery,
  DeliveryState,
  Person,
  Product,
} from '../../server/moderation/action.ts';

export const QUEUED: DeliveryState = { status: 'queued', code: 'QUEUED', detail: '', nextTryAt: null };
export const DELIVERED: DeliveryState = { status: 'delivered', apiId: '110000112345678', account: null };

export const STEAM: Subject = { by: 'apiId', value: '110000112345678' };
export const DISCORD: Subject = { by: 'discord', value: '235947056630333440' };

/** A share that is on its way, but for what is said otherwise. */
export function delivery(product: Product = 'cad', changes: Partial<Delivery> = {}): Delivery {
  return {
    product,
    subjects: [STEAM],
    candidate: 0,
    attempts: 0,
    spentMs: 0,
    unanswered: null,
    state: QUEUED,
    ...changes,
  };
}

/** Somebody who is not here, but for what is said otherwise. */
export function person(changes: Partial<Person> = {}): Person {
  return { name: 'Pat', playerId: null, identifiers: ['license:abc'], account: null, ...changes };
}

export const MODERATOR: Author = { name: 'Mo', identifiers: ['license:mod'], playerId: 2 };

/** A ban from chat, on its way to CAD, but for what is said otherwise. */
export function action(changes: Partial<Action> = {}): Action {
  return {
    id: 'a1',
    sequence: 1,
    told: changes.sequence ?? 1,
    toldAt: changes.at ?? 1_700_000_000_000,
    key: null,
    alsoKeys: [],
    kind: 'ban',
    person: person(),
    holder: [],
    reason: 'cheating',
    author: MODERATOR,
    origin: 'chat',
    at: 1_700_000_000_000,
    drop: 'success',
    dropped: false,
    expiresAt: null,
    inForce: false,
    lifted: [],
    served: false,
    ended: [],
    isOfOneBan: false,
    server: null,
    serverId: null,
    deliveries: [delivery()],
    ...changes,
  };
}
