import type { BackgroundLookUps } from '../bans/background-look-ups.ts';
import type { BanList } from '../bans/ban-list.ts';
import { identifiersOfBan } from '../bans/telling.ts';
import type { Clock } from '../clock.ts';
import type { Evict } from '../door/eviction.ts';
import type { WebKick } from '../door/web-kicks.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { identifiersOfKeys } from '../identity/ban-key.ts';
import type { IdentifierType } from '../identity/identifier.ts';
import type { Product } from '../moderation/action.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { Players } from '../moderation/ports.ts';
import type { Account } from '../moderation/product-api.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { AccountEvent } from './account-event.ts';

/** Both ways that an event can take may bring it, and a sender may try again; within this, in milliseconds, it is the same. */
const SAME_MS = 10_000;
/** Most accounts of which the last event is remembered. */
const MOST_REMEMBERED = 1_000;

/** What is older may be over by now: the product is asked how it stands. */
const LATE_MS = 60_000;

/** What the handling is made of. */
export interface PushEventsOptions {
  /** That of CMS, as it is now; undefined when CMS is not in use. */
  readonly list: () => Pick<BanList, 'mirror' | 'lookUps'> | undefined;
  /** The identifier types that are API IDs in CMS. */
  readonly types: () => readonly IdentifierType[];
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly players: Pick<Players, 'sharing'>;
  readonly own: OwnEffects;
  readonly evict: Evict;
  /** Drops who was kicked, wherever they are. */
  readonly kicked: (kick: WebKick) => void;
  /** Told of a ban of ours that was undone on the web. */
  readonly undone: (product: Product, names: readonly string[]) => void;
  readonly newId: () => string;
  /** Told of the keys that an event names an account by. */
  readonly told: (product: Product, keys: readonly string[]) => void;
  /** Told of proof that an account is that of whoever has these identifiers. */
  readonly learn: Ties['learn'];
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** Acts on what Sonoran CMS tells by itself. */
export interface PushEvents {
  /** @param ageMs how long ago it came, in milliseconds: it may have waited on another server. */
  happened(event: AccountEvent, ageMs: number): void;
}

export function createPushEvents(options: PushEventsOptions): PushEvents {
  const { players, own, log, clock, say } = options;
  /** By account, the last event and when it came, on `elapsed`; oldest first. */
  const last = new Map<string, { readonly said: string; readonly at: number }>();

  function isRepeated({ what, account, keys, isFull }: AccountEvent): boolean {
    const at = clock.elapsed();
    const about = account ?? keys.join();
    const said = `${what} ${isFull} ${keys.join()}`;
    const before = last.get(about);
    last.delete(about);
    last.set(about, { said, at });
    forgetOldest(last, MOST_REMEMBERED);
    return before?.said === said && at - before.at < SAME_MS;
  }

  /** Acts on the list as it is when the event comes. */
  function acting({ mirror, lookUps }: Pick<BanList, 'mirror' | 'lookUps'>) {
    const types = options.types();
    const identifiersOf = (keys: readonly string[]) => identifiersOfKeys(keys, types);

    /** Drops whoever is here and goes by one of the keys, except for what was decided here: that drops by its own rule. */
    function drop(account: string | null, keys: readonly string[]): void {
      for (const player of players.sharing(identifiersOf(keys))) {
        if (own.isOwn('ban', mirror.product, namesOf(account, player.identifiers))) {
          log.debug(say('push.own', { name: `${player.name} (${player.id})` }));
        } else {
          options.evict(player, 'banned', mirror.product);
        }
      }
    }

    function isOwnBan({ account, keys }: Pick<AccountEvent, 'account' | 'keys'>): boolean {
      return own.isOwn('ban', mirror.product, namesOf(account, identifiersOf(keys)));
    }

    /** The account, by whichever name an event has for it. */
    function look(event: AccountEvent, found: Parameters<BackgroundLookUps['ask']>[1]): void {
      const [discord] = event.keys.filter((key) => key.startsWith('discord:'));
      if (event.account !== null) lookUps.ask({ by: 'account', value: event.account }, found);
      else if (discord) lookUps.ask({ by: 'discord', value: discord.slice('discord:'.length) }, found);
    }

    /** Drops whom the list keeps out by now. */
    function dropListed(account: string | null, identifiers: readonly string[]): void {
      const ban = account === null ? undefined : mirror.findAccount(account);
      drop(account, ban ? identifiersOfBan(ban, types) : identifiers);
    }

    function isBanned({ account, keys }: AccountEvent): boolean {
      return (
        (account === null ? mirror.find(identifiersOf(keys)) : mirror.findAccount(account)) !== undefined
      );
    }

    /** Takes in a ban as a look-up tells it. */
    function bannedAs(event: AccountEvent, found: Account): void {
      const name = found.id?.toLowerCase() ?? event.account;
      mirror.banned({
        account: name,
        listed: found.keys,
        own: [],
        proven: found.proven,
        isWhole: found.id !== null,
        isRegistered: found.isRegistered ?? false,
      });
      dropListed(name, found.proven);
    }

    function banned(event: AccountEvent): void {
      const { account, proven, isFull: isWhole } = event;
      mirror.banned({ account, listed: isWhole ? event.keys : [], own: [], proven, isWhole });
      const ban = account === null ? undefined : mirror.findAccount(account);
      dropListed(account, proven);
      const isKnown = ban !== undefined && ban.own.length > 0;
      if (event.isFull || isKnown || isOwnBan(event)) return;
      // The event does not tell the API IDs, and whoever plays need not be here with that Discord account.
      look(event, (found) => {
        // Lifted while Sonoran was asked.
        if (isBanned(event)) bannedAs(event, found);
      });
    }

    function lift(event: AccountEvent): void {
      // What an account claims lifts nobody else's ban.
      mirror.lifted(event.account, event.proven);
      const names = namesOf(event.account, identifiersOf(event.keys));
      if (own.undone('ban', mirror.product, names)) options.undone(mirror.product, names);
    }

    function lifted(event: AccountEvent): void {
      // Made before our own ban, or after it? Only Sonoran knows.
      if (isOwnBan(event)) look(event, (found) => found.banned === false && lift(event));
      else lift(event);
    }

    function kicked(event: AccountEvent): void {
      const id = options.newId();
      const kick = (keys: readonly string[]) =>
        options.kicked({ id, product: mirror.product, identifiers: identifiersOf(keys) });
      const ban = event.account === null ? undefined : mirror.findAccount(event.account);
      kick(ban ? [...event.keys, ...identifiersOfBan(ban, types)] : event.keys);
      look(event, ({ keys }) => kick(keys));
    }

    /** What has happened since is not known. A kick is over: whoever comes after it may. */
    function lookAgain(event: AccountEvent): void {
      if (event.what !== 'banned' && event.what !== 'not-banned') return;
      look(event, (found) => {
        if (found.banned === true) bannedAs(event, found);
        if (found.banned === false) lift(event);
      });
    }

    return { product: mirror.product, banned, 'not-banned': lifted, kicked, other() {}, lookAgain };
  }

  function handle(event: AccountEvent, ageMs: number): void {
    const list = options.list();
    if (!list || isRepeated(event)) return;
    log.debug(say(`push.said.${event.what}`, { account: event.account ?? event.keys[0] ?? '?' }));
    if (event.account !== null) options.learn(event.account, event.proven);
    const act = acting(list);
    act[ageMs > LATE_MS ? 'lookAgain' : event.what](event);
    // Whoever was removed from the community is no member that a ban could reach.
    if (event.what !== 'kicked') options.told(act.product, event.keys);
  }

  return {
    happened(event, ageMs) {
      options.ready.then(() => handle(event, ageMs)).catch((error: unknown) => log.bug('push-events', error));
    },
  };
}

function namesOf(account: string | null, identifiers: readonly string[]): readonly string[] {
  return account === null ? identifiers : [...identifiers, `account:${account}`];
}
