import type { Clock } from '../clock.ts';
import { type Action, namesOf, type Person, PRODUCTS } from '../moderation/action.ts';
import {
  type BanState,
  banStateOf,
  decidedBy,
  displayName,
  outcomeOf,
  productName,
} from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Settings } from '../settings/settings.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import { moment } from '../text/time.ts';
import { isActionId, type TargetAnswer } from './find-target.ts';
import { type CommandBasics, guardedCommands } from './guarded-commands.ts';
import { type HistoryParts, historyOf } from './history.ts';
import { asTyped, pageOf, pageWords, readPageNumber } from './pages.ts';
import type { Caller } from './ports.ts';

/** How many actions a page has: each takes some lines of the chat. */
const PAGE_SIZE = 5;
/** What stands for everybody. */
const ALL = 'all';

/** What the command is made of. */
export interface HistoryCommandOptions extends CommandBasics, HistoryParts {
  readonly ledger: Pick<Ledger, 'about' | 'latest' | 'safe'>;
  readonly findTarget: (word: string) => TargetAnswer;
  readonly settings: Pick<Settings, 'unlinked' | 'joinGate'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
}

/** Registers `/cmshistory`. */
export function registerHistoryCommand(options: HistoryCommandOptions): void {
  const { ledger, say } = options;
  const { show, register } = guardedCommands(options);

  register('cmshistory', async (caller, { words }) => {
    const [word = ALL, pageWord] = words;
    const number = words.length > 2 ? undefined : readPageNumber(pageWord);
    if (word === '') return usage(caller);
    const isAll = word.toLowerCase() === ALL;
    if (isActionId(word)) await options.ready;
    const found = isAll ? undefined : options.findTarget(word);
    if (found && 'code' in found) return show(caller, found.message, 'bad');
    if (number === undefined) return usage(caller);
    await options.ready;
    if (!found) return list(caller, ALL, number, ledger.latest(Number.POSITIVE_INFINITY));
    const { person } = found.who;
    const actions = historyOf(person, options);
    if (actions.length > 0) return list(caller, word, number, actions);
    show(caller, say('history.empty.person', { name: displayName(person) }), 'neutral');
  });

  function usage(caller: Caller): void {
    show(caller, `${say('usage.cmshistory')} ${say('usage.target')}`, 'bad');
  }

  function list(caller: Caller, word: string, number: number, actions: readonly Action[]): void {
    if (actions.length === 0) {
      show(caller, say('history.empty'), 'neutral');
      return;
    }
    const page = pageOf(actions, number, PAGE_SIZE);
    for (const action of page.items) show(caller, historyLine(ledger.safe(action), options), 'neutral');
    const words = pageWords(
      page,
      say('page.history', { target: asTyped(shown(word)), page: number + 1 }),
      say,
    );
    if (words) show(caller, words, page.items.length > 0 ? 'neutral' : 'bad');
  }
}

/** A target as it was typed, but harmless. */
function shown(word: string): string {
  return cleanText(word, MAX_NAME);
}

/** One action: its id, what, who, until when, why, by whom, whether a ban still counts, and how it ended in each product. */
export function historyLine(
  action: Action,
  { say, settings, clock }: Pick<HistoryCommandOptions, 'say' | 'settings' | 'clock'>,
): string {
  const { products, reason } = outcomeOf(action, { ...settings, say, isHere: () => false });
  return say('history.line', {
    id: action.id,
    at: moment(action.at),
    what: what(action, say),
    name: whom(action.person, say),
    author: decidedBy(action, say),
    reason: reason || say('reason.none'),
    products: [
      ...(action.kind === 'ban' ? [say(`history.state.${stateOf(action, clock.now())}`)] : []),
      ...PRODUCTS.flatMap((product) => {
        const share = products[product];
        return share ? [say('share', { product: productName(product, say), message: share.message })] : [];
      }),
    ].join(' '),
  });
}

/** The end of a temporary ban may have come, and not been taken note of yet. */
function stateOf(ban: Action, now: number): BanState {
  const state = banStateOf(ban);
  const isOver = ban.expiresAt !== null && ban.expiresAt <= now;
  return state === 'inForce' && isOver ? 'ended' : state;
}

function what({ kind, expiresAt }: Action, say: Say): string {
  if (kind !== 'ban' || expiresAt === null) return say(`history.${kind}`);
  return say('history.ban.until', { until: moment(expiresAt) });
}

/** Somebody by their name and all that identified them. */
export function whom(person: Person, say: Say): string {
  const name = displayName({ ...person, playerId: null });
  const identifiers = namesOf(person).filter((identifier) => identifier !== name);
  return identifiers.length === 0
    ? name
    : say('history.person', { name, identifiers: identifiers.join(', ') });
}
