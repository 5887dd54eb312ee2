import type { Clock } from '../clock.ts';
import type { Subject } from '../identity/subject.ts';
import type { Target } from '../identity/target.ts';
import type { Say } from '../text/locale.ts';
import type { Action, DropRule, Product, RefusalCode } from './action.ts';
import type { UnlinkedRule } from './conclude.ts';
import type { Holders } from './holders.ts';
import type { FindKnownBan } from './known-ban.ts';
import type { Outcome, OutcomeOptions } from './outcome.ts';
import type { FoundPerson } from './person.ts';
import type { ProductInUse } from './plan.ts';
import type { Audience, ConnectedPlayer, Ledger, Outbox, Players } from './ports.ts';
import type { Cancelled, Refusable, SanctionRequest, Ticket } from './request.ts';
import type { TakenBack } from './taking-back.ts';
import type { Ties } from './ties.ts';

/** Takes decisions in, sees them through, and tells how they went. */
export interface Moderation {
  /** Carries out a decision about somebody who was found. */
  submit(who: FoundPerson, request: SanctionRequest): Promise<Ticket>;
  /** Answers a request that cannot become an action. */
  refuse(request: Refusable, code: RefusalCode, message: string, target?: Target): Outcome;
  /** To be told of every action that another server has written, and of how it was known here before. */
  followed(action: Action, before: Action | undefined): void;
  /** Gives the first answer to what is still being written: it is accepted, and waits. @returns false when it is not known yet. */
  answerNow(id: string, why: string): boolean;
  /** The first answer to an action that another server takes in. @param onAnswer told in the moment in which it is given. */
  answerTo(id: string, onAnswer?: (outcome: Outcome) => void): Promise<Outcome>;
  /** To be called once the queues hold what is stored, before they start: a crash may have kept a lift from taking bans back. */
  resume(): void;
  /** Calls back with every action that was taken in and is safe; with a lift again whenever it has ended another ban. */
  onAccepted(callback: (action: Action) => void): void;
  /** Calls back with a ban whose shares that wait for a link are others than before, see `isKept`. */
  onKept(callback: (action: Action) => void): void;
  /** Calls back with a temporary ban whose end is later than before. */
  onProlonged(callback: (ban: Action) => void): void;
  /**
   * The person of a kept ban has linked an account: it goes out, by this name first. Has no effect on what is not kept.
   */
  linked(actionId: string, product: Product, subject: Subject): void;
  /** It was found out for which account a product has confirmed an action, which its answer did not tell. */
  identified(actionId: string, product: Product, account: string): void;
  /** It was found out by which identifiers, `type:value`, whoever holds the account goes that is all a ban names. */
  recognised(actionId: string, identifiers: readonly string[]): void;
  /** The end of a temporary ban has come. @returns false when that could not be stored. */
  expire(ban: Action): Promise<boolean>;
  /**
   * A ban has ended elsewhere: no product that confirmed it has it any more. What is on its way of it is taken back.
   *
   * @returns by product, how.
   */
  endedElsewhere(ban: Action): TakenBack['how'];
  /** Ends what is on its way of an action, as somebody has typed it; undefined when nothing is. */
  cancel(actionId: string): Promise<Cancelled | undefined>;
  /** To be told who has joined, with the temporary id they had on the way in. */
  onJoined(player: ConnectedPlayer, temporaryId: number): void;
  /** Begins all that has been handed in, at once, as far as what is stored has been read. */
  hurry(): void;
  /**
   * Gives whoever waits for a first answer one now: it is accepted, and goes out later.
   *
   * @param why what it waits for, in words.
   * @param isSaved whether all that was taken in is on disk; for what is not there is no answer yet.
   */
  answerAll(why: string, isSaved: boolean): void;
  /** The same, when another server goes on: only what is on disk is told. */
  handOver(why: string, isSaved: boolean): void;
  /** Drops whom an action is about, when that is due here already. @returns the action, and whether somebody was. */
  dropIfDue(action: Action): Action;
  /** Oldest first; bans that wait for nothing but a link come last. */
  pending(): Outcome[];
  history(limit: number): Outcome[];
  /** How an action stands that is known here. */
  standing(id: string): Outcome | undefined;
}

/** What moderation is made of. */
export interface ModerationOptions {
  /** Those in use at the moment. */
  readonly products: () => readonly ProductInUse[];
  /** Also those that are not: what is in force there is to end all the same. */
  readonly everyProduct: readonly ProductInUse[];
  readonly players: Players;
  readonly ledger: Ledger;
  readonly ties: Ties;
  readonly holders: Pick<Holders, 'of'>;
  /** What the products' lists say. */
  readonly known: FindKnownBan;
  readonly audience: Audience;
  readonly clock: Clock;
  readonly say: Say;
  /** What those read who are dropped for an action. */
  readonly notice: (action: Action) => string;
  readonly dropWhen: DropRule;
  readonly unlinked: UnlinkedRule;
  readonly joinGate: OutcomeOptions['joinGate'];
  /** The name of this server, for what is decided on it; null when it has none. */
  readonly server: string | null;
  /** See {@link Action.serverId}. */
  readonly serverId: string | null;
  /** Where others write for this community too: hands a decision on that could not be stored here. */
  readonly handOn?: (who: FoundPerson, request: SanctionRequest, id: string) => Promise<Ticket>;
  /** Ids of the actions for which somebody was dropped on this server, latest last. */
  readonly droppedHere?: Set<string>;
  /** Whether this server writes for its community. */
  readonly isWriter?: () => boolean;
  readonly newId: () => string;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly outbox: Outbox;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}
