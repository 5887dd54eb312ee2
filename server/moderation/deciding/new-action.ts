import { accountIdOf } from '../../identity/target.ts';
import type { Action, Person } from '../action.ts';
import type { ModerationOptions } from '../contract.ts';
import { MOST_HOLDER } from '../holders.ts';
import type { Ledger } from '../ports.ts';
import type { SanctionRequest } from '../request.ts';
import type { FactsOf } from './facts.ts';

/** The action that a request becomes, the latest of all, without shares yet. */
export type NewAction = (person: Person, request: SanctionRequest) => Action;

/** What it takes. */
export interface NewActionOptions extends Pick<ModerationOptions, 'holders' | 'dropWhen' | 'serverId'> {
  readonly factsOf: FactsOf;
  readonly ledger: Pick<Ledger, 'nextSequence'>;
}

export function createNewAction({
  factsOf,
  ledger,
  holders,
  dropWhen,
  serverId,
}: NewActionOptions): NewAction {
  /** No list will tell whose account was removed: what is known when that is decided counts. */
  function holderOf({ identifiers, account }: Person): readonly string[] {
    const id = identifiers.length === 0 ? accountIdOf(account) : null;
    return id === null ? [] : holders.of(id).slice(0, MOST_HOLDER);
  }

  return (person, request) => {
    const { id, kind, reason, author, origin, server, at } = factsOf(request);
    const sequence = ledger.nextSequence();
    return {
      id,
      sequence,
      told: sequence,
      toldAt: at,
      key: request.key ?? null,
      alsoKeys: [],
      kind,
      person,
      holder: kind === 'kick' ? holderOf(person) : [],
      reason,
      author: { ...request.author, name: author },
      origin,
      server,
      serverId: request.elsewhere?.serverId ?? serverId,
      at,
      drop: request.drop ?? dropWhen,
      ...(request.drop === undefined && serverId !== null ? { isDropOpen: true } : {}),
      dropped: false,
      expiresAt: request.expiresAt ?? null,
      inForce: kind === 'ban',
      lifted: [],
      served: false,
      ended: [],
      isOfOneBan: request.only !== undefined,
      deliveries: [],
    };
  };
}
