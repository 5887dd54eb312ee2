import type { Clock } from '../clock.ts';
import { formatIdentifier } from '../identity/identifier.ts';
import { formatAccount, parseTarget } from '../identity/target.ts';
import { type Action, isQueued, isSamePerson, PRODUCTS, type Product } from '../moderation/action.ts';
import type { Moderation } from '../moderation/moderation.ts';
import { displayName, outcomeOf, productName } from '../moderation/outcome.ts';
import type { Ledger, Players } from '../moderation/ports.ts';
import { createReply } from '../notify/reply.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import { duration, moment } from '../text/time.ts';
import type { Caller, CommandHost, Messenger } from './ports.ts';

/** How many actions a list shows. */
const SHOWN = 10;

/** What a product's queue lets people see and do. */
interface Queue {
  whyWaiting(actionId: string): { readonly detail: string; readonly nextTryAt: number | null } | undefined;
  retry(actionId?: string): number;
}

/** What the commands are made of. */
export interface QueueCommandOptions {
  readonly host: CommandHost;
  readonly messenger: Messenger;
  /** What a product still has on its way. */
  readonly queueOf: (product: Product) => Queue | undefined;
  readonly cancel: Moderation['cancel'];
  readonly ledger: Ledger;
  readonly players: Players;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly clock: Clock;
  readonly say: Say;
  readonly onBug: (where: string, error: unknown) => void;
}

/** Registers `/cmsqueue` and `/cmshistory`. */
export function registerQueueCommands(options: QueueCommandOptions): void {
  const { host, messenger, queueOf, ledger, clock, say } = options;

  const answer = createReply(messenger);

  function list(caller: Caller): void {
    const pending = ledger.pending();
    if (pending.length === 0) {
      answer(caller, say('queue.empty'), 'good');
      return;
    }
    answer(caller, say('queue.title', { count: pending.length }), 'neutral');
    for (const action of pending.slice(0, SHOWN)) answer(caller, queueLine(action), 'neutral');
    if (pending.length > SHOWN)
      answer(caller, say('queue.more', { count: pending.length - SHOWN }), 'neutral');
  }

  function queueLine(action: Action): string {
    const shares = action.deliveries.filter(isQueued).map(({ product }) => {
      const waiting = queueOf(product)?.whyWaiting(action.id);
      const detail = waiting?.detail ?? '';
      const inMs = waiting?.nextTryAt ? Math.max(0, waiting.nextTryAt - clock.now()) : undefined;
      const next = inMs === undefined ? '' : say('queue.next', { duration: duration(inMs, say) });
      return say('queue.share', { product: productName(product, say), detail, next });
    });
    return say('queue.line', {
      id: action.id,
      action: say(`action.${action.kind}`),
      name: displayName(action.person),
      age: duration(clock.now() - action.at, say),
      author: action.author.name,
      shares: shares.join(' '),
    });
  }

  function retry(caller: Caller, id: string | undefined): void {
    if (id !== undefined && !isPending(id)) {
      notHere(caller, id);
      return;
    }
    let count = 0;
    for (const product of PRODUCTS) count += queueOf(product)?.retry(id) ?? 0;
    answer(caller, say('queue.retried', { count }), 'good');
  }

  async function cancel(caller: Caller, id: string | undefined): Promise<void> {
    if (id === undefined) {
      answer(caller, say('usage.cmsqueue'), 'bad');
      return;
    }
    const action = ledger.byId(id);
    if (!action || !isPending(id)) {
      notHere(caller, id);
      return;
    }
    const cancelled = await options.cancel(id);
    const isComplete = cancelled?.['under-way'].length === 0;
    const text = say(isComplete ? 'queue.cancelled' : 'queue.running', {
      id,
      name: displayName(action.person),
    });
    answer(caller, text, isComplete ? 'good' : 'bad');
  }

  function isPending(id: string): boolean {
    return ledger.byId(id)?.deliveries.some(isQueued) ?? false;
  }

  function notHere(caller: Caller, id: string): void {
    answer(caller, say('queue.unknown', { id: cleanText(id, MAX_NAME) }), 'bad');
  }

  function history(caller: Caller, word: string | undefined): void {
    const about = word === undefined ? undefined : personOf(word);
    if (word !== undefined && !about) {
      answer(caller, say('error.INVALID_TARGET', { target: cleanText(word, MAX_NAME) }), 'bad');
      return;
    }
    const actions = ledger
      .latest(about ? Number.POSITIVE_INFINITY : SHOWN)
      .filter(({ person }) => !about || isSamePerson(person, about))
      .slice(0, SHOWN);
    if (actions.length === 0) {
      answer(caller, say('history.empty'), 'neutral');
      return;
    }
    for (const action of actions) {
      const { message, author, reason } = outcomeOf(action, say);
      const line = say('history.line', {
        at: moment(action.at),
        action: say(`action.${action.kind}`),
        author,
        reason: reason || say('reason.none'),
        message,
      });
      answer(caller, line, 'neutral');
    }
  }

  /** Whom a word is about, also when they have never been here. */
  function personOf(word: string): Action['person'] | undefined {
    const target = parseTarget(word);
    const person = { name: null, playerId: null, identifiers: [], account: null };
    switch (target?.form) {
      case 'player': {
        const player = options.players.byId(target.id);
        return player && { ...person, identifiers: player.identifiers };
      }
      case 'identifier':
        return { ...person, identifiers: [formatIdentifier(target.identifier)] };
      case 'account':
        return { ...person, account: formatAccount(target.account) };
      default:
        return undefined;
    }
  }

  function register(
    name: string,
    run: (caller: Caller, words: readonly string[]) => void | Promise<void>,
  ): void {
    host.register(name, (caller, { words }) => {
      options.ready
        .then(() => run(caller, words))
        .catch((error: unknown) => {
          options.onBug(`/${name}`, error);
          answer(caller, say('error.REFUSED.internal'), 'bad');
        });
    });
  }

  register('cmsqueue', (caller, [verb = 'list', id]) => {
    switch (verb) {
      case 'list':
        return list(caller);
      case 'retry':
        return retry(caller, id);
      case 'cancel':
        return cancel(caller, id);
      default:
        return answer(caller, say('usage.cmsqueue'), 'bad');
    }
  });
  register('cmshistory', (caller, [word]) => history(caller, word));
}
