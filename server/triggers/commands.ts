import type { CommandSuggestion } from '../../shared/suggestions.ts';
import { parseTarget, type Target } from '../identity/target.ts';
import { ACTION_KINDS, type ActionKind, type Author } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Moderation } from '../moderation/moderation.ts';
import { displayName } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Players } from '../moderation/ports.ts';
import { createReply } from '../notify/reply.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { MessageKey, Say } from '../text/locale.ts';
import type { CommandLine } from './command-line.ts';
import type { Access, Caller, CommandHost, Messenger } from './ports.ts';

/** The ACE whose holders commands cannot touch. */
const IMMUNE = 'cmsban.immune';

/** What the commands are made of. */
export interface CommandOptions {
  readonly host: CommandHost;
  readonly messenger: Messenger;
  readonly access: Access;
  readonly players: Players;
  readonly moderation: Moderation;
  readonly find: (target: Target) => FoundPerson | undefined;
  /** Whether any product is in use at the moment. */
  readonly isConfigured: () => boolean;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
  readonly say: Say;
  readonly onBug: (where: string, error: unknown) => void;
}

/** Registers `/cmsban`, `/cmskick`, `/cmsunban` and `/cmslookup`. */
export function registerCommands(options: CommandOptions): void {
  const { host, messenger, access, moderation, say } = options;

  const answer = createReply(messenger);

  function usage(caller: Caller, key: MessageKey): void {
    answer(caller, `${say(key)} ${say('usage.target')}`, 'bad');
  }

  /** Shows a target as it was typed, but harmless. */
  const shown = (word: string) => cleanText(word, MAX_NAME);

  /** Also those who would be dropped along with the target, and those who are not here. */
  function isImmune(identifiers: readonly string[]): boolean {
    return (
      options.players.sharing(identifiers).some(({ id }) => access.playerHas(id, IMMUNE)) ||
      identifiers.some((identifier) => access.identifierHas(identifier, IMMUNE))
    );
  }

  async function sanction(kind: ActionKind, caller: Caller, line: CommandLine): Promise<void> {
    const [word = ''] = line.words;
    if (word === '') return usage(caller, `usage.cms${kind}`);
    const request = {
      kind,
      reason: line.textAfter(1),
      author: authorOf(caller, say),
      origin: caller.kind === 'console' ? ('console' as const) : ('chat' as const),
    };
    const target = parseTarget(word);
    const refuse = (
      code: 'NOT_CONFIGURED' | 'INVALID_TARGET' | 'PLAYER_NOT_FOUND' | 'IMMUNE',
      message: string,
    ) => answer(caller, moderation.refuse(request, code, message, target).message, 'bad');
    if (!options.isConfigured()) return refuse('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
    if (!target) return refuse('INVALID_TARGET', say('error.INVALID_TARGET', { target: shown(word) }));
    const who = options.find(target);
    if (!who) return refuse('PLAYER_NOT_FOUND', say('error.PLAYER_NOT_FOUND', { target: shown(word) }));
    if (kind !== 'unban' && isImmune(who.person.identifiers)) {
      return refuse('IMMUNE', say('error.IMMUNE', { name: displayName(who.person) }));
    }
    // What becomes of an action, its author hears from the audience.
    const ticket = await moderation.submit(who, request);
    if (!ticket.accepted) answer(caller, ticket.outcome.message, 'bad');
  }

  async function lookup(caller: Caller, { words }: CommandLine): Promise<void> {
    const [word = ''] = words;
    if (word === '') return usage(caller, 'usage.cmslookup');
    if (!options.isConfigured()) return answer(caller, say('error.NOT_CONFIGURED'), 'bad');
    const target = parseTarget(word);
    if (!target) return answer(caller, say('error.INVALID_TARGET', { target: shown(word) }), 'bad');
    const who = options.find(target);
    if (!who) return answer(caller, say('error.PLAYER_NOT_FOUND', { target: shown(word) }), 'bad');
    answer(caller, say('lookup.wait', { name: displayName(who.person) }), 'neutral');
    const found = await options.lookUp(who);
    answer(caller, found.message, found.code === 'OK' ? 'good' : 'bad');
  }

  function register(name: string, run: (caller: Caller, line: CommandLine) => Promise<void>): void {
    host.register(name, (caller, line) => {
      run(caller, line).catch((error: unknown) => {
        options.onBug(`/${name}`, error);
        answer(caller, say('error.REFUSED.internal'), 'bad');
      });
    });
  }

  for (const kind of ACTION_KINDS) {
    register(`cms${kind}`, (caller, line) => sanction(kind, caller, line));
  }
  register('cmslookup', lookup);
}

/** What the chat box shows for each command. */
export function commandSuggestions(say: Say): CommandSuggestion[] {
  const target = { name: say('parameter.target'), help: say('help.target') };
  const reason = { name: say('parameter.reason'), help: say('help.reason') };
  return [
    { name: 'cmsban', help: say('help.cmsban'), parameters: [target, reason] },
    { name: 'cmskick', help: say('help.cmskick'), parameters: [target, reason] },
    { name: 'cmsunban', help: say('help.cmsunban'), parameters: [target, reason] },
    { name: 'cmslookup', help: say('help.cmslookup'), parameters: [target] },
    {
      name: 'cmsqueue',
      help: say('help.cmsqueue'),
      parameters: [
        { name: 'list | retry | cancel', help: say('help.verb') },
        { name: say('parameter.id'), help: say('help.id') },
      ],
    },
    { name: 'cmshistory', help: say('help.cmshistory'), parameters: [target] },
  ];
}

function authorOf(caller: Caller, say: Say): Author {
  if (caller.kind === 'console') return { name: say('author.console'), identifiers: [], playerId: null };
  const { id, name, identifiers } = caller.player;
  return { name, identifiers, playerId: id };
}
