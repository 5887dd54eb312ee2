import { sleep } from '../../clock.ts';
import type { Action } from '../../moderation/action.ts';
import type { Storage } from '../../storage/storage.ts';
import type { Answer } from '../answer.ts';
import { onSharedClock, type Request, readRequest, writeRequest } from '../request.ts';
import type { AskingOptions } from './options.ts';
import { createSending, type RequestRow } from './sending.ts';

/** Where what is asked is kept here until it is done. */
export const ASKED_PREFIX = 'asked:';
/** For how long whoever asks waits for a first answer from the server that works, in milliseconds. */
const PATIENCE_MS = 2_000;

/** What is asked, and is not done yet. */
export interface OpenRequest {
  readonly request: Request;
  /** As it will be told until it is taken in; undefined for what is no decision. */
  readonly action: Action | undefined;
  /** Whether whoever decided was told that it waits, in this run or an earlier one. */
  isTold: boolean;
  /**
   * What was handed on of it: by which names it was told, and when it was told last without one. What has a name may
   * turn out to have been decided long ago, and then it is not this moment's.
   */
  again: { readonly at: number; readonly keys: readonly string[] };
  readonly resolve: (answer: Answer | 'taken') => void;
  readonly taken: Promise<Answer | 'taken'>;
}

/** One that is for a server to decide by. */
export interface OpenDecision extends OpenRequest {
  readonly action: Action;
}

export function isDecision(open: OpenRequest): open is OpenDecision {
  return open.action !== undefined;
}

/** All that is asked, and is not done yet: here, in the own store, and in the database. */
export interface OpenRequests {
  /** In the order asked. */
  readonly byId: ReadonlyMap<string, OpenRequest>;
  enter(request: Request, action?: Action, isTold?: boolean): OpenRequest;
  /** Keeps it here, for a run that comes. It is on its way to the disk in this turn: there may be no later one. */
  keep(request: Request): ReturnType<Storage['write']>;
  /** What an earlier run has kept, and was not done, in the order asked. */
  load(): Promise<readonly Request[]>;
  /** Resolves once it is in the database, or nobody wants it there any more. */
  send(request: Request): Promise<void>;
  /** Puts what is not kept into the database, if that takes it now. */
  offer(request: Request): Promise<void>;
  /** @returns undefined when nobody has answered in time; by default as long as whoever has decided waits. */
  answerTo(open: OpenRequest, withinMs?: number): Promise<Answer | 'taken' | undefined>;
  /** It is done. */
  forget(id: string): void;
  /** What was kept here by this id need not be handed on any more, unless it is asked. */
  forgetKept(id: string): void;
  /** It could not be kept, and so it was never asked. */
  drop(id: string): void;
  /** Nobody waits for it any more. */
  withdraw(id: string): void;
}

/** What they take. */
export type OpenRequestsOptions = Pick<
  AskingOptions,
  'local' | 'box' | 'offset' | 'isAway' | 'onAsked' | 'clock'
>;

export function createOpenRequests(options: OpenRequestsOptions): OpenRequests {
  const { local, box, clock } = options;
  const byId = new Map<string, OpenRequest>();
  const sending = createSending({
    add: box.add,
    rowOf(id) {
      const request = byId.get(id)?.request;
      return request && rowIn(request);
    },
    clock,
  });

  function rowIn(request: Request): RequestRow {
    const { at, ...rest } = onSharedClock(request, options.offset());
    return { id: request.id, at, body: writeRequest({ ...rest, at }) };
  }

  const forgetKept = (id: string) => void local.soon([{ name: ASKED_PREFIX + id, value: null }]);

  function forget(id: string): void {
    if (byId.delete(id)) forgetKept(id);
  }

  return {
    byId,
    enter(request, action, isTold = false) {
      const { promise: taken, resolve } = Promise.withResolvers<Answer | 'taken'>();
      const key = request.kind === 'sanction' ? request.sanction.key : undefined;
      const again =
        key === undefined ? { at: request.at, keys: [] } : { at: Number.NEGATIVE_INFINITY, keys: [key] };
      const open: OpenRequest = { request, action, isTold, again, resolve, taken };
      byId.set(request.id, open);
      return open;
    },
    keep: (request) => local.write([{ name: ASKED_PREFIX + request.id, value: writeRequest(request) }]),
    async load() {
      const found: Request[] = [];
      await local.load(ASKED_PREFIX, ({ value }) => {
        const request = value === undefined ? undefined : readRequest(value);
        if (request && !byId.has(request.id)) found.push(request);
      });
      return found.sort((one, other) => one.at - other.at);
    },
    async send({ id }) {
      options.onAsked();
      await sending.send(id);
      options.onAsked();
    },
    async offer(request) {
      await box.add(rowIn(request));
    },
    answerTo: ({ taken }, withinMs = options.isAway() ? 0 : PATIENCE_MS) =>
      Promise.race([taken, sleep(clock, withinMs).then(() => undefined)]),
    forget,
    forgetKept(id) {
      if (!byId.has(id)) forgetKept(id);
    },
    drop: (id) => void byId.delete(id),
    withdraw(id) {
      if (!byId.has(id)) return;
      forget(id);
      box.remove(id);
    },
  };
}
