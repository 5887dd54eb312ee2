import type { Clock } from '../clock.ts';
import type { Target } from '../identity/target.ts';
import { ACTION_KINDS, type ActionKind, type Author } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Moderation } from '../moderation/moderation.ts';
import { displayName, type Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { ConnectedPlayer } from '../moderation/ports.ts';
import type { SanctionRequest } from '../moderation/request.ts';
import { readDuration } from '../text/duration.ts';
import type { Say } from '../text/locale.ts';
import type { CommandLine } from './command-line.ts';
import { isActionId, type TargetAnswer } from './find-target.ts';
import { type CommandBasics, guardedCommands } from './guarded-commands.ts';
import type { IsImmune } from './immunity.ts';
import { CONFIRM_WITHIN_MS, createKickConfirmations } from './kick-confirmation.ts';
import type { Caller } from './ports.ts';

/** What the commands are made of. */
export interface CommandOptions extends CommandBasics {
  readonly moderation: Moderation;
  /** Whom a word is about; one that is no target is answered with the players it may mean. */
  readonly findTarget: (word: string) => TargetAnswer;
  /** The same person a while later. */
  readonly findAgain: (who: FoundPerson) => FoundPerson;
  readonly isImmune: IsImmune;
  /** Whether any product is in use at the moment. */
  readonly isConfigured: () => boolean;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly clock: Clock;
}

/** A ban, kick or lift that somebody has typed. */
type Decision = SanctionRequest & { readonly origin: 'chat' | 'console' };

/** A kick that is to be confirmed. */
interface AskedKick {
  readonly who: FoundPerson;
  readonly target: Target;
  readonly decision: Decision;
}

/** The word that confirms a kick. */
const CONFIRM = /^confirm$/i;

/** Registers `/cmsban`, `/cmskick`, `/cmsunban` and `/cmslookup`. */
export function registerCommands(options: CommandOptions): void {
  const { moderation, clock, say } = options;
  const { answer, show, register } = guardedCommands(options);
  const kicks = createKickConfirmations<AskedKick>(clock);
  const seconds = CONFIRM_WITHIN_MS / 1000;
  let isReady = false;
  void options.ready.then(() => {
    isReady = true;
  });

  function usage(caller: Caller, kind: ActionKind | 'lookup'): void {
    const lines = [say(`usage.cms${kind}`), say('usage.target')];
    if (kind === 'ban') lines.push(say('usage.duration'));
    show(caller, lines.join(' '), 'bad');
  }

  async function sanction(kind: ActionKind, caller: Caller, line: CommandLine): Promise<void> {
    const [word = '', first = '', second] = line.words;
    const by = kind === 'kick' && caller.kind === 'player' ? caller.player : undefined;
    if (kind === 'kick' && CONFIRM.test(word)) return confirm(caller);
    // Whatever becomes of this one: the last that was named is another.
    if (by) kicks.take(by);
    if (word === '') return usage(caller, kind);
    const duration = kind === 'ban' ? readDuration(first, second) : { kind: 'none' as const };
    if (duration.kind === 'wrong') return usage(caller, kind);
    const decision: Decision = {
      kind,
      reason: line.textAfter(duration.kind === 'none' ? 1 : 2),
      author: authorOf(caller, say),
      origin: caller.kind === 'console' ? 'console' : 'chat',
      ...(duration.kind === 'lasts' ? { expiresAt: clock.now() + duration.ms } : {}),
    };
    if (!isReady && isActionId(word)) await options.ready;
    const found = options.findTarget(word);
    // Only what is stored tells who is who.
    if (!isReady) await options.ready;
    const who = admit(caller, decision, found);
    if (!who) return;
    if (by) return ask(by, { ...who, decision });
    return submit(caller, who.who, decision);
  }

  /** Whom a decision may be carried out about; otherwise it is refused. */
  function admit(caller: Caller, decision: Decision, found: TargetAnswer) {
    const refuse = (
      code: 'NOT_CONFIGURED' | 'INVALID_TARGET' | 'PLAYER_NOT_FOUND' | 'IMMUNE',
      message: string,
      reply = answer,
    ) => reply(caller, moderation.refuse(decision, code, message, found.target).message, 'bad');
    if (!options.isConfigured()) return void refuse('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
    if ('code' in found) return void refuse(found.code, found.message, show);
    const { person } = found.who;
    if (decision.kind !== 'unban' && options.isImmune(person)) {
      return void refuse('IMMUNE', say('error.IMMUNE', { name: displayName(person) }));
    }
    return found;
  }

  async function submit(caller: Caller, who: FoundPerson, decision: Decision): Promise<void> {
    // What becomes of an action, its author hears from the audience.
    const ticket = await moderation.submit(who, decision);
    if (!ticket.accepted) return answer(caller, ticket.outcome.message, 'bad');
    if (ticket.isAgain) await tellAgain(caller, ticket.answered);
  }

  /** It was somebody else's decision before, whom the audience tells. */
  async function tellAgain(caller: Caller, answered: Promise<Outcome>): Promise<void> {
    const { id, author, message, status } = await answered;
    answer(caller, say('again.there', { id, author }), 'neutral');
    answer(caller, say('answer.line', { id, message }), status === 'refused' ? 'bad' : 'good');
  }

  function ask(by: ConnectedPlayer, kick: AskedKick): void {
    kicks.ask(by, kick);
    const text = say('kick.ask', { name: displayName(kick.who.person), seconds });
    show({ kind: 'player', player: by }, text, 'neutral');
  }

  async function confirm(caller: Caller): Promise<void> {
    if (caller.kind === 'console') return answer(caller, say('kick.console'), 'bad');
    const taken = kicks.take(caller.player);
    if (!('kick' in taken)) return answer(caller, say(`kick.${taken.none}`, { seconds }), 'bad');
    const { decision, target } = taken.kick;
    const who = options.findAgain(taken.kick.who);
    if (admit(caller, decision, { who, target })) await submit(caller, who, decision);
  }

  async function lookup(caller: Caller, { words }: CommandLine): Promise<void> {
    const [word = ''] = words;
    if (word === '') return usage(caller, 'lookup');
    if (!options.isConfigured()) return answer(caller, say('error.NOT_CONFIGURED'), 'bad');
    if (!isReady && isActionId(word)) await options.ready;
    const found = options.findTarget(word);
    if ('code' in found) return show(caller, found.message, 'bad');
    const { who } = found;
    show(caller, say('lookup.wait', { name: displayName(who.person) }), 'neutral');
    const result = await options.lookUp(who);
    show(caller, result.message, result.code === 'OK' ? 'good' : 'bad');
  }

  for (const kind of ACTION_KINDS) {
    register(`cms${kind}`, (caller, line) => sanction(kind, caller, line));
  }
  register('cmslookup', lookup);
}

function authorOf(caller: Caller, say: Say): Author {
  if (caller.kind === 'console') return { name: say('author.console'), identifiers: [], playerId: null };
  const { id, name, identifiers } = caller.player;
  return { name, identifiers, playerId: id };
}
