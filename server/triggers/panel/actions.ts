import type { PanelAction, PanelPage } from '../../../shared/panel.ts';
import type { Clock } from '../../clock.ts';
import { type Action, namesOf, type Person, PRODUCTS } from '../../moderation/action.ts';
import { displayName, outcomeOf, productName } from '../../moderation/outcome.ts';
import type { Ledger } from '../../moderation/ports.ts';
import type { Ties } from '../../moderation/ties.ts';
import type { Settings } from '../../settings/settings.ts';
import { inSlices } from '../../slices.ts';
import type { Say } from '../../text/locale.ts';
import { historyOf } from '../history.ts';
import { plain } from '../name-search.ts';
import type { Queue } from '../queue.ts';
import { panelPage } from './page.ts';

const PAGE_SIZE = 20;

/** What was decided, and what of it is still on its way, as the panel shows it. */
export interface PanelActions {
  /** Bans that wait for a link come last. */
  waiting(page: number): PanelPage<PanelAction>;
  history(wanted: WantedHistory): Promise<PanelPage<PanelAction>>;
}

export interface WantedHistory {
  /** Part of a name, identifier, account, reason, author or id; may be empty. */
  readonly search: string;
  /** Whether only bans in force are wanted. */
  readonly inForce: boolean;
  /** About whom; undefined: everybody. */
  readonly person: Person | undefined;
  readonly page: number;
}

/** What it takes. */
export interface PanelActionsOptions {
  readonly ledger: Pick<Ledger, 'about' | 'inForce' | 'latest' | 'safe'>;
  readonly ties: Pick<Ties, 'of'>;
  readonly queue: Queue;
  readonly settings: Pick<Settings, 'unlinked' | 'joinGate'>;
  readonly clock: Clock;
  readonly say: Say;
}

export function createPanelActions(options: PanelActionsOptions): PanelActions {
  const { ledger, queue, clock, say, settings } = options;

  function candidates({ person, inForce }: WantedHistory): readonly Action[] {
    if (person) return historyOf(person, options).filter((action) => !inForce || isInForce(action));
    if (inForce) return [...ledger.inForce()].reverse().filter(isInForce);
    return ledger.latest(Number.POSITIVE_INFINITY);
  }

  /** The end of a temporary ban may have come, and not been taken note of yet. */
  function isInForce({ inForce, expiresAt }: Action): boolean {
    return inForce && (expiresAt === null || expiresAt > clock.now());
  }

  async function searched(all: readonly Action[], search: string): Promise<readonly Action[]> {
    const part = plain(search);
    if (part === '') return all;
    const found: Action[] = [];
    const look = (action: Action) => {
      if (textsOf(action).some((text) => plain(text).includes(part))) found.push(action);
    };
    await inSlices(all, clock, look, 'at once');
    return found;
  }

  function shown(stored: Action): PanelAction {
    const action = queue.withReasons(stored);
    const outcome = outcomeOf(action, { ...settings, say, isHere: () => false });
    const { id, kind, person } = action;
    return {
      id,
      kind,
      status: outcome.status,
      message: outcome.message,
      person: {
        name: displayName({ ...person, playerId: null }),
        identifiers: person.identifiers,
        account: person.account,
      },
      reason: action.reason,
      author: outcome.author,
      server: action.server ?? '',
      at: action.at,
      until: action.expiresAt,
      inForce: isInForce(action),
      isKept: outcome.code === 'NOT_LINKED' && outcome.status === 'queued',
      shares: PRODUCTS.flatMap((product) => {
        const share = outcome.products[product];
        if (!share) return [];
        const { status, message, nextTryAt = null } = share;
        return [{ product, name: productName(product, say), status, message, nextTryAt }];
      }),
    };
  }

  return {
    waiting: (page) => panelPage([...queue.moving(), ...queue.kept()], page, PAGE_SIZE, shown),
    async history(wanted) {
      const found = await searched(candidates(wanted), wanted.search);
      return panelPage(found, wanted.page, PAGE_SIZE, (action) => shown(ledger.safe(action)));
    },
  };
}

/** What an action is searched by. */
function textsOf({ id, person, reason, author }: Action): readonly string[] {
  return [person.name ?? '', ...namesOf(person), reason, author.name, id];
}
