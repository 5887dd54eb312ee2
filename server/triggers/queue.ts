import { type Action, isKept, isQueued, isSettled, type Product } from '../moderation/action.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Cancelled } from '../moderation/request.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import type { Said } from './ports.ts';

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

/** What is still on its way, as people see it and act on it: the same by command and in the panel. */
export interface Queue {
  /** What is to go out; oldest first. */
  moving(): readonly Action[];
  /** Bans that wait until their person links an account; oldest first. */
  kept(): readonly Action[];
  /** An action with why its shares wait, as far as that is known. */
  withReasons(action: Action): Action;
  /** Tries one action, or all that wait. @returns what became of it, in words. */
  retry(id: string | undefined): Promise<readonly Said[]>;
  /** Ends what is on its way of an action. */
  cancel(id: string): Promise<QueueCancel>;
}

/** What became of taking an action back. */
export interface QueueCancel {
  readonly said: readonly Said[];
  /** The action, when it has ended by it: its author is told that by itself. */
  readonly ended: Action | undefined;
}

/** What it is made of. */
export interface QueueOptions {
  /** Why an action waits in a product; undefined when that is not known here. */
  readonly whyWaiting: (product: Product, actionId: string) => WhyWaiting | undefined;
  /** Tries what waits as soon as the limits allow; ends holds. Undefined when nobody has answered yet: it is done later. */
  readonly retry: (actionId: string | undefined) => Promise<Retried | undefined>;
  /** Ends what is on its way. `later` when nobody has answered yet: it is done later. */
  readonly cancel: (actionId: string) => Promise<Cancelled | 'later' | undefined>;
  readonly ledger: Pick<Ledger, 'pending' | 'byId'>;
  readonly say: Say;
}

export function createQueue(options: QueueOptions): Queue {
  const { ledger, say } = options;

  function pendingAction(id: string): Action | undefined {
    const action = ledger.byId(id);
    return action?.deliveries.some(isQueued) ? action : undefined;
  }

  function notHere(id: string): readonly Said[] {
    return [{ text: say('queue.unknown', { id: cleanText(id, MAX_NAME) }), tone: 'bad' }];
  }

  function hasEnded(id: string): boolean {
    const action = ledger.byId(id);
    return !action || isSettled(action);
  }

  return {
    moving: () => ledger.pending().filter((action) => !waitsForLink(action)),
    kept: () => ledger.pending().filter(waitsForLink),
    withReasons: (action) => ({
      ...action,
      deliveries: action.deliveries.map((delivery) => {
        const { product, state } = delivery;
        if (state.status !== 'queued') return delivery;
        // Of what another server sends, its record says why it waits.
        const { detail, nextTryAt } = options.whyWaiting(product, action.id) ?? state;
        return { ...delivery, state: { ...state, detail, nextTryAt } };
      }),
    }),
    async retry(id) {
      const action = id === undefined ? undefined : pendingAction(id);
      if (id !== undefined && !action) return notHere(id);
      if (action && waitsForLink(action)) {
        const text = say('queue.kept.retry', { id: action.id, name: displayName(action.person) });
        return [{ text, tone: 'neutral' }];
      }
      const retried = await options.retry(id);
      if (!retried) return [{ text: say('queue.retried.later'), tone: 'neutral' }];
      const said: Said[] = [{ text: say('queue.retried', { count: retried.deliveries }), tone: 'good' }];
      if (retried.records > 0) {
        const words = { product: productName('cms', say), count: retried.records };
        said.push({ text: say('records.retried', words), tone: 'good' });
      }
      return said;
    },
    async cancel(id) {
      const action = pendingAction(id);
      const cancelled = action && (await options.cancel(id));
      if (!cancelled) return { said: notHere(id), ended: undefined };
      if (cancelled === 'later') {
        const text = say('queue.cancelled.later', { id, name: displayName(action.person) });
        return { said: [{ text, tone: 'neutral' }], ended: undefined };
      }
      return { said: cancelWords(action, cancelled, say), ended: hasEnded(id) ? action : undefined };
    },
  };
}

function cancelWords(action: Action, cancelled: Cancelled, say: Say): readonly Said[] {
  const tell = (
    key: 'queue.cancelled' | 'queue.cancelled.heard' | 'queue.running',
    how: keyof Cancelled,
  ): Said => {
    const products = cancelled[how].map((product) => productName(product, say)).join(say('list.and'));
    const text = say(key, { id: action.id, name: displayName(action.person), products });
    return { text, tone: how === 'unheard' ? 'good' : 'bad' };
  };
  const said: Said[] = [];
  if (cancelled['under-way'].length > 0) said.push(tell('queue.running', 'under-way'));
  if (cancelled.heard.length > 0) said.push(tell('queue.cancelled.heard', 'heard'));
  return said.length > 0 ? said : [tell('queue.cancelled', 'unheard')];
}

/** A ban of which nothing is on its way: it waits until the person links an account. */
function waitsForLink(action: Action): boolean {
  const queued = action.deliveries.filter(isQueued);
  return queued.length > 0 && queued.every(isKept);
}
