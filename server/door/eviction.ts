import type { Product } from '../moderation/action.ts';
import { productName } from '../moderation/outcome.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';

/** The ACE whose holders the join gate lets in although they are banned. */
const BYPASS = 'cmsban.gate.bypass';

/** What those are told who are not to be here. */
export interface Notices {
  /** For who is banned. */
  readonly banned: string;
  /** For who was removed from the community. */
  readonly kicked: string;
  /** For whom it cannot be told yet whether they are banned. */
  readonly unknown: string;
}

/** @param appealText `cmsban_appeal_text`; may be empty. */
export function createNotices(appealText: string, say: Say): Notices {
  const appeal = appealText || say('gate.appeal');
  return {
    banned: say('gate.banned', { appeal }),
    kicked: say('gate.kicked', { appeal }),
    unknown: say('gate.unknown'),
  };
}

/** Whether somebody, here or on the way in, passes the gate whatever the ban lists say. */
export function hasBypass(access: Access, { id }: Pick<ConnectedPlayer, 'id'>): boolean {
  return access.playerHas(id, BYPASS);
}

/** What it takes to drop somebody for what Sonoran says. */
export interface EvictionOptions {
  readonly players: Players;
  readonly access: Access;
  readonly log: Log;
  readonly say: Say;
  readonly notices: Notices;
}

/** Drops a player for what Sonoran says of them; false when they may stay or are gone already. */
export type Evict = (player: ConnectedPlayer, why: 'banned' | 'kicked', product: Product) => boolean;

export function createEviction({ players, access, log, say, notices }: EvictionOptions): Evict {
  return (player, why, product) => {
    const name = `${player.name} (${player.id})`;
    const words = { name, product: productName(product, say) };
    if (why === 'banned' && hasBypass(access, player)) {
      log.info(say('evicted.bypass', words));
      return false;
    }
    if (!players.drop(player.id, notices[why])) return false;
    log.info(say(`evicted.${why}`, words));
    return true;
  };
}
