import type { ActionKind, Author, DropRule, Origin, Product } from './action.ts';
import type { Outcome } from './outcome.ts';
import type { Withdrawal } from './ports.ts';

/** A decision, as a trigger hands it in. */
export interface SanctionRequest {
  readonly kind: ActionKind;
  readonly reason: string;
  readonly author: Author;
  readonly origin: Origin;
  /** See {@link Action.key}. */
  readonly key?: string;
  /** Instead of `cmsban_drop_when`. */
  readonly drop?: DropRule;
  /** Instead of every product in use. */
  readonly products?: readonly Product[];
  /** When a ban is to end, in Unix milliseconds; products that cannot lift it are left out. */
  readonly expiresAt?: number;
  /** A lift of one ban alone: the one with this id, or the one that came from this decision, see {@link Action.key}. */
  readonly only?: { readonly id: string } | { readonly key: string };
  /** Whether it puts right what an earlier one has undone: then it is made, whatever was told before. */
  readonly isCorrection?: boolean;
  /** Where it was decided, when that is another server than this one. */
  readonly elsewhere?: Elsewhere;
  /** Told the first answer in the moment in which it is given; whoever awaits the ticket hears of it a little later. */
  readonly onAnswer?: (outcome: Outcome) => void;
  /** Whether nobody wants it any more: asked once, before it is taken in. */
  readonly isCalledOff?: () => boolean;
}

/** What is told of a request that cannot become an action. */
export type Refusable = Pick<SanctionRequest, 'kind' | 'reason' | 'author' | 'origin' | 'elsewhere'>;

/** A decision that another server has taken, and that was handed on. */
export interface Elsewhere {
  /** The id that its action is to have. */
  readonly id: string;
  /** See {@link Action.serverId} and {@link Action.server}. */
  readonly serverId: string | null;
  readonly server: string | null;
  /** When it was decided, in Unix milliseconds of this server's clock. */
  readonly at: number;
}

/** What became of a request. */
export type Ticket =
  | {
      readonly accepted: false;
      readonly outcome: Outcome;
      /** Set when another server has decided it, and it could not be stored: it is to be handed in again. */
      readonly isNotStored?: true;
    }
  | {
      readonly accepted: true;
      /** Whether it is a decision that was there already: nobody is told by itself how that goes. */
      readonly isAgain: boolean;
      /** The action that there is now, or was. */
      readonly id: string;
      /** The first answer: the end, or `queued` when something has to be tried again. */
      readonly answered: Promise<Outcome>;
    };

/** How cancelling went, by product: what was never sent, what may have been heard, and what cannot be cancelled now. */
export type Cancelled = Readonly<Record<Exclude<Withdrawal, 'not-here'>, readonly Product[]>>;
