import {
  PANEL_VIEWS,
  type PanelAction,
  type PanelOpening,
  type PanelPerson,
  type PanelReason,
  type PanelRight,
  type PanelTold,
  type PanelView,
} from '../shared/panel.ts';

/** Which part of its list each view shows. */
export interface Filters {
  readonly players: { readonly search: string; readonly page: number };
  readonly waiting: { readonly page: number };
  readonly history: { readonly search: string; readonly inForce: boolean; readonly page: number };
}

/** What stands beside a list. */
export type Pane =
  | {
      readonly kind: 'person';
      readonly target: string;
      readonly name: string;
      /** As the list had them; null until the server has told. */
      readonly known: PanelPerson | null;
    }
  | { readonly kind: 'action'; readonly action: PanelAction };

/** What is asked before it is done. */
export type Decision =
  | {
      readonly kind: 'ban';
      readonly target: string;
      readonly name: string;
      readonly preset: PanelReason | null;
    }
  | {
      readonly kind: 'kick' | 'unban' | 'takeBack' | 'cancel';
      readonly target: string;
      readonly name: string;
    };

export interface WindowState {
  readonly view: PanelView;
  readonly filters: Filters;
  readonly panes: Readonly<Record<PanelView, Pane | null>>;
  readonly decision: Decision | null;
  /** The last word on what was done; numbered, since the same word may come twice. */
  readonly told: (Omit<PanelTold, 'id'> & { readonly number: number }) | null;
}

export type Move =
  | { readonly move: 'opened'; readonly opening: PanelOpening }
  | { readonly move: 'view'; readonly view: PanelView }
  | { readonly move: 'filter'; readonly filters: Partial<Filters> }
  | { readonly move: 'pane'; readonly pane: Pane | null }
  | { readonly move: 'decide'; readonly decision: Decision | null }
  | { readonly move: 'told'; readonly told: Omit<PanelTold, 'id'> };

/** The right that a view takes; undefined: whoever may open the window has it. */
const RIGHT_OF: Readonly<Record<PanelView, PanelRight | undefined>> = {
  players: undefined,
  waiting: 'queue',
  history: 'history',
};

/** The views that a person may see. */
export function viewsOf({ rights }: PanelOpening): PanelView[] {
  return PANEL_VIEWS.filter((view) => {
    const right = RIGHT_OF[view];
    return right === undefined || rights.includes(right);
  });
}

/** A window that has just been opened. */
export function openedWindow(opening: PanelOpening): WindowState {
  const state: WindowState = {
    view: 'players',
    filters: {
      players: { search: '', page: 1 },
      waiting: { page: 1 },
      history: { search: '', inForce: false, page: 1 },
    },
    panes: { players: null, waiting: null, history: null },
    decision: null,
    told: null,
  };
  return moved(state, { move: 'opened', opening });
}

/** The window after something was done in it, or was told by the server. */
export function moved(state: WindowState, move: Move): WindowState {
  switch (move.move) {
    case 'opened': {
      const { person, rights } = move.opening;
      const { view, decision, panes } = state;
      return {
        ...state,
        view: person === null && viewsOf(move.opening).includes(view) ? view : 'players',
        panes: person === null ? panes : { ...panes, players: personPane(person) },
        decision: decision !== null && rights.includes(rightTo(decision)) ? decision : null,
      };
    }
    case 'view':
      return { ...state, view: move.view };
    case 'filter':
      return { ...state, filters: { ...state.filters, ...move.filters } };
    case 'pane':
      return { ...state, panes: { ...state.panes, [state.view]: move.pane } };
    case 'decide':
      return { ...state, decision: move.decision };
    case 'told':
      return { ...state, told: { ...move.told, number: (state.told?.number ?? 0) + 1 } };
  }
}

/** Somebody, as a list has them. */
export function personPane(person: PanelPerson): Pane {
  return { kind: 'person', target: person.target, name: person.name, known: person };
}

function rightTo({ kind }: Decision): PanelRight {
  if (kind === 'takeBack') return 'unban';
  return kind === 'cancel' ? 'queue' : kind;
}
