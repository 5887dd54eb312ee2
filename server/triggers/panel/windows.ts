import {
  PANEL_ANSWER,
  PANEL_ASK,
  PANEL_CLOSE,
  PANEL_CLOSED,
  PANEL_NEWS,
  PANEL_OPEN,
  type PanelAnswer,
  type PanelOpening,
  type PanelPerson,
  type PanelReply,
  type PanelRight,
  type PanelView,
} from '../../../shared/panel.ts';
import type { Clock } from '../../clock.ts';
import type { ConnectedPlayer, Players } from '../../moderation/ports.ts';
import type { Say } from '../../text/locale.ts';
import type { Deciding } from '../deciding.ts';
import { type CommandBasics, guardedCommands } from '../guarded-commands.ts';
import type { Access } from '../ports.ts';
import type { AnswerPanel } from './answers.ts';
import { createPanelNews } from './news.ts';
import { createPace } from './pace.ts';
import type { PanelPeople } from './people.ts';
import { numberOf, readQuestion } from './question.ts';
import { createPanelRights, PANEL_COMMAND, visible } from './rights.ts';

/*
 * The window of one player:
 *
 * - closed → open: they type `/cmspanel`, and may.
 * - open → open anew: at a question or news, when their rights are others than those it shows.
 * - open → closed: they close it, leave, or the resource stops; at a question or news, when they may not use it any more.
 *
 * What is open here decides who is told news. Who may ask, and what, is looked up at each question: a client can be
 * modified.
 */

/** What of the window its player has, and is the same for all questions. */
export type PanelFacts = Omit<PanelOpening, 'rights' | 'person' | 'now'>;

/** The windows that are open. */
export interface PanelWindows {
  /** What is shown may have changed. */
  changed(views: readonly PanelView[]): void;
  /** A player has left. */
  left(playerId: number): void;
  /** Closes the window of everybody who has it open: nobody answers it any more. */
  stop(): void;
}

/** What it is made of. */
export interface PanelWindowsOptions extends CommandBasics {
  readonly on: (event: string, handler: (playerId: number, argument: unknown) => void) => void;
  readonly send: (playerId: number, event: string, ...args: readonly unknown[]) => void;
  readonly access: Pick<Access, 'playerHas'>;
  readonly players: Pick<Players, 'byId'>;
  readonly deciding: Pick<Deciding, 'find'>;
  readonly people: PanelPeople;
  readonly answerPanel: AnswerPanel;
  /** As they are when a window opens. */
  readonly facts: () => PanelFacts;
  /** Takes secrets out of a text. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  readonly say: Say;
}

const refusal = (message: string): PanelAnswer => ({ kind: 'refused', message });

/** Registers `/cmspanel`, and answers the windows. */
export function registerPanelWindows(options: PanelWindowsOptions): PanelWindows {
  const { access, clock, say } = options;
  const { answer: answerCommand, register } = guardedCommands(options);
  const rights = createPanelRights(access);
  const pace = createPace(clock);
  /** By player id, with the rights that their window shows. */
  const open = new Map<number, readonly PanelRight[]>();
  const news = createPanelNews(clock, () => open.size > 0, tell);

  function send(playerId: number, event: string, ...args: readonly unknown[]): void {
    const plain: unknown[] = JSON.parse(options.redact(JSON.stringify(args)));
    options.send(playerId, event, ...plain);
  }

  function openFor(playerId: number, person: PanelPerson | null): void {
    const held = rights.of(playerId);
    open.set(playerId, held);
    const opening: PanelOpening = { ...options.facts(), rights: held, person, now: clock.now() };
    send(playerId, PANEL_OPEN, opening);
  }

  function closeFor(playerId: number): void {
    open.delete(playerId);
    send(playerId, PANEL_CLOSE);
  }

  /** Whether somebody may still have the window; what it shows of their rights is set right. */
  function checkRights(playerId: number): boolean {
    const shown = open.get(playerId);
    if (!rights.mayOpen(playerId)) {
      if (!shown) return false;
      closeFor(playerId);
      options.messenger.toPlayer(playerId, say('cmspanel.lost'), 'bad');
      return false;
    }
    if (shown && rights.of(playerId).join() !== shown.join()) openFor(playerId, null);
    return true;
  }

  function tell(views: readonly PanelView[]): void {
    for (const playerId of [...open.keys()]) {
      if (!checkRights(playerId)) continue;
      const seen = visible(views, open.get(playerId) ?? []);
      if (seen.length > 0) send(playerId, PANEL_NEWS, seen);
    }
  }

  function reply(playerId: number, number: number, answer: PanelAnswer): void {
    // It may have been taken away while the answer was made, and they may be gone.
    if (!checkRights(playerId)) return;
    const told: PanelReply = { number, answer };
    send(playerId, PANEL_ANSWER, told);
  }

  function asked(playerId: number, argument: unknown): void {
    // First what costs nothing: whoever floods need not be known.
    const pass = pace.of(playerId);
    if (pass === 'drop') return;
    const player = checkRights(playerId) ? options.players.byId(playerId) : undefined;
    const number = numberOf(argument);
    if (!player || number === undefined) return;
    if (pass === 'refuse') {
      reply(playerId, number, refusal(say('cmspanel.fast')));
      return;
    }
    answerTo(player, number, argument).catch((error: unknown) => {
      options.onBug('panel', error);
      reply(playerId, number, refusal(say('error.REFUSED.internal')));
    });
  }

  async function answerTo(player: ConnectedPlayer, number: number, argument: unknown): Promise<void> {
    const question = readQuestion(argument)?.question;
    if (!question) return reply(player.id, number, refusal(say('cmspanel.question')));
    const command = rights.lacking(player.id, question.ask);
    if (command) return reply(player.id, number, refusal(say('cmspanel.right', { command })));
    reply(player.id, number, await options.answerPanel(player, question));
  }

  register(PANEL_COMMAND, async (caller, { words: [word] }) => {
    if (caller.kind === 'console') return answerCommand(caller, say('cmspanel.console'), 'bad');
    const { id } = caller.player;
    if (word === undefined) return openFor(id, null);
    const found = await options.deciding.find(word);
    if ('code' in found) return answerCommand(caller, found.message, 'bad');
    openFor(id, options.people.one(word, found));
  });
  options.on(PANEL_ASK, asked);
  options.on(PANEL_CLOSED, (playerId) => void open.delete(playerId));

  return {
    changed: news.changed,
    left(playerId) {
      open.delete(playerId);
      pace.forget(playerId);
    },
    stop() {
      for (const playerId of [...open.keys()]) closeFor(playerId);
    },
  };
}
