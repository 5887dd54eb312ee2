import type { BanList } from '../bans/ban-list.ts';
import type { BanLists } from '../bans/ban-lists.ts';
import type { Clock } from '../clock.ts';
import type { Product } from '../moderation/action.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';
import { createEviction, createNotices, type Evict } from './eviction.ts';
import { type Arrival, createJoinGate, type JoinGateOptions } from './join-gate.ts';

/** Keeps out, and drops, whom the products' lists have. */
export interface Door {
  readonly evict: Evict;
  /** For somebody who connects. */
  arrived(arrival: Arrival): void;
  /** For somebody who has joined: their ban may have come while they were on the way. */
  joined(player: ConnectedPlayer): void;
  /** Drops those on a list who are here: they came while nobody was at the door. */
  evictListed(list: BanList): void;
  /** Decides about everybody who waits, now: nobody will do it later. */
  stop(): void;
}

/** What a door is made of. */
export interface DoorOptions {
  readonly settings: Settings;
  readonly players: Players;
  readonly access: Access;
  readonly bans: BanLists;
  readonly own: OwnEffects;
  /** Settles when what is stored of the lists has been read. */
  readonly loaded: Promise<void>;
  /** Told of everybody who is refused for a ban. */
  readonly onRefusal: JoinGateOptions['onRefusal'];
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

export function createDoor(options: DoorOptions): Door {
  const { settings, players, access, bans, own, clock, log, say } = options;
  const notices = createNotices(settings.appealText, say);
  const evict = createEviction({ players, access, log, say, notices });
  const gate = createJoinGate({
    mirrors: () => bans.all().map(({ mirror }) => mirror),
    loaded: options.loaded,
    whenUnknown: settings.gateWhenUnknown,
    notices,
    access,
    clock,
    log,
    say,
    onRefusal: options.onRefusal,
    onRefused: ({ product }, ban) => bans.get(product)?.checkAgain(ban),
  });

  /** Unless it was decided here: that drops by its own rule. */
  function evictBanned(product: Product, among: readonly ConnectedPlayer[]): void {
    if (!settings.joinGate) return;
    for (const player of among) if (!own.isOwn('ban', product, player)) evict(player, 'banned', product);
  }

  function evictListed({ mirror }: BanList): void {
    const listed = players.everybody().filter(({ identifiers }) => mirror.find(identifiers));
    evictBanned(mirror.product, listed);
  }

  bans.onBanned((product, identifiers) => evictBanned(product, players.sharing(identifiers)));
  bans.onLate(evictListed);
  return {
    evict,
    arrived: gate.arrived,
    joined(player) {
      const mirror = settings.joinGate ? gate.stillBanned(player) : undefined;
      if (mirror) evict(player, 'banned', mirror.product);
    },
    evictListed,
    stop: gate.stop,
  };
}
