import type { Target } from '../identity/target.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { Moderation } from '../moderation/contract.ts';
import { type Lookup, noLookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import {
  type BannedAnswer,
  type BannedAnswerOptions,
  bannedAnswer,
  noBannedAnswer,
} from './banned-answer.ts';
import { readLimit, readOptions, readReason, readTargetWord } from './export-arguments.ts';
import { findTarget, isActionId, type TargetAnswer } from './find-target.ts';
import type { OpenCall, OpenCalls } from './open-calls.ts';
import type { Access } from './ports.ts';

/** What other resources can call. Nothing here rejects or throws for an expected failure. */
export interface ServerExports {
  banPlayer(target: unknown, reason?: unknown, options?: unknown): Promise<Outcome>;
  kickPlayer(target: unknown, reason?: unknown, options?: unknown): Promise<Outcome>;
  unbanPlayer(target: unknown, reason?: unknown, options?: unknown): Promise<Outcome>;
  lookupPlayer(target: unknown): Promise<Lookup>;
  isBanned(target: unknown): Promise<BannedAnswer>;
  getPending(limit?: unknown): Promise<Outcome[]>;
  getHistory(limit?: unknown): Promise<Outcome[]>;
}

/** What the exports are made of. */
export interface ExportOptions extends BannedAnswerOptions {
  readonly access: Access;
  readonly moderation: Moderation;
  readonly find: (target: Target) => FoundPerson | undefined;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
  /** `cmsban_restrict_exports`. */
  readonly restricted: boolean;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  /** The resource behind the call that is running; to be asked before the first `await`. */
  readonly callingResource: () => string | undefined;
  readonly calls: OpenCalls;
  readonly onBug: (where: string, error: unknown) => void;
}

type RefusalArguments = Parameters<Moderation['refuse']>;

/** Whether an argument names an earlier action: it says something only once what is stored has been read. */
function isAction(argument: unknown): boolean {
  return typeof argument === 'string' && isActionId(argument);
}

function isTemporary(durationMs: number | null | undefined): durationMs is number {
  return typeof durationMs === 'number' && Number.isFinite(durationMs);
}

/** The functions behind `exports.cmsban`. */
export function createExports(options: ExportOptions): ServerExports {
  const { access, moderation, say } = options;
  let isReady = false;
  void options.ready.then(() => {
    isReady = true;
  });

  async function sanction(
    kind: ActionKind,
    targetArgument: unknown,
    reasonArgument: unknown,
    optionsArgument: unknown,
    call: OpenCall<Outcome>,
  ): Promise<Outcome> {
    const resource = options.callingResource();
    const reason = readReason(reasonArgument, say);
    const chosen = readOptions(optionsArgument, kind, say);
    const choices = 'value' in chosen ? chosen.value : {};
    const request = {
      kind,
      reason: 'value' in reason ? reason.value : '',
      author: {
        name: cleanText(choices.author ?? '', MAX_NAME) || (resource ?? say('author.export')),
        identifiers: [],
        playerId: null,
      },
      origin: 'export' as const,
    };
    /** Answers at once: nobody is to be answered again when we are stopped in this very moment. */
    const refuse = (...refusal: RefusalArguments): Outcome => {
      const outcome = moderation.refuse(...refusal);
      call.answer(outcome);
      return outcome;
    };
    if (resource !== undefined && options.restricted && !access.resourceHas(resource, `cmsban.${kind}`)) {
      return refuse(request, 'FORBIDDEN', say('error.FORBIDDEN', { resource, action: kind }));
    }
    for (const argument of [chosen, reason]) {
      if (!('problem' in argument)) continue;
      return refuse(request, 'REFUSED', say('error.REFUSED.options', { detail: argument.problem }));
    }
    if (!options.isConfigured()) return refuse(request, 'NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
    if (!isReady && isAction(targetArgument)) await options.ready;
    const found = whoIs(targetArgument);
    if ('code' in found) return refuse(request, found.code, found.message, found.target);
    const ticket = await moderation.submit(found.who, {
      ...request,
      onAnswer: call.answer,
      isCalledOff: call.isAnswered,
      ...(choices.id ? { key: `export:${resource ?? ''}:${choices.id}` } : {}),
      ...(choices.drop ? { drop: choices.drop } : {}),
      ...(isTemporary(choices.duration) ? { expiresAt: options.now() + choices.duration } : {}),
      ...(choices.products ? { products: choices.products } : {}),
    });
    return ticket.accepted ? ticket.answered : ticket.outcome;
  }

  function whoIs(argument: unknown): TargetAnswer {
    const word = readTargetWord(argument, say);
    // A number is a server id, and never an action's, whatever its digits.
    const isOther = typeof argument === 'number' && isActionId(String(argument));
    if ('value' in word && !isOther) return findTarget(word.value, options.find, say);
    const shown = 'value' in word ? word.value : word.problem;
    const message = say('error.INVALID_TARGET', { target: shown });
    return { code: 'INVALID_TARGET', message, target: undefined };
  }

  async function lookup(argument: unknown): Promise<Lookup> {
    if (!options.isConfigured()) return noLookup('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
    if (!isReady && isAction(argument)) await options.ready;
    const found = whoIs(argument);
    if ('code' in found) return noLookup(found.code, found.message);
    return options.lookUp(found.who);
  }

  function answerBanned(argument: unknown): BannedAnswer {
    const found = whoIs(argument);
    if ('code' in found) {
      return options.isConfigured()
        ? noBannedAnswer(found.code, found.message)
        : noBannedAnswer('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
    }
    return bannedAnswer(found.who.person, isReady, options);
  }

  /** A fault of ours must not cost the caller the answer. */
  async function guarded<T>(where: string, run: () => Promise<T>, otherwise: () => T): Promise<T> {
    try {
      return await run();
    } catch (error) {
      options.onBug(where, error);
      return otherwise();
    }
  }

  function sanctionExport(kind: ActionKind) {
    return (target: unknown, reason?: unknown, chosen?: unknown) => {
      const author = {
        name: options.callingResource() ?? say('author.export'),
        identifiers: [],
        playerId: null,
      };
      const unread = { kind, reason: '', author, origin: 'export' } as const;
      return options.calls.open<Outcome>(
        (call) =>
          guarded(
            `${kind}Player`,
            () => sanction(kind, target, reason, chosen, call),
            () => moderation.refuse(unread, 'REFUSED', say('error.REFUSED.internal')),
          ),
        () => moderation.refuse(unread, 'CANCELLED', say('error.stopping')),
      );
    };
  }

  const lookupPlayer = (target: unknown) =>
    options.calls.open<Lookup>(
      () =>
        guarded(
          'lookupPlayer',
          () => lookup(target),
          () => noLookup('REFUSED', say('error.REFUSED.internal')),
        ),
      () => noLookup('EXPIRED', say('error.stopping')),
    );

  /** @param read answers from memory. */
  const onceReady = (where: string, read: () => Outcome[]) =>
    options.calls.open(
      () =>
        guarded(
          where,
          () => options.ready.then(read),
          () => [],
        ),
      read,
    );

  return {
    banPlayer: sanctionExport('ban'),
    kickPlayer: sanctionExport('kick'),
    unbanPlayer: sanctionExport('unban'),
    lookupPlayer,
    // Nothing is waited for: the promise is settled when the caller gets it.
    isBanned(target) {
      try {
        return Promise.resolve(answerBanned(target));
      } catch (error) {
        options.onBug('isBanned', error);
        return Promise.resolve(noBannedAnswer('REFUSED', say('error.REFUSED.internal')));
      }
    },
    getPending: (limit) => onceReady('getPending', () => moderation.pending().slice(0, readLimit(limit))),
    getHistory: (limit) => onceReady('getHistory', () => moderation.history(readLimit(limit))),
  };
}
