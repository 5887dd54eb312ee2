import type { Signal } from '../../signal.ts';
import { type Action, isSettled, type Person } from '../action.ts';
import type { ModerationOptions } from '../contract.ts';
import { isDropDue } from '../drop-rule.ts';
import type { Drops } from '../drops.ts';
import type { Latest } from '../latest.ts';
import type { Ledger } from '../ports.ts';
import type { SanctionRequest } from '../request.ts';
import { decidedAt } from './facts.ts';

/** How many names of decisions that were the same are remembered of an action. */
const MOST_KEYS = 50;

/** A decision that was told again. */
export interface Retold {
  readonly action: Action;
  /** Set where somebody relies on it: resolves when that is on the disk, or cannot be. */
  readonly kept?: ReturnType<Ledger['save']>;
}

/** Takes in that a decision was told again: what that changes of the action that is there. */
export type Retell = (there: Action, person: Person, request: SanctionRequest) => Retold;

/** What it takes. */
export interface RetellOptions extends Pick<ModerationOptions, 'clock' | 'serverId'> {
  readonly ledger: Pick<Ledger, 'nextSequence' | 'save' | 'saveSoon'>;
  readonly latest: Latest;
  readonly drops: Pick<Drops, 'drop'>;
  /** Told of a temporary ban whose end is later than before. */
  readonly prolonged: Pick<Signal<Action>, 'tell'>;
}

export function createRetell({ ledger, latest, drops, prolonged, clock, serverId }: RetellOptions): Retell {
  const isShared = serverId !== null;

  /**
   * What is known of the person now counts too, and whoever is here again is dropped again. A lift that was decided
   * meanwhile may turn out to be of this person: it is the earlier of the two.
   */
  function sanction(
    there: Action,
    { identifiers }: Person,
    { key, expiresAt, elsewhere }: SanctionRequest,
  ): Retold {
    const known = there.person.identifiers;
    const news = identifiers.filter((identifier) => !known.includes(identifier));
    const isLater = latest.placeOf('unban') > there.told;
    // As long as it waits: nobody is let in earlier than who told it last has said.
    const isProlonged = !isSettled(there) && there.expiresAt !== null && (expiresAt ?? 0) > there.expiresAt;
    const action = {
      ...withKey(there, key),
      told: isLater ? ledger.nextSequence() : there.told,
      toldAt: Math.max(there.toldAt, decidedAt(elsewhere, clock)),
      expiresAt: isProlonged ? (expiresAt ?? null) : there.expiresAt,
      person: { ...there.person, identifiers: [...known, ...news] },
    };
    if (action.kind === 'ban') latest.note('ban', action.told);
    const now = isDropDue(action) ? drops.drop(action) : action;
    if (isProlonged) prolonged.tell(now);
    if (isLater || isProlonged || key !== undefined) return { action: now, kept: ledger.save(now) };
    if (news.length === 0 && now === action && !isShared) return { action: there };
    ledger.saveSoon(now);
    return { action: now };
  }

  /** What another server has decided before, and hands on late, is the earlier decision. */
  function lift(there: Action, { key, elsewhere }: SanctionRequest): Retold {
    const toldAt = decidedAt(elsewhere, clock);
    const isLater = isShared && toldAt > there.toldAt;
    if (key === undefined && !isLater) return { action: there };
    const action = { ...withKey(there, key), toldAt: isLater ? toldAt : there.toldAt };
    if (key !== undefined) return { action, kept: ledger.save(action) };
    ledger.saveSoon(action);
    return { action };
  }

  return (there, person, request) =>
    request.kind === 'unban' ? lift(there, request) : sanction(there, person, request);
}

/** The same, by one more name: told once more, it is the same one, and not one of that moment. */
function withKey(there: Action, key: string | undefined): Action {
  return key === undefined ? there : { ...there, alsoKeys: [...there.alsoKeys, key].slice(-MOST_KEYS) };
}
