import { type Action, type Delivery, isKept, isSettled } from './action.ts';
import { createAnswers } from './answers.ts';
import type { Outcome } from './outcome.ts';
import type { Audience, Ledger } from './ports.ts';

/**
 * Tells whoever is concerned how an action stands: taken in → undecided, of which nobody is told → decided → told when
 * it is settled, is kept, or has met something that makes it wait; and of an end not before it is on disk.
 */
export interface Telling {
  /** The first answer to an action. @param onAnswer told in the moment in which it is given. */
  answerTo(id: string, onAnswer?: (outcome: Outcome) => void): Promise<Outcome>;
  isAwaited(id: string): boolean;
  /** An answer that is no account of how the action stands. */
  giveAnswer(id: string, outcome: Outcome): void;
  /** Forgets whoever waits for an answer: somebody else gives it. */
  giveUp(id: string): void;
  /** An action is being written, or it is open what it takes back. */
  begin(id: string): void;
  /** It is decided. @returns false when somebody was told meanwhile. */
  decided(id: string): boolean;
  isUndecided(id: string): boolean;
  /** Tells how an action stands, if there is something to say. */
  announce(action: Action): void;
  /** Writes an action, and tells how it stands once that is on disk. */
  announceOnceSafe(action: Action): void;
  /** Somebody was dropped for an action in this moment. */
  dropped(id: string): void;
  /** To be called once what is stored has been read: who was dropped in an earlier run is no news. */
  resume(): void;
  /** Gives whoever waits for a first answer one now, see {@link Moderation.answerAll}. */
  answerAll(why: string, isSaved: boolean): void;
  /** The same, for one action that is kept elsewhere until it can be written. */
  answerNow(id: string, why: string): void;
  /** The same, when another server goes on: only what is on disk is told; of the rest, when it is. */
  handOver(why: string, isSaved: boolean): void;
}

/** What it takes. */
export interface TellingOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'safe' | 'save' | 'pending'>;
  readonly audience: Pick<Audience, 'settled' | 'queued'>;
  /** The answer to an action as it stands now. @param isDropTold see {@link outcomeOf} in `outcome.ts`. */
  readonly outcomeOf: (action: Action, isDropTold: boolean) => Outcome;
  /** Told of the id of an action whose end is told. */
  readonly onSettled: (id: string) => void;
  /** The action, with what is known of it here alone. */
  readonly asHere: (action: Action) => Action;
}

export function createTelling({ ledger, audience, outcomeOf, onSettled, asHere }: TellingOptions): Telling {
  const answers = createAnswers();
  /** How actions stand of which that is told once it is safe. */
  const unsaid = new Map<string, Action>();
  const undecided = new Set<string>();
  /** The pending actions of which it was told that somebody was dropped. */
  const dropTold = new Set<string>();
  /** What all waits for that is not settled, since it goes on elsewhere. */
  let handedOver: string | undefined;

  function announce(stored: Action): void {
    const here = asHere(stored);
    const action = handedOver === undefined ? here : waitingFor(handedOver, here);
    const settled = isSettled(action);
    if (!settled && !isAnswered(action)) return;
    const outcome = outcomeOf(action, dropTold.has(action.id));
    if (settled) {
      dropTold.delete(action.id);
      onSettled(action.id);
      audience.settled(action, outcome);
    } else if (answers.isAwaited(action.id) || action.deliveries.some(isKept)) {
      if (action.dropped) dropTold.add(action.id);
      audience.queued(action, outcome);
    }
    answers.give(action.id, outcome);
  }

  function tellUnsaid(action: Action): void {
    unsaid.delete(action.id);
    announce(action);
  }

  return {
    answerTo(id, onAnswer) {
      const answered = answers.to(id, onAnswer);
      const action = handedOver === undefined || undecided.has(id) ? undefined : ledger.byId(id);
      if (action) announce(ledger.safe(action));
      return answered;
    },
    isAwaited: answers.isAwaited,
    giveAnswer: answers.give,
    giveUp: answers.forget,
    begin: (id) => undecided.add(id),
    decided: (id) => undecided.delete(id),
    isUndecided: (id) => undecided.has(id),
    announce,
    announceOnceSafe(action) {
      unsaid.set(action.id, action);
      void ledger.save(action).then((result) => {
        if (unsaid.get(action.id) !== action) return;
        // Another server works now: it finds out how this ended, and tells it.
        if (result === 'not the writer') unsaid.delete(action.id);
        else tellUnsaid(action);
      });
    },
    dropped: (id) => dropTold.delete(id),
    resume() {
      for (const { id, dropped } of ledger.pending()) if (dropped) dropTold.add(id);
    },
    answerAll(why, isSaved) {
      for (const action of [...unsaid.values()]) tellUnsaid(action);
      for (const id of answers.awaited()) {
        const action = ledger.byId(id);
        if (!action || (undecided.has(id) && !isSaved)) continue;
        undecided.delete(id);
        announce(waitingFor(why, action));
      }
    },
    answerNow(id, why) {
      const action = ledger.byId(id);
      if (!action || isSettled(action) || !answers.isAwaited(id)) return;
      undecided.delete(id);
      announce(waitingFor(why, action));
    },
    handOver(why, isSaved) {
      unsaid.clear();
      handedOver = why;
      for (const id of answers.awaited()) {
        const now = ledger.byId(id);
        if (!now || (undecided.has(id) && !isSaved)) continue;
        undecided.delete(id);
        announce(ledger.safe(now));
      }
    },
  };
}

/** Every share is settled, is kept, or has met something that made it wait: there is something to say. */
export function isAnswered(action: Action): boolean {
  return action.deliveries.every(
    (delivery) => delivery.state.status !== 'queued' || delivery.state.detail !== '' || isKept(delivery),
  );
}

/** An action as it stands when something else than a product keeps its shares from going out. */
function waitingFor(why: string, action: Action): Action {
  const deliveries = action.deliveries.map((delivery): Delivery => {
    const { state } = delivery;
    if (state.status !== 'queued' || state.detail !== '' || isKept(delivery)) return delivery;
    return { ...delivery, state: { ...state, detail: why } };
  });
  return { ...action, deliveries };
}
