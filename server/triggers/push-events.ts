import * as v from 'valibot';
import type { BackgroundLookUps } from '../bans/background-look-ups.ts';
import type { Mirror } from '../bans/mirror.ts';
import { identifiersOfBan } from '../bans/telling.ts';
import type { Clock } from '../clock.ts';
import type { Evict } from '../door/eviction.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { isAccountId } from '../identity/account-id.ts';
import { identifiersOfKeys, keysOfAccount, provenByDiscord } from '../identity/ban-key.ts';
import type { IdentifierType } from '../identity/identifier.ts';
import type { Product } from '../moderation/action.ts';
import type { OwnEffects } from '../moderation/own-effects.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';

/** The push events that concern bans and kicks. Source: the vendor's page on CMS push events. */
const PUSH_EVENT_TYPES = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED'] as const;
type PushEventType = (typeof PUSH_EVENT_TYPES)[number];

/** Both ways that an event can take may bring it, and a sender may try again; within this, in milliseconds, it is the same. */
const SAME_MS = 10_000;
/** Most accounts of which the last event is remembered. */
const MOST_REMEMBERED = 1_000;

const Text = v.optional(v.nullable(v.string()));
const OfKnownType = v.object({ type: v.picklist(PUSH_EVENT_TYPES) });
const PushEvent = v.pipe(
  v.object({
    type: v.picklist(PUSH_EVENT_TYPES),
    data: v.object({
      discordId: Text,
      // The vendor's page has `accountId` for a ban and a kick, `accId` for an update.
      accountId: Text,
      accId: Text,
      banned: v.optional(v.nullable(v.boolean())),
      activeApiIds: v.optional(v.nullable(v.array(v.string()))),
    }),
  }),
  v.transform(({ type, data }): AccountEvent => {
    const account = (data.accountId ?? data.accId ?? '').toLowerCase();
    return {
      what: whatOf(type, data.banned ?? null),
      account: isAccountId(account) ? account : null,
      keys: keysOfAccount(data.discordId, data.activeApiIds ?? []),
      proven: provenByDiscord(data.discordId),
      isFull: data.activeApiIds != null,
    };
  }),
  v.check(({ account, keys }) => account !== null || keys.length > 0),
);

/** What an event says of an account. */
interface AccountEvent {
  readonly what: 'banned' | 'not-banned' | 'kicked' | 'other';
  readonly account: string | null;
  /** See `identity/ban-key.ts`. */
  readonly keys: readonly string[];
  /** Those of them that Discord's own login proves. */
  readonly proven: readonly string[];
  /** Whether these are all of the account's keys. */
  readonly isFull: boolean;
}

function whatOf(type: PushEventType, banned: boolean | null): AccountEvent['what'] {
  if (type === 'ACCOUNT_BANNED') return 'banned';
  if (type === 'ACCOUNT_KICKED') return 'kicked';
  if (banned === null) return 'other';
  return banned ? 'banned' : 'not-banned';
}

/** What the handling is made of. */
export interface PushEventsOptions {
  /** That of CMS. */
  readonly mirror: Mirror;
  /** The identifier types that are API IDs in CMS. */
  readonly types: readonly IdentifierType[];
  /** Those of CMS. */
  readonly lookUps: BackgroundLookUps;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly players: Pick<Players, 'sharing' | 'everybody'>;
  readonly own: OwnEffects;
  readonly evict: Evict;
  /** Told of the keys that an event names an account by. */
  readonly told: (product: Product, keys: readonly string[]) => void;
  /** Told of proof that an account is that of whoever has these identifiers. */
  readonly learn: Ties['learn'];
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** What became of a body. */
export type PushVerdict = 'taken' | 'unknown-type' | 'malformed';

/** Acts on what Sonoran CMS tells by itself. */
export interface PushEvents {
  /** @param body the vendor's, whose key has been checked. */
  receive(body: unknown): PushVerdict;
}

export function createPushEvents(options: PushEventsOptions): PushEvents {
  const { mirror, types, lookUps, players, own, log, clock, say } = options;
  const identifiersOf = (keys: readonly string[]) => identifiersOfKeys(keys, types);
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

  /** Drops whoever is here and goes by one of the keys, except for what was decided here: that drops by its own rule. */
  function drop(
    why: 'banned' | 'kicked',
    keys: readonly string[],
    isOwn: (player: ConnectedPlayer) => boolean,
    isMeant: (player: ConnectedPlayer) => boolean = () => true,
  ): void {
    for (const player of players.sharing(identifiersOf(keys)).filter(isMeant)) {
      if (isOwn(player)) {
        log.debug(say('push.own', { name: `${player.name} (${player.id})` }));
      } else {
        options.evict(player, why, mirror.product);
      }
    }
  }

  const isOwnKick = ({ identifiers }: ConnectedPlayer) => own.isOwn('kick', mirror.product, identifiers);

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
    drop('banned', ban ? identifiersOfBan(ban, types) : identifiers, (player) =>
      own.isOwn('ban', mirror.product, namesOf(account, player.identifiers)),
    );
  }

  function isBanned({ account, keys }: AccountEvent): boolean {
    return (account === null ? mirror.find(identifiersOf(keys)) : mirror.findAccount(account)) !== undefined;
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
      if (!isBanned(event)) return;
      const name = found.id?.toLowerCase() ?? account;
      mirror.banned({
        account: name,
        listed: found.keys,
        own: [],
        proven: found.proven,
        isWhole: found.id !== null,
        isRegistered: found.isRegistered ?? false,
      });
      dropListed(name, found.proven);
    });
  }

  function lifted(event: AccountEvent): void {
    const lift = () => {
      // What an account claims lifts nobody else's ban.
      mirror.lifted(event.account, event.proven);
      own.undone('ban', mirror.product, namesOf(event.account, identifiersOf(event.keys)));
    };
    // Made before our own ban, or after it? Only Sonoran knows.
    if (isOwnBan(event)) look(event, ({ banned }) => banned === false && lift());
    else lift();
  }

  function kicked(event: AccountEvent): void {
    const ban = event.account === null ? undefined : mirror.findAccount(event.account);
    drop('kicked', ban ? [...event.keys, ...identifiersOfBan(ban, types)] : event.keys, isOwnKick);
    // Whoever comes after a kick may: only those count who are here now.
    const here = new Set(players.everybody().map(({ id }) => id));
    look(event, ({ keys }) => drop('kicked', keys, isOwnKick, ({ id }) => here.has(id)));
  }

  const act: Readonly<Record<AccountEvent['what'], (event: AccountEvent) => void>> = {
    banned,
    'not-banned': lifted,
    kicked,
    other() {},
  };

  function handle(event: AccountEvent): void {
    if (isRepeated(event)) return;
    log.debug(say(`push.said.${event.what}`, { account: event.account ?? event.keys[0] ?? '?' }));
    if (event.account !== null) options.learn(event.account, event.proven);
    act[event.what](event);
    // Whoever was removed from the community is no member that a ban could reach.
    if (event.what !== 'kicked') options.told(mirror.product, event.keys);
  }

  return {
    receive(body) {
      const type = v.safeParse(OfKnownType, body);
      if (!type.success) return 'unknown-type';
      const event = v.safeParse(PushEvent, body);
      if (!event.success) return 'malformed';
      options.ready.then(() => handle(event.output)).catch((error: unknown) => log.bug('push-events', error));
      return 'taken';
    },
  };
}

function namesOf(account: string | null, identifiers: readonly string[]): readonly string[] {
  return account === null ? identifiers : [...identifiers, `account:${account}`];
}
