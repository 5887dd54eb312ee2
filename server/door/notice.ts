import type { Clock } from '../clock.ts';
import { givenId } from '../identity/scoped-id.ts';
import type { Action } from '../moderation/action.ts';
import { cleanText, MAX_NAME, MAX_REASON } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import { duration, moment } from '../text/time.ts';

/** How txAdmin's own id of a ban begins in {@link Action.key}. */
const TXADMIN_KEY = 'txadmin:';
/** The end of the last year with four digits, in Unix milliseconds: what ends later is as good as for ever. */
const LAST_SHOWN = Date.UTC(10_000, 0, 1) - 1;

/**
 * What those read who are refused or dropped: one line of plain text, and all they are told, because whoever cancels
 * a connection hides what other resources would say. What people wrote is cleaned and bounded.
 */
export interface Notices {
  /** For who is banned, or removed from the community, by a decision that was made here. */
  of(action: Action): string;
  /** For who is banned in Sonoran, when no decision made here is known for it. */
  readonly banned: string;
  /** The same for who was removed from the community. */
  readonly kicked: string;
  /** For whom it cannot be told yet whether they are banned. */
  readonly unknown: string;
}

/** What notices are made of. */
export interface NoticeOptions {
  /** `cmsban_appeal_text`; may be empty. */
  readonly appealText: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly say: Say;
}

/**
 * When a ban ends, for people: `2026-11-30 18:00 UTC (in 2 d)`.
 *
 * @param now Unix milliseconds.
 */
export function endOfBan({ expiresAt }: Action, now: number, say: Say): string {
  if (expiresAt === null || expiresAt > LAST_SHOWN) return say('notice.end.never');
  const at = moment(expiresAt);
  const left = expiresAt - now;
  return left > 0 ? say('notice.end', { at, left: duration(left, say) }) : say('notice.end.now', { at });
}

export function createNotices({ appealText, clock, say }: NoticeOptions): Notices {
  const appeal = appealText || say('gate.appeal');

  /** With txAdmin's own id, when the ban came from there: that is the one its staff search for. */
  function idOf({ id, kind, key }: Action): string {
    const theirs =
      kind === 'ban' && key?.startsWith(TXADMIN_KEY) ? givenId(key.slice(TXADMIN_KEY.length)) : '';
    return theirs === '' ? id : say('notice.id.txadmin', { id, theirs: cleanText(theirs, MAX_NAME) });
  }

  return {
    of(action) {
      const words = {
        reason: cleanText(action.reason, MAX_REASON) || say('reason.none'),
        author: cleanText(action.author.name, MAX_NAME),
        id: idOf(action),
        appeal,
      };
      return action.kind === 'ban'
        ? say('drop.ban', { ...words, end: endOfBan(action, clock.now(), say) })
        : say('drop.kick', words);
    },
    banned: say('gate.banned', { appeal }),
    kicked: say('gate.kicked', { appeal }),
    unknown: say('gate.unknown'),
  };
}
