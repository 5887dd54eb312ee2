import type { Clock } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Requests } from '../storage/mysql/requests.ts';
import type { Storage } from '../storage/storage.ts';
import type { Work } from '../work.ts';
import { ANSWER_PREFIX, type Answer, writeAnswer } from './answer.ts';
import { foundIn, type Request, type RequestOf, readRequest } from './request.ts';

/** For how long an answer is kept for whoever has asked, in milliseconds. */
const KEPT_MS = 60_000;
/** How often it is looked for what is asked, in milliseconds. */
const POLL_MS = 250;
/** Takes in what other servers ask, for as long as this one works for the community. */
export interface Answering {
  stop(): void;
}

/** What it takes. */
export interface AnsweringOptions {
  readonly requests: Pick<Requests, 'list'>;
  /** Takes requests out, in one transaction with what is written in the same turn. */
  readonly remove: (ids: readonly string[]) => Promise<unknown>;
  readonly work: Pick<Work, 'moderation' | 'retry'>;
  readonly lookUp: (who: FoundPerson) => Promise<Lookup>;
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

/**
 * Each request is taken in, then taken out: after a crash in between it is met again, and is known by the id of its
 * action, or by its name.
 */
export function startAnswering(options: AnsweringOptions): Answering {
  const { requests, work, storage, clock } = options;
  let isStopped = false;
  /** What is being looked up: that takes its time. */
  const looking = new Set<string>();

  async function sanction({
    id,
    serverId,
    server,
    at,
    who,
    sanction,
  }: RequestOf<'sanction'>): Promise<Answer | 'taken in'> {
    options.seen.learn(who.seen);
    const ticket = await work.moderation.submit(foundIn(who), {
      ...sanction,
      key: sanction.key ?? `request:${id}`,
      elsewhere: { id, serverId, server, at },
    });
    if (!ticket.accepted) {
      const { code, message } = ticket.outcome;
      return { kind: 'refused', code, message };
    }
    if (!ticket.isAgain) {
      options.onTaken(id, ticket.answered);
      return 'taken in';
    }
    const { id: there } = await ticket.answered;
    if (there !== id) return { kind: 'again', actionId: there };
    options.onTaken(id, ticket.answered);
    return 'taken in';
  }

  async function answer(request: Exclude<Request, { kind: 'store' }>): Promise<Answer | 'taken in'> {
    switch (request.kind) {
      case 'sanction':
        return sanction(request);
      case 'cancel': {
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
      case 'lookup':
        return { kind: 'found', lookup: JSON.stringify(await options.lookUp(foundIn(request.who))) };
    }
  }

  async function take(row: { readonly id: string; readonly body: string }): Promise<void> {
    const request = readRequest(row.body);
    if (request?.kind === 'store') return options.onStore();
    if (request) {
      const given = await answer(request);
      const name = ANSWER_PREFIX + request.id;
      if (given !== 'taken in') {
        options.onAnswer(request.id, given);
        const isWritten = (await storage.write([{ name, value: writeAnswer(given) }])) === 'written';
        if (!isWritten) return;
        clock.after(KEPT_MS, () => void storage.soon([{ name, value: null }]));
      }
    }
    await options.remove([row.id]);
  }

  async function look(): Promise<void> {
    const listed = await requests.list();
    if (isStopped || !listed.ok) return;
    const taken: Promise<void>[] = [];
    for (const row of listed.requests) {
      if (looking.has(row.id)) continue;
      const done = take(row).catch(options.onBug);
      if (readRequest(row.body)?.kind === 'lookup') {
        looking.add(row.id);
        void done.then(() => looking.delete(row.id));
      } else taken.push(done);
    }
    await Promise.all(taken);
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      try {
        await look();
      } catch (error) {
        options.onBug(error);
      }
      await new Promise<void>((resolve) => clock.after(POLL_MS, resolve));
    }
  }

  void run();
  return {
    stop() {
      isStopped = true;
    },
  };
}
