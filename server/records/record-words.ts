import { givenId } from '../identity/scoped-id.ts';
import { type Action, type Author, deliveryOf } from '../moderation/action.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import { type ProductInUse, subjectsFor } from '../moderation/plan.ts';
import type { TellAuthor } from '../notify/audience.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import { moment } from '../text/time.ts';
import type { Ending } from './record-step.ts';
import type { RecordTask } from './record-task.ts';

/** A warning that was given in txAdmin. */
export interface Warning {
  /** txAdmin's, scoped where several servers are one community. */
  readonly id: string;
  readonly who: FoundPerson;
  readonly author: Author;
  readonly reason: string;
}

/** The task of a warning is named after it. */
export const warningTask = (id: string) => `txadmin:${id}`;

/** A new task, with what its record will say. It has no subjects when the person has no name that CMS could know. */
export interface RecordDrafts {
  ofAction(action: Action, kind: 'ban' | 'kick'): RecordTask;
  ofWarning(warning: Warning, at: number): RecordTask;
}

export function createDrafts(cms: ProductInUse, say: Say): RecordDrafts {
  function draft(
    from: Pick<
      RecordTask,
      'id' | 'kind' | 'name' | 'author' | 'origin' | 'serverId' | 'at' | 'mark' | 'subjects'
    >,
    reason: string,
    until: number | null,
  ): RecordTask {
    const words = { author: from.author.name, reason: reason || say('reason.none') };
    const said =
      until === null
        ? say(`records.text.${from.kind}`, words)
        : say('records.text.until', { ...words, until: moment(until) });
    return {
      ...from,
      // In no language: by this it is found again.
      text: `${said} ${from.mark}`,
      candidate: 0,
      member: null,
      record: null,
      stage: 'open',
      mayBeThere: false,
      isFirst: false,
      attempts: 0,
      spentMs: 0,
    };
  }

  /** By what CMS was told, if it was; else by all that CMS may know the person by. */
  function subjectsOf(action: Action) {
    const share = deliveryOf(action, 'cms');
    const known = share?.state.status === 'delivered' ? share.subjects[share.candidate] : undefined;
    if (known) return [known];
    const { identifiers } = action.person;
    return share?.subjects ?? subjectsFor(cms, { identifiers, account: undefined, cadApiId: undefined });
  }

  return {
    ofAction(action, kind) {
      const { id, person, author, origin, serverId, at } = action;
      const mark = `(cmsban ${id})`;
      const from = { id, kind, name: displayName(person), author, origin, serverId, at, mark };
      return draft({ ...from, subjects: subjectsOf(action) }, action.reason, action.expiresAt);
    },
    ofWarning({ id, who, author, reason }, at) {
      const from = {
        id: warningTask(id),
        name: displayName(who.person),
        author,
        serverId: null,
        at,
        mark: `(txAdmin ${givenId(id)})`,
      };
      const subjects = subjectsFor(cms, who.subjectable);
      return draft({ ...from, kind: 'warn', origin: 'txadmin', subjects }, reason, null);
    },
  };
}

/** What of a task is told. */
export type ToldTask = Pick<
  RecordTask,
  'id' | 'name' | 'kind' | 'stage' | 'mark' | 'mayBeThere' | 'author' | 'origin' | 'serverId'
>;

/** What has become of a record, for whoever decided. */
export interface RecordSaying {
  readonly task: ToldTask;
  readonly how: 'dropped' | 'by hand' | 'expired';
  readonly detail: string;
}

/** What saying it takes. */
export interface SayingsOptions {
  readonly tell: TellAuthor;
  /** Tells it on the server of whoever decided. @returns false when that is this one. */
  readonly tellThere: (saying: RecordSaying) => boolean;
  readonly log: Log;
  readonly say: Say;
  /** Names the convars that hold the credentials. */
  readonly convars: () => string;
}

/** Says what has become of records, to whom it concerns: never as an outcome. */
export interface RecordSayings {
  held(words: string): void;
  /** A kick goes without its record. */
  dropped(task: ToldTask, detail: string): void;
  ended(task: ToldTask, how: Ending | 'expired', detail: string): void;
}

export function createSayings({ tell, tellThere, log, say, convars }: SayingsOptions): RecordSayings {
  const product = productName('cms', say);

  function toAuthor(saying: RecordSaying, text: string): void {
    const { author, origin } = saying.task;
    const isThere = tellThere(saying);
    if (!isThere) tell(author, origin, text, 'bad');
    if (isThere || origin !== 'console') log.warn(text);
  }

  return {
    held: (words) => log.error(say('records.hold', { product, detail: words, convars: convars() })),
    dropped(task, detail) {
      const key = task.mayBeThere ? 'records.dropped.unknown' : 'records.dropped';
      toAuthor({ task, how: 'dropped', detail }, say(key, { name: task.name, product, detail }));
    },
    ended(task, how, detail) {
      const { id, name, kind, stage } = task;
      const words = { id, name, product, what: say(`records.kind.${kind}`) };
      const reason = { detail: detail || say('records.noDetail') };
      if (how === 'by hand' || (how === 'expired' && stage === 'lifted')) {
        toAuthor({ task, how, detail }, say('records.byHand', { ...words, ...reason, id: task.mark }));
      } else if (how === 'expired') log.error(say('records.expired', { ...words, ...reason }));
      else if (how === 'refused') log.warn(say('records.refused', { ...words, ...reason }));
      else log.debug(say(`records.${how}`, words));
    },
  };
}
