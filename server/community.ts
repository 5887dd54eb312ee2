import type { Broadcast } from './cluster/broadcast.ts';
import type { Report } from './cluster/report.ts';
import type { Lookup } from './moderation/lookup.ts';
import type { FoundPerson } from './moderation/person.ts';
import type { Cancelled } from './moderation/request.ts';
import type { Storage } from './storage/storage.ts';
import type { Work } from './work.ts';

/** What of the work the rest of this server holds. */
export type Parts = Pick<
  Work,
  | 'lines'
  | 'ledger'
  | 'ties'
  | 'bans'
  | 'here'
  | 'own'
  | 'known'
  | 'moderation'
  | 'outbox'
  | 'kept'
  | 'records'
  | 'notices'
  | 'ready'
  | 'tried'
  | 'follow'
  | 'onFollow'
>;

/** Acts on what another server has told; with the id of this one. */
export type OnBroadcast = (broadcast: Broadcast, serverId: string) => void;

/** Acts on what a server has reported, so many milliseconds ago. Resolves when it is on its way to the disk. */
export type OnReport = (report: Report, ageMs: number) => Promise<void>;

/** A community as one of its servers meets it: alone, or among others. */
export interface Community {
  readonly parts: Parts;
  lookUp(who: FoundPerson): Promise<Lookup>;
  /** See {@link Moderation.cancel}; `later` when nobody has answered yet, and it is kept until then. */
  cancel(actionId: string): Promise<Cancelled | 'later' | undefined>;
  /** See {@link Work.retry}; undefined when nobody has answered yet, and it is kept until then. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  /** Hands on what concerns the server that works for it, which may be this one. */
  report(report: Report): void;
  /** Acts on what any server has reported, on the one that works. */
  onReport(callback: OnReport): void;
  /** Tells all other servers; only the one that works does. */
  broadcast(broadcast: Broadcast): void;
  /** Acts on what another server has told. */
  onBroadcast(callback: OnBroadcast): void;
  /** Says which server works for it; undefined where this one is alone. */
  readonly worker?: () => string;
  /** Goes on where the last run ended. Resolves when it is known who is banned. */
  start(): Promise<void>;
  /** Calls back whenever what is known was read: who is here may be banned. */
  onRead(callback: () => void): void;
  /** Begins no call until it is resumed; `reason` is what those hear whose decision comes in meanwhile. */
  pause(reason: string): void;
  /** This run ends in order: answers whoever waits for a first answer. */
  end(reason: string): void;
  resume(): void;
}

/**
 * The community of a server that is alone: it does all the work, on its own storage.
 *
 * @param comeBack brings back what the servers of a community have decided, if it was one of them until now. @returns
 * what does the rest, once decisions can be taken.
 */
export function aloneWith(
  work: Work,
  storage: Pick<Storage, 'flush'>,
  lookUp: (who: FoundPerson) => Promise<Lookup>,
  comeBack: () => Promise<(onReport: OnReport) => Promise<void>>,
  onBug: (error: unknown) => void,
): Community {
  const readCallbacks: Array<() => void> = [];
  let act: OnReport = async () => {};
  return {
    parts: work,
    lookUp,
    cancel: work.moderation.cancel,
    retry: async (actionId) => work.retry(actionId),
    report: (report) => void act(report, 0).catch(onBug),
    onReport(callback) {
      act = callback;
    },
    broadcast() {},
    onBroadcast() {},
    async start() {
      const goOn = await comeBack();
      await work.read();
      await work.takeOver();
      work.start();
      void goOn(act);
      for (const callback of readCallbacks) callback();
    },
    onRead: (callback) => readCallbacks.push(callback),
    pause(reason) {
      work.pause(reason);
      storage.flush();
    },
    end(reason) {
      work.end(reason);
      work.moderation.answerAll(reason, storage.flush());
    },
    resume: work.resume,
  };
}
