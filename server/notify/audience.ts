import { type Action, type Author, isSettled, type Origin } from '../moderation/action.ts';
import { displayName, type Outcome, productName } from '../moderation/outcome.ts';
import type { Audience, ConnectedPlayer, Players } from '../moderation/ports.ts';
import type { Say } from '../text/locale.ts';
import { moment } from '../text/time.ts';
import type { Caller, Messenger, Tone } from '../triggers/ports.ts';
import type { Log } from './log.ts';

/** Event names for other resources; each is triggered with the outcome. */
export type OutcomeEvent = 'cmsban:queued' | 'cmsban:delivered' | 'cmsban:refused';

/** What is needed to pass outcomes on. */
export interface AudienceOptions {
  readonly players: Players;
  readonly messenger: Messenger;
  readonly log: Log;
  readonly say: Say;
  readonly trigger: (event: OutcomeEvent, outcome: Outcome) => void;
}

/** Passes outcomes on: to other resources, to the author of a command, to the console. */
export function createAudience({ players, messenger, log, say, trigger }: AudienceOptions): Audience {
  const tell = tellAuthor({ players, messenger });
  /** Answers whoever has decided, with the id by which it can be taken back. */
  const answer = ({ id, author, origin }: Action, message: string, tone: Tone) =>
    tell(author, origin, say('answer.line', { id, message }), tone);

  return {
    accepted(action) {
      if (isSettled(action)) return;
      const text = acceptedWords(action, say);
      answer(action, text, 'neutral');
      log.debug(`${action.id}: ${text}`);
    },
    withdrawn(lift, products) {
      const names = products.map((product) => productName(product, say)).join(say('list.and'));
      const text = say('withdrawn', { name: displayName(lift.person), products: names });
      answer(lift, text, 'good');
      log.info(text);
    },
    corrected(later, earlier, told = [later, earlier]) {
      const text = say('corrected', {
        action: say(`action.${later.kind}`),
        name: displayName(later.person),
        id: later.id,
        earlierAction: say(`action.${earlier.kind}`),
        earlierId: earlier.id,
      });
      for (const { author, origin } of told) tell(author, origin, text, 'neutral');
      log.warn(text);
    },
    queued(action, outcome) {
      answer(action, outcome.message, 'neutral');
      if (action.origin !== 'console') log.warn(line(outcome, say));
      trigger('cmsban:queued', outcome);
    },
    settled(action, outcome) {
      const isDelivered = outcome.status === 'delivered';
      if (action) answer(action, outcome.message, isDelivered ? 'good' : 'bad');
      // Given up is what a server owner must hear of, whoever decided it.
      const isGivenUp = Object.values(outcome.products).some(({ code }) => code === 'EXPIRED');
      if (isGivenUp) log.error(line(outcome, say));
      else if (action && action.origin !== 'console') log[isDelivered ? 'info' : 'warn'](line(outcome, say));
      if (!action && outcome.origin !== 'chat' && outcome.origin !== 'console') log.warn(line(outcome, say));
      trigger(isDelivered ? 'cmsban:delivered' : 'cmsban:refused', outcome);
    },
  };
}

/** Says that an action is on its way. */
export function acceptedWords({ kind, person, expiresAt }: Action, say: Say): string {
  const name = displayName(person);
  return expiresAt === null
    ? say(`accepted.${kind}`, { name })
    : say('accepted.ban.until', { name, until: moment(expiresAt) });
}

/** Tells whoever decided, where they decided, if they are still here. */
export type TellAuthor = (author: Author, origin: Origin, text: string, tone: Tone) => void;

export function tellAuthor({
  players,
  messenger,
}: Pick<AudienceOptions, 'players' | 'messenger'>): TellAuthor {
  return (author, origin, text, tone) => {
    const player = origin === 'chat' ? present(author, players) : undefined;
    if (player) messenger.toPlayer(player.id, text, tone);
    if (origin === 'console') messenger.toConsole(text, tone);
  };
}

/** Whether whoever types a command is the one who is told how an action goes: they have decided it. */
export function hears(caller: Caller, { author, origin }: Action, players: Players): boolean {
  if (caller.kind === 'console') return origin === 'console';
  return origin === 'chat' && present(author, players)?.id === caller.player.id;
}

/** The author, where they are now: under the same server id, or back under another one. */
function present({ playerId, identifiers }: Author, players: Players): ConnectedPlayer | undefined {
  const same = playerId === null ? undefined : players.byId(playerId);
  const isSame =
    same && (identifiers.length === 0 || same.identifiers.some((own) => identifiers.includes(own)));
  return isSame ? same : players.sharing(identifiers)[0];
}

function line({ id, action, author, origin, message, reason }: Outcome, say: Say): string {
  return say(reason === '' ? 'outcome.line' : 'outcome.line.reason', {
    id,
    action: say(`action.${action}`),
    author,
    origin: say(`origin.${origin}`),
    message,
    reason,
  });
}
