import type { Ban } from '../bans/ban-index.ts';
import type { BansHere } from '../bans/bans-here.ts';
import { banWords, type FoundBan, type Mirror } from '../bans/mirror.ts';
import type { Clock } from '../clock.ts';
import type { Action, Product } from '../moderation/action.ts';
import { decidedBy, productName } from '../moderation/outcome.ts';
import type { ConnectedPlayer } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { UnknownRule } from '../settings/settings.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';
import { hasBypass } from './eviction.ts';
import type { Notices } from './notice.ts';

/** How long somebody waits at the most for what is stored to be read, in milliseconds. */
const PATIENCE_MS = 10_000;
/** How often it is said that nothing is known yet, in milliseconds. */
const WARNING_MS = 60_000;

/** Somebody on the way in. The id is a temporary one. */
export interface Arrival extends ConnectedPlayer {
  /** Refuses them, before the handler returns. */
  refuse(message: string): void;
  /** Lets them wait. What comes back is to be called once: without a message they go on, with one they are refused. */
  defer(): (message?: string) => void;
}

/** Somebody who was kept out because they are banned. */
export interface Refusal {
  readonly player: ConnectedPlayer;
  /** The ban that was decided here; undefined when none is known. */
  readonly ban: Action | undefined;
  /** What the console says of it. */
  readonly words: string;
  /** The product whose list they are on, when that is why; absent when the ban in force here is. */
  readonly product?: Product;
}

/** What the gate is made of. */
export interface JoinGateOptions {
  readonly here: BansHere;
  /** Those of the products in use at the moment. */
  readonly mirrors: () => readonly Mirror[];
  /** Settles when what is stored has been read, of our own decisions and of the lists. */
  readonly loaded: Promise<void>;
  /** `cmsban_gate_when_unknown`. */
  readonly whenUnknown: UnknownRule;
  readonly notices: Notices;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
  /** Told whom the gate has refused. */
  readonly onRefused: (refusal: Refusal) => void;
}

/** Decides who gets in. */
export interface JoinGate {
  /** For somebody who connects: at once, unless what is stored is still being read. Never throws. */
  arrived(arrival: Arrival): void;
  /** Decides about everybody who waits, now: nobody will do it later. */
  stop(): void;
}

type Decision =
  | { readonly kind: 'free' }
  | { readonly kind: 'here'; readonly isLetIn: boolean; readonly ban: Action }
  | {
      readonly kind: 'listed';
      readonly isLetIn: boolean;
      readonly mirror: Mirror;
      readonly found: FoundBan;
      readonly ban: Action | undefined;
    }
  | { readonly kind: 'unread'; readonly isLetIn: boolean }
  | { readonly kind: 'unknown'; readonly isLetIn: boolean; readonly lists: readonly Mirror[] };

export function createJoinGate(options: JoinGateOptions): JoinGate {
  const { here, whenUnknown, notices, access, clock, log, say } = options;
  let isLoaded = false;
  let warnedAt = Number.NEGATIVE_INFINITY;
  /** Decides about those who wait. */
  const waiting = new Set<() => void>();
  void options.loaded.then(() => {
    isLoaded = true;
  });

  function decide(person: ConnectedPlayer): Decision {
    const isPrivileged = () => hasBypass(access, person);
    const own = here.find(person.identifiers);
    if (own) return { kind: 'here', isLetIn: isPrivileged(), ban: own };
    const mirrors = options.mirrors();
    for (const mirror of mirrors) {
      const found = mirror.find(person.identifiers);
      if (!found) continue;
      return { kind: 'listed', isLetIn: isPrivileged(), mirror, found, ban: banBehind(here, found) };
    }
    const isLetIn = () => whenUnknown === 'allow' || isPrivileged();
    if (!isLoaded) return { kind: 'unread', isLetIn: isLetIn() };
    const lists = mirrors.filter(({ isKnown }) => !isKnown);
    return lists.length === 0 ? { kind: 'free' } : { kind: 'unknown', isLetIn: isLetIn(), lists };
  }

  /** @returns what they are refused with; undefined lets them in. */
  function noticeOf(decision: Decision): string | undefined {
    if (decision.kind === 'free' || decision.isLetIn) return undefined;
    switch (decision.kind) {
      case 'here':
      case 'listed':
        return decision.ban ? notices.of(decision.ban) : notices.banned;
      default:
        return notices.unknown;
    }
  }

  /** Says what was decided, to whom it concerns. */
  function tell(decision: Decision, player: ConnectedPlayer): void {
    const { name } = player;
    switch (decision.kind) {
      case 'free':
        return;
      case 'here': {
        const { ban, isLetIn } = decision;
        const words = { name, author: decidedBy(ban, say), id: ban.id };
        const line = say(isLetIn ? 'gate.log.here.bypass' : 'gate.log.here.refused', words);
        log.info(line);
        if (!isLetIn) options.onRefused({ player, ban, words: line });
        return;
      }
      case 'listed': {
        const { isLetIn, ban, mirror, found } = decision;
        const { product } = mirror;
        const words = { name, product: productName(product, say), by: banWords(found, say) };
        const line = say(isLetIn ? 'gate.log.bypass' : 'gate.log.refused', words);
        log.info(line);
        if (!isLetIn) options.onRefused({ player, ban, product, words: line });
        return;
      }
      case 'unread':
        warn(() => say(`gate.log.unread.${allowOrDeny(decision)}`, { name }));
        return;
      case 'unknown': {
        const products = decision.lists.map(({ product }) => productName(product, say));
        const words = { name, products: products.join(say('list.and')) };
        warn(() => say(`gate.log.unknown.${allowOrDeny(decision)}`, words));
      }
    }
  }

  /** That nothing is known concerns everybody who comes: it is not said of each. */
  function warn(words: () => string): void {
    if (clock.elapsed() - warnedAt < WARNING_MS) return;
    warnedAt = clock.elapsed();
    log.warn(words());
  }

  /**
   * A fault of ours must neither keep everybody out nor let everybody in: what counts for the unknown counts.
   *
   * @returns what they are refused with; undefined lets them in.
   */
  function noticeFor(person: ConnectedPlayer): string | undefined {
    let notice = whenUnknown === 'allow' ? undefined : notices.unknown;
    try {
      const decision = decide(person);
      notice = noticeOf(decision);
      tell(decision, person);
    } catch (error) {
      log.bug('join-gate', error);
    }
    return notice;
  }

  async function decideLater(arrival: Arrival): Promise<void> {
    const end = arrival.defer();
    const { promise: stopping, resolve: stop } = Promise.withResolvers<void>();
    const cancel = clock.after(PATIENCE_MS, stop);
    let isOpen = true;
    const decideNow = () => {
      if (!isOpen) return;
      isOpen = false;
      cancel();
      waiting.delete(decideNow);
      end(noticeFor(arrival));
    };
    waiting.add(decideNow);
    await Promise.race([options.loaded, stopping]);
    decideNow();
  }

  return {
    arrived(arrival) {
      if (!isLoaded) {
        decideLater(arrival).catch((error: unknown) => log.bug('join-gate', error));
        return;
      }
      const notice = noticeFor(arrival);
      if (notice !== undefined) arrival.refuse(notice);
    },
    stop() {
      for (const decideNow of [...waiting]) decideNow();
    },
  };
}

/** The ban in force here that one on a list stands for; undefined when none is known. */
export function banBehind(here: BansHere, { account, own }: Ban): Action | undefined {
  return here.find(account === null ? own : [`account:${account}`, ...own]);
}

function allowOrDeny({ isLetIn }: { readonly isLetIn: boolean }): 'allow' | 'deny' {
  return isLetIn ? 'allow' : 'deny';
}
