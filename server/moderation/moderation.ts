import { createSignal } from '../signal.ts';
import type { Action, Person } from './action.ts';
import { createAgain } from './again.ts';
import type { Moderation, ModerationOptions } from './contract.ts';
import { createCorrect } from './corrections.ts';
import { createAnswerAgain } from './deciding/answer-again.ts';
import { createDecide } from './deciding/decide.ts';
import { createFactsOf } from './deciding/facts.ts';
import { createMakeLift } from './deciding/make-lift.ts';
import { createMakeSanction } from './deciding/make-sanction.ts';
import { createNewAction } from './deciding/new-action.ts';
import { createNotStored } from './deciding/not-stored.ts';
import { createRefusals } from './deciding/refusals.ts';
import { createRetell } from './deciding/retell.ts';
import { createFindSame } from './deciding/same-decision.ts';
import { createTakeIn } from './deciding/take-in.ts';
import { createDroppedHere } from './dropped-here.ts';
import { createDrops } from './drops.ts';
import { createCancel } from './ending/cancel.ts';
import { createEnds } from './ending/ends.ts';
import { createLiftAtEnd } from './ending/lift-at-end.ts';
import { createLiftLate } from './ending/lift-late.ts';
import { createLiftWhatIsLeft } from './ending/lift-what-is-left.ts';
import { createTakeBackNow } from './ending/take-back-now.ts';
import { createFollowed } from './followed.ts';
import { createFoundOut } from './found-out.ts';
import { createLatest } from './latest.ts';
import { createLiftPlans } from './lift-plan.ts';
import { createMadeAgain } from './made-again.ts';
import { createWithMoreNames } from './more-names.ts';
import { outcomeOf } from './outcome.ts';
import { isOnServer } from './person.ts';
import { createResume } from './resume.ts';
import { createShareChanges } from './share-changes.ts';
import { createStandings } from './standings.ts';
import { createTakingBack } from './taking-back.ts';
import { createTelling } from './telling.ts';
import type { DecidedAbout } from './ties.ts';
import { createTurns } from './turns.ts';

/**
 * A decision: handed in → in line (`turns.ts`) → stored, and in the outbox → told (accepted; `deciding/`) → each share
 * settles, waits, is kept for a link, or is taken back → stored → told (`share-changes.ts`). Not stored → refused, and
 * nothing has gone out.
 *
 * A ban besides: in force from when it is accepted → ended, by its time, a lift, a list, or because nobody takes it
 * (`ending/`).
 *
 * What is stored before what is told is one order. It is kept by the functions that do both: `take-in.ts`,
 * `share-changes.ts`, `ends.ts`, `telling.ts`.
 */
export function createModeration(options: ModerationOptions): Moderation {
  const { players, ledger, ties, audience, outbox, known, products, everyProduct } = options;
  const { clock, say, newId, unlinked, joinGate, dropWhen, server, serverId, handOn, onBug } = options;
  const { isWriter = () => true } = options;

  // Who is told what.
  const accepted = createSignal<Action>();
  const kept = createSignal<Action>();
  const prolonged = createSignal<Action>();
  const droppedHere = createDroppedHere(options.droppedHere ?? new Set());
  const again = createAgain(clock);
  const words = { say, unlinked, joinGate, isHere: (person: Person) => isOnServer(person, players) };
  const stands = (action: Action, isDropTold = false) =>
    outcomeOf(droppedHere.asHere(action), words, isDropTold);
  const telling = createTelling({
    ledger,
    audience,
    outcomeOf: stands,
    onSettled: again.settled,
    asHere: droppedHere.asHere,
  });

  function onKept(id: string): void {
    const action = ledger.byId(id);
    if (action) kept.tell(action);
  }

  // What is known of a person, and what is done to them.
  const decidedAbout: DecidedAbout = (names) => ledger.about(ties.of(names));
  const withMoreNames = createWithMoreNames({ products, ties });
  const madeAgain = createMadeAgain(ledger);
  const latest = createLatest();
  const plans = createLiftPlans({ decidedAbout, madeAgain, products, everyProduct });
  const takingBack = createTakingBack({ ledger, outbox, onKept });
  const drops = createDrops({
    players,
    ties,
    ledger,
    notice: options.notice,
    isOurs: (action) => action.serverId === serverId,
    onDropped(id) {
      droppedHere.add(id);
      telling.dropped(id);
    },
  });

  // From a request to an action.
  const factsOf = createFactsOf({ clock, newId, server });
  const newAction = createNewAction({ factsOf, ledger, holders: options.holders, dropWhen, serverId });
  const refusals = createRefusals({ factsOf, audience, say, serverId });
  const notStored = createNotStored({ handOn, ledger, outbox, telling, refusals, newId, say, serverId });
  const takeIn = createTakeIn({
    ledger,
    ties,
    audience,
    telling,
    takingBack,
    drops,
    accepted,
    onKept,
    notStored: notStored.decision,
  });
  const answerAgain = createAnswerAgain({ ledger, telling, factsOf, stands, say });
  const findSame = createFindSame({ again, latest, decidedAbout, withMoreNames, clock, known });
  const retell = createRetell({ ledger, latest, drops, prolonged, clock, serverId });
  const makeLift = createMakeLift({
    ledger,
    decidedAbout,
    madeAgain,
    plans,
    latest,
    takingBack,
    newAction,
    takeIn,
    known,
    say,
  });
  const makeSanction = createMakeSanction({
    ledger,
    decidedAbout,
    latest,
    newAction,
    takeIn,
    audience,
    say,
    unlinked,
  });
  const decide = createDecide({
    products,
    everyProduct,
    ties,
    say,
    refusals,
    answerAgain,
    findSame,
    retell,
    notRetold: notStored.retold,
    makeLift,
    makeSanction,
  });
  const turns = createTurns(options.ready, products);
  const submit: Moderation['submit'] = (who, request) =>
    turns.take(who, (subjectable) => decide(who, subjectable, request));

  // From an action to its end.
  const takeBackNow = createTakeBackNow({ ledger, takingBack, telling });
  const liftAtEnd = createLiftAtEnd({ plans, submit, say });
  const liftWhatIsLeft = createLiftWhatIsLeft({
    everyProduct,
    ledger,
    decidedAbout,
    liftAtEnd,
    submit,
    onBug,
  });
  const liftLate = createLiftLate({ everyProduct, decidedAbout, submit, onBug });
  const correct = createCorrect({
    outbox,
    ledger,
    audience,
    madeAgain,
    takeBackNow,
    accepted,
    submit,
    onBug,
  });
  outbox.listen(
    createShareChanges({
      ledger,
      outbox,
      takingBack,
      telling,
      drops,
      withMoreNames,
      correct,
      liftLate,
      liftWhatIsLeft,
      onKept,
      unlinked,
    }),
  );

  return {
    submit,
    refuse: refusals.refuse,
    followed: createFollowed({ audience, clock, serverId, ties, telling, drops }),
    answerNow(id, why) {
      const action = ledger.byId(id);
      if (!action) return false;
      drops.dropIfDue(action);
      telling.answerNow(id, why);
      return true;
    },
    answerTo: telling.answerTo,
    resume: createResume({ ledger, decidedAbout, again, latest, takingBack, telling, liftWhatIsLeft, clock }),
    onAccepted: accepted.onTold,
    onKept: kept.onTold,
    onProlonged: prolonged.onTold,
    ...createFoundOut({ ledger, takingBack, drops, correct, onKept }),
    ...createEnds({ ledger, takingBack, takeBackNow, telling, liftAtEnd, liftWhatIsLeft, isWriter, onKept }),
    cancel: createCancel({ ledger, takingBack, telling, liftWhatIsLeft, onKept }),
    onJoined: drops.joined,
    hurry: turns.hurry,
    answerAll: telling.answerAll,
    handOver: telling.handOver,
    dropIfDue: drops.dropIfDue,
    ...createStandings({ ledger, telling, stands }),
  };
}
