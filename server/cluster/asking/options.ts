import type { Clock } from '../../clock.ts';
import type { Seen } from '../../identity/seen.ts';
import type { Action } from '../../moderation/action.ts';
import type { Outcome } from '../../moderation/outcome.ts';
import type { ProductInUse } from '../../moderation/plan.ts';
import type { Audience } from '../../moderation/ports.ts';
import type { Ties } from '../../moderation/ties.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Say } from '../../text/locale.ts';
import type { OwnServer } from '../options.ts';
import type { RequestBox } from './request-box.ts';

/** What it takes to ask the server that works; each part takes some of it. */
export interface AskingOptions {
  readonly server: OwnServer;
  readonly local: Pick<Storage, 'load' | 'write' | 'soon'>;
  readonly box: RequestBox;
  /** Unix milliseconds of the clock that all servers share; of our own, until that is known. */
  readonly now: () => number;
  /** What is to be added to our wall clock to get that one; undefined until it is known. */
  readonly offset: () => number | undefined;
  readonly products: () => readonly ProductInUse[];
  /** For decisions that name no rule. */
  readonly dropWhen: Action['drop'];
  /** Drops whom an action is about, when that is due here already. */
  readonly dropIfDue: (action: Action) => Action;
  readonly ties: Pick<Ties, 'of'>;
  readonly seen: Pick<Seen, 'with'>;
  readonly audience: Audience;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  readonly actionById: (id: string) => Action | undefined;
  /** By the name that whoever has decided gave the decision. */
  readonly actionByKey: (key: string) => Action | undefined;
  /** Whether whoever has decided this was told already that it waits. */
  readonly isTold: (id: string) => boolean;
  readonly newId: () => string;
  /** Why nobody answers, in words. */
  readonly why: () => string;
  /** Whether it is known that nobody will answer for now. */
  readonly isAway: () => boolean;
  /** Told that somebody waits. */
  readonly onAsked: () => void;
  readonly clock: Clock;
  readonly say: Say;
}
