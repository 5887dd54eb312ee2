import type { PanelAnswer, PanelAsk } from '../../../shared/panel.ts';
import type { Lookup } from '../../moderation/lookup.ts';
import type { FoundPerson } from '../../moderation/person.ts';
import type { ConnectedPlayer } from '../../moderation/ports.ts';
import type { Say } from '../../text/locale.ts';
import type { Deciding } from '../deciding.ts';
import type { Queue } from '../queue.ts';
import type { PanelActions } from './actions.ts';
import { type PanelDecide, toldOf } from './decisions.ts';
import type { PanelPeople } from './people.ts';

/** What answers are made of. */
export interface PanelAnswersOptions {
  readonly people: PanelPeople;
  readonly actions: PanelActions;
  readonly queue: Queue;
  readonly decide: PanelDecide;
  readonly deciding: Pick<Deciding, 'find'>;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
  readonly isConfigured: () => boolean;
  /** Says which server works for the community; undefined where this one is alone. */
  readonly worker?: () => string;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly say: Say;
}

/** Answers a question of somebody who may ask it. Whom it is about is found in the turn in which it is asked. */
export type AnswerPanel = (by: ConnectedPlayer, ask: PanelAsk) => Promise<PanelAnswer>;

export function createPanelAnswers(options: PanelAnswersOptions): AnswerPanel {
  const { people, actions, queue, deciding, say } = options;

  async function history(ask: Extract<PanelAsk, { ask: 'history' }>): Promise<PanelAnswer> {
    const found = ask.person === null ? undefined : await deciding.find(ask.person);
    if (found && 'code' in found) return { kind: 'refused', message: found.message };
    await options.ready;
    const shown = await actions.history({ ...ask, person: found?.who.person });
    return { kind: 'actions', actions: shown, worker: null };
  }

  async function person(target: string): Promise<PanelAnswer> {
    const found = await deciding.find(target);
    if ('code' in found) return { kind: 'refused', message: found.message };
    return { kind: 'person', person: people.one(target, found) };
  }

  async function lookup(target: string): Promise<PanelAnswer> {
    if (!options.isConfigured()) return { kind: 'refused', message: say('error.NOT_CONFIGURED') };
    const found = await deciding.find(target);
    if ('code' in found) return { kind: 'refused', message: found.message };
    const { message, code } = await options.lookUp(found.who);
    return { kind: 'lookup', lookup: { tone: code === 'OK' ? 'good' : 'bad', message, id: null } };
  }

  return async (by, ask) => {
    switch (ask.ask) {
      case 'players':
        await options.ready;
        return { kind: 'people', people: people.list(ask.search, ask.page) };
      case 'person':
        return person(ask.target);
      case 'waiting':
        await options.ready;
        return { kind: 'actions', actions: actions.waiting(ask.page), worker: options.worker?.() ?? null };
      case 'history':
        return history(ask);
      case 'lookup':
        return lookup(ask.target);
      case 'ban':
        return { kind: 'told', told: await options.decide(by, { ...ask, kind: 'ban' }) };
      case 'kick':
      case 'unban':
        return { kind: 'told', told: await options.decide(by, { ...ask, kind: ask.ask, duration: '' }) };
      case 'retry':
        await options.ready;
        return { kind: 'told', told: toldOf(await queue.retry(ask.id?.toLowerCase()), ask.id) };
      case 'cancel': {
        await options.ready;
        const { said } = await queue.cancel(ask.id.toLowerCase());
        return { kind: 'told', told: toldOf(said, ask.id) };
      }
    }
  };
}
