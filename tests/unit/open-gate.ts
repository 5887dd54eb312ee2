import type { Gate } from '../../server/delivery/gate.ts';

/** A gate without a limit. */
export function openGate(): Gate {
  const permit = { ended() {}, unsent() {}, limited: (waitMs: number | null) => waitMs ?? 0 };
  return {
    windowMs: 0,
    tryTake: () => permit,
    take: async () => permit,
    takeLast: async () => permit,
    block() {},
    goesFirst() {},
  };
}
