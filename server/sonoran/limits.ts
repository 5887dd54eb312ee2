import type { Product } from '../moderation/action.ts';
import type { Urgency } from '../moderation/product-api.ts';
import type { HttpRequest } from './http.ts';
import type { Limit } from './limiter.ts';

/** A class of calls that share a limit. */
export type LimitClass = keyof typeof LIMITS;

/** A limit, and whose it is. */
interface ClassLimit extends Limit {
  readonly product: Product;
  /** Whether the vendor's own resource makes these calls too, with the same key, when it runs here. */
  readonly isVendors?: boolean;
}

/**
 * What each class of calls may take, per API key: so many calls in any window of time. v2: the ceilings
 * of the vendor's pages. v1 publishes none and advises not more than one call a second for long (CMS
 * blocks a caller who does for an hour), so bursts are kept to five, of which two are kept for bans.
 */
export const LIMITS = {
  'cms-v1': { product: 'cms', calls: 5, windowMs: 5_000, reserved: 2, blocks: true },
  'cms-v2-search': { product: 'cms', calls: 27, windowMs: 60_000, isVendors: true },
  // Half of it for what nobody waits for: that is within what is ours also while the vendor's core uses the same key.
  'cms-v2-account': { product: 'cms', calls: 27, windowMs: 60_000, spared: 1 / 2 },
  'cms-v2-accounts': { product: 'cms', calls: 22, windowMs: 60_000 },
  'cms-v2-records-add': { product: 'cms', calls: 18, windowMs: 60_000 },
  'cms-v2-records': { product: 'cms', calls: 27, windowMs: 60_000 },
  'cms-v2-records-status': { product: 'cms', calls: 18, windowMs: 60_000 },
  'cad-v1': { product: 'cad', calls: 5, windowMs: 5_000, reserved: 2, blocks: true },
  'cad-v2-bans': { product: 'cad', calls: 10, windowMs: 60_000 },
  'cad-v2-links': { product: 'cad', calls: 30, windowMs: 60_000, isVendors: true },
  'cad-v2-account': { product: 'cad', calls: 10, windowMs: 60_000 },
  'cad-v2-accounts': { product: 'cad', calls: 10, windowMs: 60_000 },
} as const satisfies Readonly<Record<string, ClassLimit>>;

/** The limit of a class. */
export function limitOf(name: LimitClass): ClassLimit {
  return LIMITS[name];
}

/** All of them. */
export const LIMIT_CLASSES = Object.keys(LIMITS).filter((name): name is LimitClass => name in LIMITS);

/** The other classes of calls to the same host. */
export function othersOfHost(name: LimitClass): readonly LimitClass[] {
  return LIMIT_CLASSES.filter((other) => other !== name && LIMITS[other].product === LIMITS[name].product);
}

/** How a look-up passes the limit of its class. */
export function lookUpLimit(
  limit: LimitClass,
  urgency: Urgency,
): Pick<HttpRequest, 'limit' | 'isBackground' | 'isDelivery'> {
  return {
    limit,
    isBackground: urgency === 'background',
    ...(urgency === 'delivery' && { isDelivery: true }),
  };
}
