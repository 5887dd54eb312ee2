import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import type { Seen } from '../identity/seen.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Requests } from '../storage/mysql/requests.ts';
import type { Storage } from '../storage/storage.ts';
import type { Work } from '../work.ts';
import { ANSWER_PREFIX, type Answer, writeAnswer } from './answer.ts';
import type { Report } from './report.ts';
import { foundIn, type Request, type RequestOf, readRequest } from './request.ts';

/*
 * A request on the server that works:
 *
 * - `there`: met in the database, the oldest decision first. → taken in, or answered; there, when it could not be
 *   stored, and so it is met again
 * - `taken in`: it is an action, whose record says so to all. → gone. After a crash in between it is met again, and
 *   known by the id of its action, or by its name.
 * - `answered`: what there is to say beside an action is stored, in the transaction that takes the request out.
 * - `gone`: taken out of the database. Until that is done it is not taken in again in this term.
 */

/** For how long an answer is kept for whoever has asked, in milliseconds. */
const KEPT_MS = 60_000;
/** Of so many requests it is remembered that they are done, or cannot be done here. */
const MOST_DONE = 1_000;

/** Takes in what other servers ask, for as long as this one works for the community. */
export interface Answering {
  /** To be told that something is asked. */
  look(): void;
  stop(): void;
}

/** What it takes. */
export interface AnsweringOptions {
  readonly requests: Pick<Requests, 'list'>;
  /** Takes requests out, in one transaction with what is written in the same turn. */
  readonly remove: (ids: readonly string[]) => Promise<unknown>;
  readonly work: Pick<Work, 'moderation' | 'retry'>;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
  /** Acts on what a server has reported, in milliseconds ago. */
  readonly onReport: (report: Report, ageMs: number) => Promise<void>;
  readonly storage: Pick<Storage, 'write' | 'soon'>;
  readonly seen: Pick<Seen, 'learn'>;
  /** Told that a server has handed in what it has kept by itself: see {@link TakingIn}. */
  readonly onStore: () => void;
  /** Told what was taken in, and that it is answered in time. */
  readonly onTaken: (id: string, answered: Promise<Outcome>) => void;
  /** Told of every other answer, beside that it is stored. */
  readonly onAnswer: (id: string, answer: Answer) => void;
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

/** A request as it was met; undefined when it is of a version that this one does not understand. */
interface Met {
  readonly id: string;
  readonly request: Request | undefined;
}

/** What is asked to be cancelled, by the ids of the decisions. */
function cancelledIn(met: readonly Met[]): ReadonlySet<string> {
  return new Set(met.flatMap(({ request }) => (request?.kind === 'cancel' ? [request.actionId] : [])));
}

/** What has become of a request; undefined when it could not be stored, and is to be met again. */
type Taken = Answer | 'taken' | undefined;

export function startAnswering(options: AnsweringOptions): Answering {
  const { requests, work, storage, clock } = options;
  let isStopped = false;
  /** What is being looked up: that takes its time. */
  const looking = new Set<string>();
  /** What is done, by id, and may be there again when taking it out did not succeed. */
  const done = new Set<string>();
  /** Decisions that were cancelled before they could be taken in. */
  let calledOff: ReadonlySet<string> = new Set();
  /** What has failed here in a way that it would again. */
  const failed = new Set<string>();

  async function sanction({
    id,
    serverId,
    server,
    at,
    who,
    sanction,
  }: RequestOf<'sanction'>): Promise<Taken> {
    if (calledOff.has(id) && !work.moderation.standing(id)) return { kind: 'refused', code: 'CANCELLED' };
    options.seen.learn(who.seen);
    const ticket = await work.moderation.submit(foundIn(who), {
      ...sanction,
      key: sanction.key ?? `request:${id}`,
      elsewhere: { id, serverId, server, at },
    });
    if (!ticket.accepted) {
      const { code } = ticket.outcome;
      if (ticket.isNotStored || code === 'OK' || code === 'QUEUED') return undefined;
      return { kind: 'refused', code };
    }
    if (ticket.id === id) {
      options.onTaken(id, ticket.answered);
      return 'taken';
    }
    const there = work.moderation.standing(ticket.id) ?? (await ticket.answered);
    return { kind: 'again', actionId: ticket.id, status: there.status, code: there.code };
  }

  async function answer(request: Exclude<Request, { kind: 'store' }>): Promise<Taken> {
    switch (request.kind) {
      case 'sanction':
        return sanction(request);
      case 'cancel': {
        if (calledOff.has(request.actionId) && !work.moderation.standing(request.actionId)) {
          return { kind: 'cancelled', how: { unheard: [], heard: [], 'under-way': [] } };
        }
        const how = (await work.moderation.cancel(request.actionId)) ?? null;
        return {
          kind: 'cancelled',
          how: how && {
            unheard: [...how.unheard],
            heard: [...how.heard],
            'under-way': [...how['under-way']],
          },
        };
      }
      case 'retry':
        return { kind: 'retried', ...work.retry(request.actionId ?? undefined) };
      case 'report':
        await options.onReport(request.report, clock.now() - request.at);
        return 'taken';
      case 'lookup':
        return { kind: 'found', lookup: JSON.stringify(await options.lookUp(foundIn(request.who))) };
    }
  }

  async function take({ id, request }: Met): Promise<void> {
    if (done.has(id)) return void (await options.remove([id]));
    // It stays there until it is taken in.
    if (request?.kind === 'store') return options.onStore();
    // Whoever has asked is not to wait for ever.
    const given = request ? await answer(request) : ({ kind: 'refused', code: 'UNSUPPORTED' } as const);
    if (given === undefined) return;
    done.add(id);
    forgetOldest(done, MOST_DONE);
    if (given === 'taken') return void (await options.remove([id]));
    const name = ANSWER_PREFIX + id;
    // In one turn, and so in one transaction.
    const written = storage.write([{ name, value: writeAnswer(given) }]);
    void options.remove([id]);
    if ((await written) === 'not the writer') return;
    options.onAnswer(id, given);
    clock.after(KEPT_MS, () => void storage.soon([{ name, value: null }]));
  }

  async function takeSafely(met: Met): Promise<void> {
    try {
      await take(met);
    } catch (error) {
      // Another version may know what to do with it: it stays where it is.
      failed.add(met.id);
      forgetOldest(failed, MOST_DONE);
      options.onBug(error);
    }
  }

  async function lookNow(): Promise<void> {
    const listed = await requests.list();
    if (isStopped || !listed.ok) return;
    const taken: Promise<void>[] = [];
    const all = listed.requests.map(({ id, body }): Met => ({ id, request: readRequest(body) }));
    calledOff = cancelledIn(all);
    for (const met of all) {
      if (looking.has(met.id) || failed.has(met.id)) continue;
      const isDone = takeSafely(met);
      if (met.request?.kind === 'lookup') {
        looking.add(met.id);
        void isDone.then(() => looking.delete(met.id));
      } else taken.push(isDone);
    }
    await Promise.all(taken);
  }

  /** One at a time: what is met again before it was taken out is no other one. */
  let isLooking = false;

  async function look(): Promise<void> {
    if (isLooking || isStopped) return;
    isLooking = true;
    await lookNow().catch(options.onBug);
    isLooking = false;
  }

  return {
    look: () => void look(),
    stop() {
      isStopped = true;
    },
  };
}
