import type { Clock } from '../../clock.ts';
import { Bucket } from '../bucket.ts';

/** How many questions a player may ask, a second and at once. */
const PER_SECOND = 10;
const BURST = 20;
/** How many of what is too fast are answered so: of a flood, hardly any. */
const REFUSALS_PER_SECOND = 1;
const REFUSALS_BURST = 3;

/** How fast each player asks. */
export interface Pace {
  /** Whether a question may be answered; if not, whether it may be said that it was too fast. */
  of(playerId: number): 'answer' | 'refuse' | 'drop';
  /** They have left. */
  forget(playerId: number): void;
}

export function createPace(clock: Pick<Clock, 'elapsed'>): Pace {
  const players = new Map<number, { readonly asks: Bucket; readonly refusals: Bucket }>();

  function bucketsOf(playerId: number, now: number) {
    const known = players.get(playerId);
    if (known) return known;
    const made = {
      asks: new Bucket(PER_SECOND, BURST, now),
      refusals: new Bucket(REFUSALS_PER_SECOND, REFUSALS_BURST, now),
    };
    players.set(playerId, made);
    return made;
  }

  return {
    of(playerId) {
      const now = clock.elapsed();
      const { asks, refusals } = bucketsOf(playerId, now);
      if (asks.take(now)) return 'answer';
      return refusals.take(now) ? 'refuse' : 'drop';
    },
    forget: (playerId) => void players.delete(playerId),
  };
}
