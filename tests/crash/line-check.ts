import type { ActionKind } from '../../server/moderation/action.ts';
import type { Call } from './calls.ts';
import type { Name } from './people.ts';

/** One product's share of a decision, as it was in the end. */
export interface Share {
  /** For messages. */
  readonly label: string;
  readonly kind: ActionKind;
  /** By which names the person could be called, the first to be tried first; several where it is not known which order was taken. */
  readonly orders: readonly (readonly Name[])[];
  /** Whether it is asked, before every name but the first, whether that is linked. */
  readonly asks: boolean;
  readonly status: 'delivered' | 'refused' | 'queued';
  readonly code: string;
  /** Whether somebody asked to cancel it, who may come after a call; a lift or an expiry calls off only what had no effect yet. */
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
  readonly order: number;
  readonly candidate: number;
  /** Whether an earlier call may have had an effect that nobody was told of. */
  readonly isRepeated: boolean;
  readonly last: Call['answer'];
}

/**
 * Looks for an explanation of all calls about one person to one product by the shares, in the order in
 * which these were accepted: each share's calls before the next one's; candidates in their order, none
 * after another was tried; none after it was told to be settled; and each share ended as told, by an
 * answer that was given. That is what "once, in order" can mean where answers get lost.
 *
 * @returns what is wrong; undefined when there is an explanation.
 */
export function checkLine(shares: readonly Share[], calls: readonly Call[]): string | undefined {
  let stories: readonly Story[] = [{ share: -1, order: 0, candidate: 0, isRepeated: false, last: 'lost' }];
  for (const [position, call] of calls.entries()) {
    const next = stories.flatMap((story) => continuations(story, call, shares));
    stories = [...new Map(next.map((story) => [JSON.stringify(story), story])).values()];
    if (stories.length === 0) {
      return `call ${position + 1} of ${calls.length} (request ${call.index}, ${call.kind} by ${call.by}) cannot be explained`;
    }
  }
  const isExplained = stories.some(
    (story) => isOver(shares[story.share], story) && shares.slice(story.share + 1).every(needsNoCall),
  );
  return isExplained
    ? undefined
    : 'a decision that is told to be settled had no call, or none that was answered so';
}

function continuations(story: Story, call: Call, shares: readonly Share[]): Story[] {
  const found: Story[] = [];
  // A question of one who was called off may wait for its limit while others go out. It changes nothing.
  const isLate = (share: Share) => needsNoCall(share) && isAbout(call, share);
  if (call.kind === 'question' && shares.slice(0, story.share).some(isLate)) found.push(story);
  const current = shares[story.share];
  if (current && isAbout(call, current)) {
    const candidate = (current.orders[story.order] ?? []).indexOf(call.by);
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
  if (!isOver(current, story)) return found;
  for (let share = story.share + 1; share < shares.length; share++) {
    const other = shares[share];
    if (!other) break;
    const isRepeated = call.index >= other.interruptedAt;
    for (const [order, [first]] of other.orders.entries()) {
      if (!isAbout(call, other) || first !== call.by) continue;
      found.push({ share, order, candidate: 0, isRepeated, last: call.answer });
    }
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

function needsNoCall({ status, code }: Share): boolean {
  return status === 'refused' && code === 'CANCELLED';
}

/** Whether the calls about a share have come to the end that was told. */
function isOver(share: Share | undefined, { order, candidate, isRepeated, last }: Story): boolean {
  if (share === undefined || needsNoCall(share)) return true;
  const isNobody = last === 'not-linked' && candidate + 1 === share.orders[order]?.length;
  if (share.status === 'delivered') {
    // After a kick whose answer was lost the account is gone; CMS is asked about the other names by searches.
    return last === 'done' || (last === 'not-linked' && isInDoubt(share, { isRepeated }));
  }
  // Or another of the names was somebody's, who was left alone.
  if (share.code === 'EXPIRED') return last !== 'done' && isInDoubt(share, { isRepeated });
  return share.status === 'refused' && share.code === 'NOT_LINKED' && isNobody;
}
