import type { Ban } from '../bans/ban-index.ts';
import type { Mirror } from '../bans/mirror.ts';
import type { Clock } from '../clock.ts';
import { productName } from '../moderation/outcome.ts';
import type { ConnectedPlayer } from '../moderation/ports.ts';
import type { Refusal } from '../notify/discord/door-news.ts';
import type { Log } from '../notify/log.ts';
import type { UnknownRule } from '../settings/settings.ts';
import type { Say } from '../text/locale.ts';
import type { Access } from '../triggers/ports.ts';
import { hasBypass, type Notices } from './eviction.ts';

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

/** What the gate is made of. */
export interface JoinGateOptions {
  /** Those of the products in use at the moment. */
  readonly mirrors: () => readonly Mirror[];
  /** Settles when what is stored has been read. */
  readonly loaded: Promise<void>;
  /** `cmsban_gate_when_unknown`. */
  readonly whenUnknown: UnknownRule;
  readonly notices: Notices;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
  /** Told of everybody who is refused for a ban, with what the console says. */
  readonly onRefusal: (refusal: Refusal) => void;
  /** Told whom the gate has refused, and by what. */
  readonly onRefused: (mirror: Mirror, ban: Ban) => void;
}

/** Decides who gets in. */
export interface JoinGate {
  /** For somebody who connects: at once, unless what is stored is still being read. Never throws. */
  arrived(arrival: Arrival): void;
  /** The ban that somebody who has just come in ought to be dropped for: it came while they were on the way. */
  stillBanned(player: ConnectedPlayer): Mirror | undefined;
  /** Decides about everybody who waits, now: nobody will do it later. */
  stop(): void;
}

type Decision =
  | { readonly kind: 'free' }
  | { readonly kind: 'banned' | 'bypass'; readonly mirror: Mirror }
  | { readonly kind: 'unknown-allow' | 'unknown-deny'; readonly unknown: readonly Mirror[] };

export function createJoinGate(options: JoinGateOptions): JoinGate {
  const { whenUnknown, notices, access, clock, log, say } = options;
  let isLoaded = false;
  let warnedAt = Number.NEGATIVE_INFINITY;
  /** Decides about those who wait. */
  const waiting = new Set<() => void>();
  void options.loaded.then(() => {
    isLoaded = true;
  });

  function decide(person: ConnectedPlayer): Decision {
    const mirrors = options.mirrors();
    for (const mirror of mirrors) {
      const ban = mirror.find(person.identifiers);
      if (ban) return { kind: hasBypass(access, person) ? 'bypass' : 'banned', mirror };
    }
    const unknown = mirrors.filter(({ isKnown }) => !isKnown);
    if (unknown.length === 0) return { kind: 'free' };
    const isLetIn = whenUnknown === 'allow' || hasBypass(access, person);
    return { kind: isLetIn ? 'unknown-allow' : 'unknown-deny', unknown };
  }

  /** Says what was decided, to whom it concerns. */
  function tell(decision: Decision, person: ConnectedPlayer): void {
    const { name, identifiers } = person;
    switch (decision.kind) {
      case 'free':
        return;
      case 'bypass':
      case 'banned': {
        const { kind, mirror } = decision;
        const words = { name, product: productName(mirror.product, say) };
        const line = say(kind === 'banned' ? 'gate.log.refused' : 'gate.log.bypass', words);
        log.info(line);
        if (kind === 'bypass') return;
        options.onRefusal({ person, words: line });
        // All of them may have been lifted: the next try is not to meet the next one.
        for (const each of options.mirrors()) {
          const ban = each.find(identifiers);
          if (ban) options.onRefused(each, ban);
        }
        return;
      }
      case 'unknown-allow':
      case 'unknown-deny': {
        if (clock.elapsed() - warnedAt < WARNING_MS) return;
        warnedAt = clock.elapsed();
        const products = decision.unknown.map(({ product }) => productName(product, say));
        const key = decision.kind === 'unknown-allow' ? 'gate.log.unknown.allow' : 'gate.log.unknown.deny';
        log.warn(say(key, { name, products: products.join(say('list.and')) }));
      }
    }
  }

  /**
   * A fault of ours must neither keep everybody out nor let everybody in: what counts for the unknown counts.
   *
   * @returns what they are refused with; undefined lets them in.
   */
  function noticeFor(person: ConnectedPlayer): string | undefined {
    let decision: Decision = {
      kind: whenUnknown === 'allow' ? 'unknown-allow' : 'unknown-deny',
      unknown: [],
    };
    try {
      decision = decide(person);
      tell(decision, person);
    } catch (error) {
      log.bug('join-gate', error);
    }
    if (decision.kind === 'banned') return notices.banned;
    return decision.kind === 'unknown-deny' ? notices.unknown : undefined;
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
    stillBanned: (player) =>
      options.mirrors().find((mirror) => mirror.find(player.identifiers) !== undefined),
    stop() {
      for (const decideNow of [...waiting]) decideNow();
    },
  };
}
