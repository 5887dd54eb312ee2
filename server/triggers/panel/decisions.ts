import type { PanelTold } from '../../../shared/panel.ts';
import type { Clock } from '../../clock.ts';
import { givenId } from '../../identity/scoped-id.ts';
import type { ActionKind } from '../../moderation/action.ts';
import type { Moderation } from '../../moderation/contract.ts';
import type { Outcome } from '../../moderation/outcome.ts';
import type { ConnectedPlayer, Ledger } from '../../moderation/ports.ts';
import type { SanctionRequest } from '../../moderation/request.ts';
import { acceptedWords } from '../../notify/audience.ts';
import { readDuration } from '../../text/duration.ts';
import type { Say } from '../../text/locale.ts';
import { againWords, authorOf, type Deciding } from '../deciding.ts';
import type { Said } from '../ports.ts';

/** A ban, kick or lift, as the page has sent it. */
export interface WantedDecision {
  readonly kind: ActionKind;
  readonly target: string;
  /** Of a ban; empty: for good, as by command. */
  readonly duration: string;
  readonly reason: string;
  /** Names the decision among those of its author. */
  readonly key: string;
}

/** What it takes. */
export interface PanelDecisionsOptions {
  readonly moderation: Pick<Moderation, 'submit'>;
  readonly deciding: Deciding;
  readonly ledger: Pick<Ledger, 'byId'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly say: Say;
}

/** For how long somebody waits for how it stands before they are told that it is on its way, in milliseconds. */
const PATIENCE_MS = 3_000;

/** Carries out what somebody decides in the panel. @returns how it stands at first, in words. */
export type PanelDecide = (by: ConnectedPlayer, wanted: WantedDecision) => Promise<PanelTold>;

/**
 * It goes as by command, and its author is told in chat as well, as by command: what comes after the first answer they
 * read there, also when the window is closed.
 */
export function createPanelDecide(options: PanelDecisionsOptions): PanelDecide {
  const { moderation, deciding, clock, say } = options;

  /** Whether it is this decision that was made before, and not one like it. */
  function isOwn(id: string, key: string): boolean {
    const known = options.ledger.byId(id)?.key ?? null;
    return known !== null && givenId(known) === key;
  }

  function told(outcome: Outcome, isAgain: boolean): PanelTold {
    const { id, message, status } = outcome;
    const words = isAgain ? toldOf(againWords(outcome, say), id).message : message;
    return { tone: TONES[status], message: words, id };
  }

  /** The first answer, unless it takes long: an outage must not look as if nothing had been decided. */
  function soon(answered: Promise<Outcome>): Promise<Outcome | undefined> {
    return new Promise((resolve, reject) => {
      const cancel = clock.after(PATIENCE_MS, () => resolve(undefined));
      answered.then(resolve, reject).finally(cancel);
    });
  }

  function onItsWay(id: string): PanelTold {
    const action = options.ledger.byId(id);
    const message = action ? acceptedWords(action, say) : say('queue.onItsWay');
    return { tone: 'neutral', message, id };
  }

  return async (by, { kind, target, duration: typed, reason, key }) => {
    const finding = deciding.find(target);
    const duration = kind === 'ban' ? readDuration(typed.trim()) : { kind: 'none' as const };
    const isUnread = duration.kind === 'none' && typed.trim() !== '';
    if (duration.kind === 'wrong' || isUnread) {
      return { tone: 'bad', message: say('usage.duration'), id: null };
    }
    const own = `panel:${by.identifiers[0] ?? by.id}:${key}`;
    const request: SanctionRequest = {
      kind,
      reason,
      author: authorOf({ kind: 'player', player: by }, say),
      origin: 'chat',
      key: own,
      ...(duration.kind === 'lasts' ? { expiresAt: clock.now() + duration.ms } : {}),
    };
    const found = finding instanceof Promise ? await finding : finding;
    const admitted = deciding.admit(request, found);
    if ('text' in admitted) return toldOf([admitted], null);
    const ticket = await moderation.submit(admitted.who, request);
    if (!ticket.accepted) return { tone: 'bad', message: ticket.outcome.message, id: null };
    const outcome = await soon(ticket.answered);
    if (!outcome) return onItsWay(ticket.id);
    return told(outcome, ticket.isAgain && !isOwn(outcome.id, own));
  };
}

const TONES = { delivered: 'good', queued: 'neutral', refused: 'bad' } as const;

/** Several lines as one word on what was done; it is as good as the last of them. */
export function toldOf(said: readonly Said[], id: string | null): PanelTold {
  const message = said.map(({ text }) => text).join(' ');
  return { tone: said.at(-1)?.tone ?? 'neutral', message, id };
}
