import { PANEL_RIGHTS, type PanelAsk, type PanelRight, type PanelView } from '../../../shared/panel.ts';
import type { Access } from '../ports.ts';

/** The command that opens the window, and whose ACE it takes to get any answer. */
export const PANEL_COMMAND = 'cmspanel';

/** What it takes to be answered, beside the right to open the window. */
const NEEDED: Readonly<Record<PanelAsk['ask'], PanelRight | null>> = {
  players: null,
  person: null,
  waiting: 'queue',
  history: 'history',
  lookup: 'lookup',
  ban: 'ban',
  kick: 'kick',
  unban: 'unban',
  retry: 'queue',
  cancel: 'queue',
};

/** Who may do what in the panel, asked anew each time: by the same ACEs as the commands. */
export interface PanelRights {
  mayOpen(playerId: number): boolean;
  of(playerId: number): readonly PanelRight[];
  /** The command whose ACE somebody lacks for a question; undefined when they may ask it. */
  lacking(playerId: number, ask: PanelAsk['ask']): string | undefined;
}

export function createPanelRights({ playerHas }: Pick<Access, 'playerHas'>): PanelRights {
  const may = (playerId: number, command: string) => playerHas(playerId, `command.${command}`);
  return {
    mayOpen: (playerId) => may(playerId, PANEL_COMMAND),
    of: (playerId) => PANEL_RIGHTS.filter((right) => may(playerId, `cms${right}`)),
    lacking(playerId, ask) {
      const right = NEEDED[ask];
      if (right === null || may(playerId, `cms${right}`)) return undefined;
      return `cms${right}`;
    },
  };
}

/** Those of some views that somebody with these rights may see. */
export function visible(views: readonly PanelView[], rights: readonly PanelRight[]): readonly PanelView[] {
  return views.filter((view) => {
    const right = NEEDED[view];
    return right === null || rights.includes(right);
  });
}
