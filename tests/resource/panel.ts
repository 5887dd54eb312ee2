import { until } from '../../devserver/clock.ts';
import {
  PANEL_ANSWER,
  PANEL_ASK,
  PANEL_CLOSE,
  PANEL_NEWS,
  PANEL_OPEN,
  type PanelAction,
  type PanelAnswer,
  type PanelAsk,
  type PanelOpening,
  type PanelPage,
  type PanelPerson,
  type PanelReply,
  type PanelTold,
  type PanelView,
} from '../../shared/panel.ts';
import type { World } from './world.ts';

/** The panel as a client sees it: what its page asks, and what comes back. */

type Player = Awaited<ReturnType<World['join']>>;

/** Far from what a test numbers itself. */
let questions = 1_000_000_000;

/** Sends anything as a question. @returns its number, if the page gave one. */
export function send(player: Player, argument: unknown): void {
  player.trigger(PANEL_ASK, argument);
}

function received<T>({ events }: Player, event: string): T[] {
  return events.filter(({ name }) => name === event).map(({ args: [first] }) => first as T);
}

export const openings = (player: Player) => received<PanelOpening>(player, PANEL_OPEN);
export const replies = (player: Player) => received<PanelReply>(player, PANEL_ANSWER);
export const news = (player: Player) => received<readonly PanelView[]>(player, PANEL_NEWS);
export const closings = (player: Player) => received<undefined>(player, PANEL_CLOSE).length;

/** Types `/cmspanel`, and waits for the window. */
export async function openPanel(player: Player, target = ''): Promise<PanelOpening> {
  const before = openings(player).length;
  await player.chatInput(`/cmspanel ${target}`.trim());
  return until(() => openings(player)[before], 'the window');
}

/** Asks, and waits for the answer. */
export async function ask(player: Player, question: PanelAsk): Promise<PanelAnswer> {
  const number = ++questions;
  send(player, { number, question });
  const reply = await until(
    () => replies(player).find((each) => each.number === number),
    `the answer to ${question.ask}`,
  );
  return reply.answer;
}

/** The same of what is answered in one way; anything else fails. */
export async function people(player: Player, search = '', page = 1): Promise<PanelPage<PanelPerson>> {
  const answer = await ask(player, { ask: 'players', search, page });
  if (answer.kind !== 'people') throw new Error(JSON.stringify(answer));
  return answer.people;
}

export async function waiting(player: Player, page = 1): Promise<PanelPage<PanelAction>> {
  return actionsIn(await ask(player, { ask: 'waiting', page }));
}

export async function history(
  player: Player,
  wanted: Partial<Extract<PanelAsk, { ask: 'history' }>> = {},
): Promise<PanelPage<PanelAction>> {
  const question = { ask: 'history', search: '', inForce: false, person: null, page: 1, ...wanted } as const;
  return actionsIn(await ask(player, question));
}

function actionsIn(answer: PanelAnswer): PanelPage<PanelAction> {
  if (answer.kind !== 'actions') throw new Error(JSON.stringify(answer));
  return answer.actions;
}

export async function person(player: Player, target: string): Promise<PanelPerson> {
  const answer = await ask(player, { ask: 'person', target });
  if (answer.kind !== 'person') throw new Error(JSON.stringify(answer));
  return answer.person;
}

export async function told(player: Player, question: PanelAsk): Promise<PanelTold> {
  const answer = await ask(player, question);
  if (answer.kind === 'told') return answer.told;
  if (answer.kind === 'lookup') return answer.lookup;
  throw new Error(JSON.stringify(answer));
}

let keys = 0;

/** A ban as the page asks for it. */
export function ban(target: string, fields: { duration?: string; reason?: string; key?: string } = {}) {
  return { ask: 'ban', target, duration: 'perm', reason: 'rude', key: `key-${++keys}`, ...fields } as const;
}
