import type { RateLimit } from '../../server/sonoran/rate-limit.ts';

/** A limit without a limit. */
export function openLimit(): RateLimit {
  const permit = { ended() {}, unsent() {}, limited: (waitMs: number | null) => waitMs ?? 0 };
  return {
    windowMs: 0,
    tryTake: () => permit,
    take: async () => permit,
    takeLast: async () => permit,
    block() {},
    goesFirst() {},
    restore() {},
    record: () => '',
  };
}
