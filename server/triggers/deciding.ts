import type { Author } from '../moderation/action.ts';
import type { Moderation } from '../moderation/contract.ts';
import { displayName, type Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { SanctionRequest } from '../moderation/request.ts';
import type { Say } from '../text/locale.ts';
import { isActionId, type TargetAnswer } from './find-target.ts';
import type { IsImmune } from './immunity.ts';
import type { Caller, Said } from './ports.ts';

/** What people decide by command or in the panel: the same rules for both. */
export interface Deciding {
  /**
   * Whom a word is about: found in this turn, see `findPerson`; only an action's id says nothing before what is stored
   * has been read.
   *
   * @returns a promise until that has been read, for only what is stored tells who is who; then the answer itself:
   * what is decided one after the other goes out in that order.
   */
  find(word: string): TargetAnswer | Promise<TargetAnswer>;
  /** Whom a decision may be carried out about; otherwise it is refused, and why is said. */
  admit(decision: SanctionRequest, found: TargetAnswer): Found | Said;
}

/** Somebody found, and how they were named. */
export type Found = Extract<TargetAnswer, { who: FoundPerson }>;

/** What it takes. */
export interface DecidingOptions {
  readonly moderation: Pick<Moderation, 'refuse'>;
  /** Whom a word is about; one that is no target is answered with the players it may mean. */
  readonly findTarget: (word: string) => TargetAnswer;
  readonly isImmune: IsImmune;
  /** Whether any product is in use at the moment. */
  readonly isConfigured: () => boolean;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly say: Say;
}

export function createDeciding(options: DecidingOptions): Deciding {
  const { moderation, say } = options;
  let isReady = false;
  void options.ready.then(() => {
    isReady = true;
  });
  return {
    find(word) {
      if (isReady) return options.findTarget(word);
      const found = isActionId(word) ? undefined : options.findTarget(word);
      return options.ready.then(() => found ?? options.findTarget(word));
    },
    admit(decision, found) {
      const refuse = (
        code: 'NOT_CONFIGURED' | 'INVALID_TARGET' | 'PLAYER_NOT_FOUND' | 'IMMUNE',
        message: string,
      ): Said => ({ text: moderation.refuse(decision, code, message, found.target).message, tone: 'bad' });
      if (!options.isConfigured()) return refuse('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
      if ('code' in found) return refuse(found.code, found.message);
      const { person } = found.who;
      if (decision.kind !== 'unban' && options.isImmune(person)) {
        return refuse('IMMUNE', say('error.IMMUNE', { name: displayName(person) }));
      }
      return found;
    },
  };
}

/** Who decides, as it is stored. */
export function authorOf(caller: Caller, say: Say): Author {
  if (caller.kind === 'console') return { name: say('author.console'), identifiers: [], playerId: null };
  const { id, name, identifiers } = caller.player;
  return { name, identifiers, playerId: id };
}

/** Of a decision that was there already: whose it was, for they are told how it goes, and how it stands. */
export function againWords({ id, author, message, status }: Outcome, say: Say): readonly Said[] {
  return [
    { text: say('again.there', { id, author }), tone: 'neutral' },
    { text: say('answer.line', { id, message }), tone: status === 'refused' ? 'bad' : 'good' },
  ];
}
