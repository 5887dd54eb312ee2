import type { Clock } from '../clock.ts';
import type { Action } from '../moderation/action.ts';
import { decidedBy, displayName, productName } from '../moderation/outcome.ts';
import type { Players } from '../moderation/ports.ts';
import { hears } from '../notify/audience.ts';
import { duration, moment } from '../text/time.ts';
import { type CommandBasics, guardedCommands } from './guarded-commands.ts';
import { whom } from './history-command.ts';
import { pageOf, pageWords, readPageNumber } from './pages.ts';
import type { Caller, Said } from './ports.ts';
import type { Queue } from './queue.ts';

/** How many actions a page has. */
const PAGE_SIZE = 10;

/** What the commands are made of. */
export interface QueueCommandOptions extends CommandBasics {
  readonly queue: Queue;
  /** Says which server works for the community; undefined where this one is alone. */
  readonly worker?: () => string;
  readonly players: Players;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly clock: Clock;
}

/** Registers `/cmsqueue`. */
export function registerQueueCommands(options: QueueCommandOptions): void {
  const { queue, clock, say } = options;
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
        return tell(caller, await queue.retry(word?.toLowerCase()));
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
    const moving = queue.moving();
    const keptCount = queue.kept().length;
    if (moving.length + keptCount === 0) show(caller, say('queue.empty'), 'good');
    else if (moving.length === 0) show(caller, say('queue.still'), 'good');
    else {
      show(caller, say('queue.title', { count: moving.length }), 'neutral');
      showPage(caller, moving, number, 'list', queueLine);
    }
    if (keptCount > 0) show(caller, say('queue.kept', { count: keptCount }), 'neutral');
  }

  function kept(caller: Caller, number: number): void {
    const waiting = queue.kept();
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
    const shares = queue.withReasons(action).deliveries.flatMap(({ product, state }) => {
      if (state.status !== 'queued') return [];
      const detail = state.detail || say('queue.onItsWay');
      const inMs = state.nextTryAt ? Math.max(0, state.nextTryAt - clock.now()) : undefined;
      const next = inMs === undefined ? '' : say('queue.next', { duration: duration(inMs, say) });
      return [say('queue.share', { product: productName(product, say), detail, next })];
    });
    return say('queue.line', {
      id: action.id,
      action: say(`action.${action.kind}`),
      name: displayName(action.person),
      age: duration(clock.now() - action.at, say),
      author: decidedBy(action, say),
      shares: shares.join(' '),
    });
  }

  function keptLine(action: Action): string {
    const { id, person, expiresAt, reason } = action;
    return say('queue.kept.line', {
      id,
      name: whom(person, say),
      age: duration(clock.now() - action.at, say),
      author: decidedBy(action, say),
      until: expiresAt === null ? say('until.never') : say('until.at', { at: moment(expiresAt) }),
      reason: reason || say('reason.none'),
    });
  }

  async function cancel(caller: Caller, id: string): Promise<void> {
    const { said, ended } = await queue.cancel(id);
    // They have just been told how it ended.
    if (!ended || !hears(caller, ended, options.players)) tell(caller, said);
  }

  function tell(caller: Caller, said: readonly Said[]): void {
    for (const { text, tone } of said) answer(caller, text, tone);
  }
}
