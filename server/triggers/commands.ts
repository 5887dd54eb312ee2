import type { Clock } from '../clock.ts';
import type { Target } from '../identity/target.ts';
import { ACTION_KINDS, type ActionKind } from '../moderation/action.ts';
import type { Moderation } from '../moderation/contract.ts';
import type { Lookup } from '../moderation/lookup.ts';
import { displayName } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { ConnectedPlayer } from '../moderation/ports.ts';
import type { SanctionRequest } from '../moderation/request.ts';
import { readDuration } from '../text/duration.ts';
import type { CommandLine } from './command-line.ts';
import { againWords, authorOf, type Deciding } from './deciding.ts';
import type { TargetAnswer } from './find-target.ts';
import { type CommandBasics, guardedCommands } from './guarded-commands.ts';
import { CONFIRM_WITHIN_MS, createKickConfirmations } from './kick-confirmation.ts';
import type { Caller } from './ports.ts';

/** What the commands are made of. */
export interface CommandOptions extends CommandBasics {
  readonly moderation: Moderation;
  readonly deciding: Deciding;
  /** The same person a while later. */
  readonly findAgain: (who: FoundPerson) => FoundPerson;
  /** Whether any product is in use at the moment. */
  readonly isConfigured: () => boolean;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
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
  const { moderation, deciding, clock, say } = options;
  const { answer, show, register } = guardedCommands(options);
  const kicks = createKickConfirmations<AskedKick>(clock);
  const seconds = CONFIRM_WITHIN_MS / 1000;

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
    const finding = deciding.find(word);
    const found = finding instanceof Promise ? await finding : finding;
    const who = admit(caller, decision, found);
    if (!who) return;
    if (by) return ask(by, { ...who, decision });
    return submit(caller, who.who, decision);
  }

  /** Whom a decision may be carried out about; otherwise it is refused. */
  function admit(caller: Caller, decision: Decision, found: TargetAnswer) {
    const admitted = deciding.admit(decision, found);
    if (!('text' in admitted)) return admitted;
    // Who is meant by a word is read in the chat, and typed anew.
    const reply = 'code' in found && options.isConfigured() ? show : answer;
    reply(caller, admitted.text, admitted.tone);
    return undefined;
  }

  async function submit(caller: Caller, who: FoundPerson, decision: Decision): Promise<void> {
    // What becomes of an action, its author hears from the audience.
    const ticket = await moderation.submit(who, decision);
    if (!ticket.accepted) return answer(caller, ticket.outcome.message, 'bad');
    if (!ticket.isAgain) return;
    // It was somebody else's decision before, whom the audience tells.
    for (const { text, tone } of againWords(await ticket.answered, say)) answer(caller, text, tone);
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
    const finding = deciding.find(word);
    const found = finding instanceof Promise ? await finding : finding;
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
