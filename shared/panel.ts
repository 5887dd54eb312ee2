/**
 * What the panel's page, the client's script and the server say to one another. The page holds no right and no text
 * of its own: the server decides on each question what its player may see and do, and sends the words.
 *
 *   page  --NUI callback `ask`-->      client  --PANEL_ASK-->     server
 *   page  <--NUI message 'answer'--    client  <--PANEL_ANSWER--  server
 */

/** A question of the page: {@link PanelQuestion}. Client to server. */
export const PANEL_ASK = 'cmsban:panelAsk';
/** Its answer: {@link PanelReply}. Server to client. */
export const PANEL_ANSWER = 'cmsban:panelAnswer';
/** Opens the window: {@link PanelOpening}. Server to client; also when rights have changed while it is open. */
export const PANEL_OPEN = 'cmsban:panelOpen';
/** What is shown may have changed: a list of {@link PanelView}. Server to client, at most four times a second. */
export const PANEL_NEWS = 'cmsban:panelNews';
/** Closes the window: the right to it was taken away, or the resource stops. Server to client, no arguments. */
export const PANEL_CLOSE = 'cmsban:panelClose';
/** The player has closed the window. Client to server, no arguments. */
export const PANEL_CLOSED = 'cmsban:panelClosed';

/** The names of the NUI callbacks by which the page reaches the client's script. */
export const NUI_READY = 'ready';
export const NUI_ASK = 'ask';
export const NUI_CLOSE = 'close';

/** A message to the page (`SendNUIMessage`). */
export type PanelMessage =
  | { readonly type: 'open'; readonly opening: PanelOpening }
  | { readonly type: 'answer'; readonly reply: PanelReply }
  | { readonly type: 'news'; readonly views: readonly PanelView[] }
  | { readonly type: 'close' };

export const PANEL_VIEWS = ['players', 'waiting', 'history'] as const;
export type PanelView = (typeof PANEL_VIEWS)[number];

/** Each is the ACE `command.cms<right>`; who may open the panel sees who is here. */
export const PANEL_RIGHTS = ['ban', 'kick', 'unban', 'lookup', 'queue', 'history'] as const;
export type PanelRight = (typeof PANEL_RIGHTS)[number];

/** A reason that the owner has prepared (`cmsban_reasons`), with how long such a ban is, as typed: `2d`, `perm`. */
export interface PanelReason {
  readonly reason: string;
  readonly duration: string;
}

/** What the window opens with. */
export interface PanelOpening {
  /** The locale's code, for the page's `lang`. */
  readonly locale: string;
  /** The texts whose keys begin with `panel.`, by the rest of the key, placeholders as in `locales/`. */
  readonly texts: Readonly<Record<string, string>>;
  readonly rights: readonly PanelRight[];
  readonly reasons: readonly PanelReason[];
  /** The products in use, with their names as people read them. */
  readonly products: ReadonlyArray<{ readonly product: 'cms' | 'cad'; readonly name: string }>;
  /** `cmsban_server_name`; empty when it has none. */
  readonly server: string;
  /** The server's time, in Unix milliseconds: the player's clock may be set otherwise. */
  readonly now: number;
  /** Whom to open on (`/cmspanel 12`); null for nobody. */
  readonly person: PanelPerson | null;
}

/** A ban in force, as the panel shows it. */
export interface PanelBan {
  /** The action's id; null for a ban that only a product's list knows. */
  readonly id: string | null;
  readonly reason: string | null;
  readonly author: string | null;
  /** Unix milliseconds; null for good, or when that is not known. */
  readonly until: number | null;
}

/** Somebody who is here, was here, or is named by an action. */
export interface PanelPerson {
  /** By which the server finds them again: a server id, an identifier, an account or an action's id. */
  readonly target: string;
  readonly name: string;
  /** The server id they have or had; null when they were not seen since the start. */
  readonly id: number | null;
  readonly where: 'here' | 'arriving' | 'left' | 'elsewhere';
  /** Since when they are here, or when they left, in Unix milliseconds; null when that is not known, or they are elsewhere. */
  readonly since: number | null;
  /** `type:value`, without `ip:`. */
  readonly identifiers: readonly string[];
  readonly ban: PanelBan | null;
  /** Holders of `cmsban.immune` cannot be banned or kicked here. */
  readonly isImmune: boolean;
}

/** One product's share of an action, in words. */
export interface PanelShare {
  readonly product: 'cms' | 'cad';
  readonly name: string;
  readonly status: 'delivered' | 'queued' | 'refused';
  readonly message: string;
  /** Unix milliseconds of the next try; null when there is none or it is under way. */
  readonly nextTryAt: number | null;
}

/** An action, as the panel shows it. */
export interface PanelAction {
  readonly id: string;
  readonly kind: 'ban' | 'kick' | 'unban';
  readonly status: 'delivered' | 'queued' | 'refused';
  /** How it stands, in words. */
  readonly message: string;
  readonly person: {
    readonly name: string;
    readonly identifiers: readonly string[];
    readonly account: string | null;
  };
  readonly reason: string;
  readonly author: string;
  /** The server on which it was decided; empty when it has no name. */
  readonly server: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly until: number | null;
  readonly inForce: boolean;
  /** A ban that waits until its person links an account. */
  readonly isKept: boolean;
  readonly shares: readonly PanelShare[];
}

/** A part of a list. */
export interface PanelPage<T> {
  readonly items: readonly T[];
  /** From 1; what was asked for beyond the end is the last one. */
  readonly page: number;
  readonly pages: number;
  readonly count: number;
}

/** What the page asks. `number` is its own: the reply has it. */
export interface PanelQuestion {
  readonly number: number;
  readonly question: PanelAsk;
}

export type PanelAsk =
  | { readonly ask: 'players'; readonly search: string; readonly page: number }
  /** Right: queue. */
  | { readonly ask: 'waiting'; readonly page: number }
  /** Right: history. With a person: only about them. */
  | {
      readonly ask: 'history';
      readonly search: string;
      readonly inForce: boolean;
      readonly person: string | null;
      readonly page: number;
    }
  /** One person anew. */
  | { readonly ask: 'person'; readonly target: string }
  /** Right: lookup. Calls Sonoran, within the limits. */
  | { readonly ask: 'lookup'; readonly target: string }
  /** Rights: ban, kick, unban. `key` is made by the page once for each decision: sent again, it is the same decision. */
  | {
      readonly ask: 'ban';
      readonly target: string;
      readonly duration: string;
      readonly reason: string;
      readonly key: string;
    }
  | { readonly ask: 'kick'; readonly target: string; readonly reason: string; readonly key: string }
  | { readonly ask: 'unban'; readonly target: string; readonly reason: string; readonly key: string }
  /** Right: queue. */
  | { readonly ask: 'retry'; readonly id: string | null }
  | { readonly ask: 'cancel'; readonly id: string };

/** A word on what was done: `good` it is so, `neutral` it is on its way, `bad` it is not done. */
export interface PanelTold {
  readonly tone: 'good' | 'neutral' | 'bad';
  readonly message: string;
  /** The action that it is about; null when there is none. */
  readonly id: string | null;
}

export type PanelAnswer =
  | { readonly kind: 'people'; readonly people: PanelPage<PanelPerson> }
  | { readonly kind: 'actions'; readonly actions: PanelPage<PanelAction>; readonly worker: string | null }
  | { readonly kind: 'person'; readonly person: PanelPerson }
  | { readonly kind: 'lookup'; readonly lookup: PanelTold }
  | { readonly kind: 'told'; readonly told: PanelTold }
  /** Not allowed, not understood, too fast, or nobody found: why, in words. */
  | { readonly kind: 'refused'; readonly message: string };

export interface PanelReply {
  readonly number: number;
  readonly answer: PanelAnswer;
}
