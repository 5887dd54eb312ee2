/**
 * What each class of calls may take, per API key: so many calls in any window of time. v2: the ceilings
 * of the vendor's pages. v1 publishes none and advises not more than one call a second for long (CMS
 * blocks a caller who does for an hour), so bursts are kept to five.
 */
export const LIMITS = {
  'cms-v1': { calls: 5, windowMs: 5_000 },
  'cms-v2-search': { calls: 27, windowMs: 60_000 },
  'cms-v2-accounts': { calls: 22, windowMs: 60_000 },
  'cad-v1': { calls: 5, windowMs: 5_000 },
  'cad-v2-bans': { calls: 10, windowMs: 60_000 },
  'cad-v2-links': { calls: 30, windowMs: 60_000 },
  'cad-v2-account': { calls: 10, windowMs: 60_000 },
  'cad-v2-accounts': { calls: 10, windowMs: 60_000 },
} as const;

/** A class of calls that share a limit. */
export type LimitClass = keyof typeof LIMITS;
