import { forgetOldest } from '../forget-oldest.ts';
import type { Product } from '../moderation/action.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { Players } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { Evict } from './eviction.ts';

/** Of so many kicks it is remembered who was here. */
const MOST_REMEMBERED = 100;

/** Somebody was removed from the community on the web. */
export interface WebKick {
  /** The same when more becomes known of whom it was about. */
  readonly id: string;
  readonly product: Product;
  readonly identifiers: readonly string[];
}

/** What it takes to drop them. */
export interface WebKicksOptions {
  readonly players: Pick<Players, 'sharing' | 'everybody'>;
  readonly own: Pick<OwnEffects, 'isOwn'>;
  readonly evict: Evict;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Drops whom a kick on the web was about, except for what was decided here: that drops by its own rule. Whoever comes
 * after a kick may: only those count who were here when it was first heard of.
 */
export function createWebKicks({ players, own, evict, log, say }: WebKicksOptions): (kick: WebKick) => void {
  /** By kick, the ids of those who were here; oldest first. */
  const present = new Map<string, ReadonlySet<number>>();

  return ({ id, product, identifiers }) => {
    const here = present.get(id) ?? new Set(players.everybody().map((player) => player.id));
    present.set(id, here);
    forgetOldest(present, MOST_REMEMBERED);
    for (const player of players.sharing(identifiers).filter((each) => here.has(each.id))) {
      if (own.isOwn('kick', product, player.identifiers)) {
        log.debug(say('push.own', { name: `${player.name} (${player.id})` }));
      } else {
        evict(player, 'kicked', product);
      }
    }
  };
}
