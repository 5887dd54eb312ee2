import type { Clock } from '../clock.ts';
import type { ConnectedPlayer } from '../moderation/ports.ts';

/** For how long a kick waits to be confirmed, in milliseconds. */
export const CONFIRM_WITHIN_MS = 30_000;

/**
 * Kicks that wait for a second word from whoever typed them: a kick removes somebody from the community. One player
 * has one at a time, the one named last. Taken, or too late, or another named: it is gone.
 */
export interface KickConfirmations<T> {
  ask(by: ConnectedPlayer, kick: T): void;
  /** The kick that a player has typed last, to be carried out now. */
  take(by: ConnectedPlayer): { readonly kick: T } | { readonly none: 'unasked' | 'late' };
}

export function createKickConfirmations<T>(clock: Pick<Clock, 'elapsed'>): KickConfirmations<T> {
  /** By the player as they are known while they are here: whoever has their id later is somebody else. */
  const waiting = new WeakMap<ConnectedPlayer, { readonly kick: T; readonly at: number }>();
  return {
    ask(by, kick) {
      waiting.set(by, { kick, at: clock.elapsed() });
    },
    take(by) {
      const asked = waiting.get(by);
      waiting.delete(by);
      if (!asked) return { none: 'unasked' };
      return clock.elapsed() - asked.at <= CONFIRM_WITHIN_MS ? { kick: asked.kick } : { none: 'late' };
    },
  };
}
