import type { BanList } from '../bans/ban-list.ts';
import type { BanLists } from '../bans/ban-lists.ts';
import type { BansHere } from '../bans/bans-here.ts';
import type { Clock } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import type { Product } from '../moderation/action.ts';
import { isDropDue } from '../moderation/drop-rule.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';
import { createEviction, type Evict } from './eviction.ts';
import { type Arrival, banBehind, createJoinGate, type Refusal } from './join-gate.ts';
import type { Notices } from './notice.ts';

/** Keeps out, and drops, who has a ban in force here, and whom the products' lists have. */
export interface Door {
  readonly evict: Evict;
  /** For somebody who connects. */
  arrived(arrival: Arrival): void;
  /** For somebody who has joined: their ban may have come while they were on the way. */
  joined(player: ConnectedPlayer): void;
  /** Drops those with a ban in force here who came while nobody was at the door. */
  evictBanned(): void;
  /** Drops those on a list who are here: they came while nobody was at the door. */
  evictListed(list: BanList): void;
  /** Calls back with everybody who is refused because they are banned. */
  onRefused(callback: (refusal: Refusal) => void): void;
  /** Decides about everybody who waits, now: nobody will do it later. */
  stop(): void;
}

/** What a door is made of. */
export interface DoorOptions {
  readonly settings: Settings;
  readonly players: Players;
  /** Told of everybody who connects. */
  readonly seen: Pick<Seen, 'saw'>;
  readonly access: Access;
  readonly here: BansHere;
  readonly bans: Pick<BanLists, 'get' | 'all' | 'onBanned' | 'onLate'>;
  readonly own: OwnEffects;
  readonly notices: Notices;
  /** Settles when what is stored has been read, of our own decisions and of the lists. */
  readonly loaded: Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

export function createDoor(options: DoorOptions): Door {
  const { settings, players, seen, access, here, bans, own, notices, clock, log, say } = options;
  const callbacks: Array<(refusal: Refusal) => void> = [];
  /** Ids of those who came in before it could be told whether they are banned; undefined once it can. */
  let unchecked: Set<number> | undefined = new Set();
  const listed = ({ identifiers }: ConnectedPlayer, product: Product) =>
    bans.get(product)?.mirror.find(identifiers);
  const { evict, evictFor } = createEviction({
    players,
    access,
    log,
    say,
    notices,
    listed,
    banFor(player, product) {
      const { identifiers } = player;
      const found = listed(player, product);
      return here.find(identifiers) ?? (found && banBehind(here, found));
    },
  });
  const gate = createJoinGate({
    here,
    mirrors: () => bans.all().map(({ mirror }) => mirror),
    loaded: options.loaded,
    whenUnknown: settings.gateWhenUnknown,
    notices,
    access,
    clock,
    log,
    say,
    onRefused(refusal) {
      for (const callback of callbacks) callback(refusal);
    },
  });

  /** Unless it was decided here: that drops by its own rule. */
  function evictOthers(product: Product, among: readonly ConnectedPlayer[]): void {
    if (!settings.joinGate) return;
    for (const player of among) {
      const account = listed(player, product)?.account ?? null;
      const names = account === null ? player.identifiers : [...player.identifiers, `account:${account}`];
      if (!own.isOwn('ban', product, names)) evict(player, 'banned', product);
    }
  }

  function evictListed({ mirror }: BanList): void {
    const those = players.everybody().filter(({ identifiers }) => mirror.find(identifiers));
    evictOthers(mirror.product, those);
  }

  function saw({ id, name, identifiers }: Arrival): void {
    seen.saw({ id, name, identifiers });
    // What an account that is banned claims counts once it is seen on its holder.
    for (const { mirror } of bans.all()) mirror.seen(identifiers);
  }

  bans.onBanned((product, identifiers) => evictOthers(product, players.sharing(identifiers)));
  bans.onLate(evictListed);
  return {
    evict,
    arrived(arrival) {
      if (settings.joinGate) gate.arrived(arrival);
      saw(arrival);
    },
    joined(player) {
      for (const { mirror } of bans.all()) mirror.seen(player.identifiers);
      if (!settings.joinGate) return;
      unchecked?.add(player.id);
      const ban = here.find(player.identifiers);
      if (ban) {
        evictFor(player, ban);
        return;
      }
      const list = bans.all().find(({ mirror }) => mirror.find(player.identifiers) !== undefined);
      if (list) evict(player, 'banned', list.mirror.product);
    },
    evictBanned() {
      if (settings.joinGate) {
        for (const player of players.everybody()) {
          const ban = here.find(player.identifiers);
          // Who was here before their ban is dropped by its own rule.
          if (ban && (isDropDue(ban) || unchecked?.has(player.id))) evictFor(player, ban);
        }
      }
      unchecked = undefined;
    },
    evictListed,
    onRefused: (callback) => callbacks.push(callback),
    stop: gate.stop,
  };
}
