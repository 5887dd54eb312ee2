import { type Clock, sleep } from '../clock.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { WriteResult } from '../moderation/ports.ts';
import type { SanctionRequest, Ticket } from '../moderation/request.ts';

/** For how long whoever has decided waits for the database, in milliseconds. */
const PATIENCE_MS = 2_000;
/** How often it is looked whether a decision has begun meanwhile, in milliseconds. */
const LOOK_MS = 50;

/** What it takes. */
export interface OverdueOptions {
  /** Whether it is known that the database is away. */
  readonly isAway: () => boolean;
  /** Keeps a decision here, for a run that comes. */
  readonly keep: (who: FoundPerson, request: SanctionRequest, id: string) => Promise<WriteResult>;
  readonly forget: (id: string) => void;
  /** Gives the first answer: it waits. @returns false when nothing is known of it yet. */
  readonly answer: (id: string) => boolean;
  readonly clock: Clock;
}

/**
 * What was decided on the server that works, and is not in the database yet: begun → (2 s, or at once when the database
 * is known to be away) kept here → answered: it waits. → in the database, or handed on; then it is kept here no longer.
 */
export interface Overdue {
  watch(id: string, who: FoundPerson, request: SanctionRequest, ticket: Promise<Ticket>): Promise<Ticket>;
  /** Whether it was answered that this one waits. */
  isAnswered(id: string): boolean;
  /** This run ends: what may not be on the way to any disk is kept. */
  keepAll(): void;
}

export function createOverdue({ isAway, keep, forget, answer, clock }: OverdueOptions): Overdue {
  const underWay = new Map<string, { readonly who: FoundPerson; readonly request: SanctionRequest }>();
  const kept = new Set<string>();
  const answered = new Set<string>();

  async function late(id: string): Promise<void> {
    const decision = underWay.get(id);
    if (!decision) return;
    kept.add(id);
    if ((await keep(decision.who, decision.request, id)) !== 'written') return;
    // It may wait for what the person is known by.
    while (underWay.has(id) && !answer(id)) await sleep(clock, LOOK_MS);
    if (underWay.has(id)) answered.add(id);
  }

  return {
    watch(id, who, request, ticket) {
      underWay.set(id, { who, request });
      const cancel = clock.after(isAway() ? 0 : PATIENCE_MS, () => void late(id));
      return ticket.finally(() => {
        cancel();
        underWay.delete(id);
        answered.delete(id);
        if (kept.delete(id)) forget(id);
      });
    },
    isAnswered: (id) => answered.has(id),
    keepAll() {
      for (const [id, { who, request }] of underWay) if (!kept.has(id)) void keep(who, request, id);
    },
  };
}
