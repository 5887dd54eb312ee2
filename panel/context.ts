import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { PanelOpening, PanelRight, PanelView } from '../shared/panel.ts';
import type { Game } from './game.ts';
import type { Move } from './state.ts';
import type { Say } from './texts.ts';

/** What every part of the window needs. */
export interface Panel {
  readonly game: Game;
  readonly opening: PanelOpening;
  /** By how much the server's clock is ahead of the player's, in milliseconds. */
  readonly aheadMs: number;
  /** The language in which times are written. */
  readonly language: string;
  readonly say: Say;
  may(right: PanelRight): boolean;
  /** How often what a view shows has changed. */
  readonly news: Readonly<Record<PanelView, number>>;
  go(move: Move): void;
}

export const PanelContext = createContext<Panel | null>(null);

/** @throws outside of the window. */
export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (panel === null) throw new Error('outside');
  return panel;
}
