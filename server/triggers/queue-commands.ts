import type { Clock } from '../clock.ts';
import { type Action, isKept, isQueued, isSettled, type Product } from '../moderation/action.ts';
import type { Moderation } from '../moderation/moderation.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { Ledger, Players } from '../moderation/ports.ts';
import type { Cancelled } from '../moderation/request.ts';
import { hears } from '../notify/audience.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import { duration, moment } from '../text/time.ts';
import { type CommandBasics, guardedCommands } from './guarded-commands.ts';
import { whom } from './history-command.ts';
import { pageOf, pageWords, readPageNumber } from './pages.ts';
import type { Caller } from './ports.ts';

/** How many actions a page has. */
const PAGE_SIZE = 10;

/** Why something waits, in words, and when it is tried next, in Unix milliseconds. */
interface WhyWaiting {
  readonly detail: string;
  readonly nextTryAt: number | null;
}

/** How many deliveries wait, and how many records that were on hold. */
export interface Retried {
  readonly deliveries: number;
  readonly records: number;
}

/** What the commands are made of. */
export interface QueueCommandOptions extends CommandBasics {
  /** Why an action waits in a product; undefined when that is not known here. */
  readonly whyWaiting: (product: Product, actionId: string) => WhyWaiting | undefined;
  /** Tries what waits as soon as the limits allow; ends holds. Undefined when nobody has answered. */
  readonly retry: (actionId: string | undefined) => Promise<Retried | undefined>;
  /** Says which server works for the community; undefined where this one is alone. */
  readonly worker?: () => string;
  readonly cancel: Moderation['cancel'];
  readonly ledger: Pick<Ledger, 'pending' | 'byId'>;
  readonly players: Players;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly clock: Clock;
}

/** Registers `/cmsqueue`. */
export function registerQueueCommands(options: QueueCommandOptions): void {
  const { ledger, clock, say } = options;
  const { answer, show, register } = guardedCommands(options);

  register('cmsqueue', async (caller, { words: [verb = 'list', word] }) => {
    await options.ready;
    const number = readPageNumber(word);
    switch (verb.toLowerCase()) {
      case 'list':
        return number === undefined ? usage(caller) : list(caller, number);
      case 'kept':
        return number === undefined ? usage(caller) : kept(caller, number);
      case 'retry':
        return retry(caller, word);
      case 'cancel':
        return word === undefined ? usage(caller) : cancel(caller, word.toLowerCase());
      default:
        return usage(caller);
    }
  });

  function usage(caller: Caller): void {
    show(caller, say('usage.cmsqueue'), 'bad');
  }

  function list(caller: Caller, number: number): void {
    if (options.worker) show(caller, options.worker(), 'neutral');
    const pending = ledger.pending();
    const moving = pending.filter((action) => !waitsForLink(action));
    const keptCount = pending.length - moving.length;
    if (pending.length === 0) show(caller, say('queue.empty'), 'good');
    else if (moving.length === 0) show(caller, say('queue.still'), 'good');
    else {
      show(caller, say('queue.title', { count: moving.length }), 'neutral');
      showPage(caller, moving, number, 'list', queueLine);
    }
    if (keptCount > 0) show(caller, say('queue.kept', { count: keptCount }), 'neutral');
  }

  function kept(caller: Caller, number: number): void {
    const waiting = ledger.pending().filter(waitsForLink);
    if (waiting.length === 0) {
      show(caller, say('queue.kept.empty'), 'good');
      return;
    }
    show(caller, say('queue.kept.title', { count: waiting.length }), 'neutral');
    showPage(caller, waiting, number, 'kept', keptLine);
  }

  function showPage(
    caller: Caller,
    actions: readonly Action[],
    number: number,
    verb: string,
    line: (action: Action) => string,
  ): void {
    const page = pageOf(actions, number, PAGE_SIZE);
    for (const action of page.items) show(caller, line(action), 'neutral');
    const words = pageWords(page, say('page.queue', { verb, page: number + 1 }), say);
    if (words) show(caller, words, page.items.length > 0 ? 'neutral' : 'bad');
  }

  function queueLine(action: Action): string {
    const shares = action.deliveries.filter(isQueued).map(({ product, state }) => {
      const stored = state.status === 'queued' ? state : undefined;
      // Of what another server sends, its record says why it waits.
      const waiting = options.whyWaiting(product, action.id) ?? stored;
      const detail = waiting?.detail || say('queue.onItsWay');
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

  function keptLine(action: Action): string {
    const { id, person, author, expiresAt, reason } = action;
    return say('queue.kept.line', {
      id,
      name: whom(person, say),
      age: duration(clock.now() - action.at, say),
      author: author.name,
      until: expiresAt === null ? say('until.never') : say('until.at', { at: moment(expiresAt) }),
      reason: reason || say('reason.none'),
    });
  }

  async function retry(caller: Caller, word: string | undefined): Promise<void> {
    const id = word?.toLowerCase();
    const action = id === undefined ? undefined : pendingAction(id);
    if (id !== undefined && !action) {
      notHere(caller, id);
      return;
    }
    if (action && waitsForLink(action)) {
      const text = say('queue.kept.retry', { id: action.id, name: displayName(action.person) });
      answer(caller, text, 'neutral');
      return;
    }
    const retried = await options.retry(id);
    if (!retried) return answer(caller, say('queue.noAnswer'), 'bad');
    const { deliveries, records } = retried;
    answer(caller, say('queue.retried', { count: deliveries }), 'good');
    if (records === 0) return;
    answer(caller, say('records.retried', { product: productName('cms', say), count: records }), 'good');
  }

  async function cancel(caller: Caller, id: string): Promise<void> {
    const action = pendingAction(id);
    const cancelled = action && (await options.cancel(id));
    if (!cancelled) return notHere(caller, id);
    // They have just been told how it ended.
    if (hasEnded(id) && hears(caller, action, options.players)) return;
    const tell = (
      key: 'queue.cancelled' | 'queue.cancelled.heard' | 'queue.running',
      how: keyof Cancelled,
    ) => {
      const products = cancelled[how].map((product) => productName(product, say)).join(say('list.and'));
      const text = say(key, { id, name: displayName(action.person), products });
      answer(caller, text, how === 'unheard' ? 'good' : 'bad');
    };
    const isRunning = cancelled['under-way'].length > 0;
    const isHeard = cancelled.heard.length > 0;
    if (isRunning) tell('queue.running', 'under-way');
    if (isHeard) tell('queue.cancelled.heard', 'heard');
    if (!isRunning && !isHeard) tell('queue.cancelled', 'unheard');
  }

  function hasEnded(id: string): boolean {
    const action = ledger.byId(id);
    return !action || isSettled(action);
  }

  function pendingAction(id: string): Action | undefined {
    const action = ledger.byId(id);
    return action?.deliveries.some(isQueued) ? action : undefined;
  }

  function notHere(caller: Caller, id: string): void {
    answer(caller, say('queue.unknown', { id: cleanText(id, MAX_NAME) }), 'bad');
  }
}

/** A ban of which nothing is on its way: it waits until the person links an account. */
function waitsForLink(action: Action): boolean {
  const queued = action.deliveries.filter(isQueued);
  return queued.length > 0 && queued.every(isKept);
}
