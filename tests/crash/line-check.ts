import type { ActionKind } from '../../server/moderation/action.ts';
import type { Call } from './calls.ts';
import type { Name } from './people.ts';

/** One product's share of a decision, as it was in the end. */
export interface Share {
  /** For messages. */
  readonly label: string;
  readonly kind: ActionKind;
  /** By which names the person is called, the first to be tried first; several where it is not known which were known. */
  readonly orders: readonly (readonly Name[])[];
  /** Whether it is asked, before every name but the first, whether that is linked. */
  readonly asks: boolean;
  readonly status: 'delivered' | 'refused' | 'queued';
  readonly code: string;
  /** Whether a call may have been heard, and it was called off afterwards. */
  readonly mayBeCutShort: boolean;
  /** The first request that can be about it: those before were made before anybody had decided it. */
  readonly from: number;
  /** The first request that must not be about it any more: by then it was told to be settled. */
  readonly until: number;
  /** The first request after the server died for the first time since then: by now a call may have been lost on the way. */
  readonly interruptedAt: number;
}

/** An explanation of the calls so far: which share the latest was about, and how it stands. */
interface Story {
  /** Before the first: -1. */
  readonly share: number;
  /** The last that has had its turn: shares that were kept come once more, later. */
  readonly turn: number;
  /** Those that were nobody's, and may have been kept for a link. */
  readonly kept: readonly number[];
  /** By which names the person is called: who was kept goes out by the one first that was found. */
  readonly names: readonly Name[];
  readonly candidate: number;
  /** Whether an earlier call may have had an effect that nobody was told of. */
  readonly isRepeated: boolean;
  readonly last: Call['answer'];
  /** What was under way when the server died, and goes on when an earlier share, which was kept, is done. */
  readonly paused: Story | null;
}

const BEGIN: Story = {
  share: -1,
  turn: -1,
  kept: [],
  names: [],
  candidate: 0,
  isRepeated: false,
  last: 'lost',
  paused: null,
};

/**
 * Looks for an explanation of all calls about one person to one product by the shares, in the order in
 * which these were accepted: each share's calls before the next one's; candidates in their order, none
 * after another was tried; none after it was told to be settled; and each share ended as told, by an
 * answer that was given. That is what "once, in order" can mean where answers get lost. A ban that was
 * nobody's may have been kept, and goes out once more, later.
 *
 * @returns what is wrong; undefined when there is an explanation.
 */
export function checkLine(shares: readonly Share[], calls: readonly Call[]): string | undefined {
  let stories: readonly Story[] = [BEGIN];
  for (const [position, call] of calls.entries()) {
    const next = stories.flatMap((story) => continuations(story, call, shares));
    stories = [...new Map(next.map((story) => [JSON.stringify(story), story])).values()];
    if (stories.length === 0) {
      return `call ${position + 1} of ${calls.length} (request ${call.index}, ${call.kind} by ${call.by}) cannot be explained`;
    }
  }
  const ends = stories.flatMap((story) => [story, ...resumed(story, shares)]);
  const isExplained = ends.some((story) => {
    const kept = keptAfter(shares[story.share], story);
    return (
      story.paused === null &&
      kept?.every((place) => shares[place]?.status !== 'delivered') &&
      shares.slice(story.turn + 1).every(needsNoCall)
    );
  });
  return isExplained
    ? undefined
    : 'a decision that is told to be settled had no call, or none that was answered so';
}

/** The story with what was under way before, when the share that came between is done. */
function resumed(story: Story, shares: readonly Share[]): Story[] {
  const kept = keptAfter(shares[story.share], story);
  return story.paused && kept ? [{ ...story.paused, kept, turn: story.turn }] : [];
}

function continuations(story: Story, call: Call, shares: readonly Share[]): Story[] {
  const found = resumed(story, shares).flatMap((earlier) => continuations(earlier, call, shares));
  const { turn } = story;
  // It is asked about those who are kept when they come to the door, and a question of one who was called off may wait
  // for its limit while others go out. It changes nothing.
  const isIdle =
    call.kind === 'question' && shares.slice(0, turn + 1).some((share) => mayBeAskedAbout(call, share));
  if (isIdle) found.push(story);
  const current = shares[story.share];
  if (current && isAbout(call, current)) {
    const candidate = story.names.indexOf(call.by);
    const isInTurn = candidate === story.candidate + 1 && story.last === 'not-linked';
    const isNext = isInTurn && (call.kind === 'question' || !current.asks);
    // That a name is nobody's may not have been on disk when the server died: it is asked again.
    const isAgain =
      call.kind === 'question' && call.index >= current.interruptedAt && candidate < story.candidate;
    if (candidate === story.candidate || isNext || (isAgain && candidate > 0)) {
      // A question changes nothing.
      const isRepeated = story.isRepeated || call.kind !== 'question';
      found.push({ ...story, candidate, isRepeated, last: call.answer });
    }
  }
  const done = keptAfter(current, story);
  const kept = done ?? story.kept;
  // After a start all go out in the order decided, also what was kept.
  const isInterrupted = current !== undefined && call.index >= current.interruptedAt && story.paused === null;
  if (done === undefined && !isInterrupted) return found;
  const begin = (share: number, names: readonly Name[], others: readonly number[]): void => {
    const begun = shares[share];
    if (!begun || !isAbout(call, begun) || names[0] !== call.by) return;
    const isRepeated = call.index >= begun.interruptedAt;
    found.push({
      share,
      turn: Math.max(turn, share),
      kept: others,
      names,
      candidate: 0,
      isRepeated,
      last: call.answer,
      paused: done === undefined ? story : story.paused,
    });
  };
  for (const share of kept) {
    const others = kept.filter((other) => other !== share);
    for (const names of shares[share]?.orders ?? []) {
      for (const first of names) begin(share, [first, ...names.filter((name) => name !== first)], others);
    }
  }
  if (done === undefined || story.paused) return found;
  for (const [share, other] of shares.entries()) {
    if (share <= turn) continue;
    for (const names of other.orders) begin(share, names, kept);
    if (!needsNoCall(other)) break;
  }
  return found;
}

/** A kick that may have been heard goes out under no other name. */
function isInDoubt({ kind }: Share, { isRepeated }: Pick<Story, 'isRepeated'>): boolean {
  return kind === 'kick' && isRepeated;
}

function isAbout(call: Call, share: Share): boolean {
  const isTooLate = needsNoCall(share) && !share.mayBeCutShort && call.hadEffect;
  // A question may still be on its way when a decision is called off, and changes nothing.
  const isRight = call.kind === 'question' || (call.kind === share.kind && call.index < share.until);
  return !isTooLate && isRight && call.index >= share.from;
}

function mayBeAskedAbout(call: Call, share: Share): boolean {
  const mayBeKept = share.kind === 'ban' && (share.code === 'NOT_LINKED' || share.code === 'OK');
  return call.index >= share.from && (needsNoCall(share) || mayBeKept);
}

function needsNoCall({ status, code }: Share): boolean {
  return status === 'refused' && code === 'CANCELLED';
}

/** Which shares may be kept when this one's calls have come to an end; undefined when they have not. */
function keptAfter(share: Share | undefined, story: Story): readonly number[] | undefined {
  if (share === undefined) return story.kept;
  const { candidate, isRepeated, last } = story;
  const isNobodys = last === 'not-linked' && candidate + 1 === story.names.length;
  if (share.kind === 'ban' && isNobodys)
    return [...story.kept, story.share].sort((one, other) => one - other);
  const isOver = needsNoCall(share) || hasEnded(share, isNobodys, { isRepeated, last });
  return isOver ? story.kept : undefined;
}

/** Whether the calls about a share have come to the end that was told. */
function hasEnded(
  share: Share,
  isNobodys: boolean,
  { isRepeated, last }: Pick<Story, 'isRepeated' | 'last'>,
): boolean {
  if (share.status === 'delivered') {
    // After a kick whose answer was lost the account is gone; CMS is asked about the other names by searches.
    return last === 'done' || (last === 'not-linked' && isInDoubt(share, { isRepeated }));
  }
  // Or another of the names was somebody's, who was left alone.
  if (share.code === 'EXPIRED') return last !== 'done' && isInDoubt(share, { isRepeated });
  return share.code === 'NOT_LINKED' && isNobodys;
}
