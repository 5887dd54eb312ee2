import { banWords, type FoundBan } from '../bans/mirror.ts';
import type { Action, Product } from '../moderation/action.ts';
import { decidedBy, productName } from '../moderation/outcome.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';
import type { Notices } from './notice.ts';

/** The ACE whose holders the join gate lets in although they are banned. */
const BYPASS = 'cmsban.gate.bypass';

/** Whether somebody, here or on the way in, passes the gate although they are banned. */
export function hasBypass(access: Access, { id }: Pick<ConnectedPlayer, 'id'>): boolean {
  return access.playerHas(id, BYPASS);
}

/** What it takes to drop somebody whom the door would not have let in. */
export interface EvictionOptions {
  readonly players: Players;
  readonly access: Access;
  readonly log: Log;
  readonly say: Say;
  readonly notices: Notices;
  /** The ban that a product's list has of somebody. */
  readonly listed: (player: ConnectedPlayer, product: Product) => FoundBan | undefined;
  /** The ban that was decided here and that a product's ban of somebody stands for; undefined when none is known. */
  readonly banFor: (player: ConnectedPlayer, product: Product) => Action | undefined;
}

/** Drops a player for what Sonoran says of them; false when they may stay or are gone already. */
export type Evict = (player: ConnectedPlayer, why: 'banned' | 'kicked', product: Product) => boolean;

/** Drops whom the door would not have let in. */
export interface Eviction {
  readonly evict: Evict;
  /** Drops a player for a ban in force here; false when they may stay or are gone already. */
  evictFor(player: ConnectedPlayer, ban: Action): boolean;
}

export function createEviction(options: EvictionOptions): Eviction {
  const { players, access, log, say, notices } = options;
  const shownName = ({ name, id }: ConnectedPlayer) => `${name} (${id})`;

  return {
    evict(player, why, product) {
      const words = { name: shownName(player), product: productName(product, say) };
      if (why === 'kicked') {
        if (!players.drop(player.id, notices.kicked)) return false;
        log.info(say('evicted.kicked', words));
        return true;
      }
      const listed = options.listed(player, product);
      if (!listed) return false;
      const by = banWords(listed, say);
      if (hasBypass(access, player)) {
        log.info(say('evicted.bypass', { ...words, by }));
        return false;
      }
      const ban = options.banFor(player, product);
      if (!players.drop(player.id, ban ? notices.of(ban) : notices.banned)) return false;
      log.info(say('evicted.banned', { ...words, by }));
      return true;
    },
    evictFor(player, ban) {
      const words = { name: shownName(player), author: decidedBy(ban, say), id: ban.id };
      if (hasBypass(access, player)) {
        log.info(say('evicted.here.bypass', words));
        return false;
      }
      if (!players.drop(player.id, notices.of(ban))) return false;
      log.info(say('evicted.here', words));
      return true;
    },
  };
}
