import * as v from 'valibot';
import { cleanText, MAX_REASON } from '../text/clean.ts';
import { readDuration } from '../text/duration.ts';
import type { Message } from '../text/locale.ts';
import type { ConvarParser } from './convars.ts';

/** A reason that the owner has prepared, with how long such a ban is, as it is typed: `2d`, `perm`. */
export interface PreparedReason {
  readonly reason: string;
  readonly duration: string;
}

const PROBLEM: Message = { key: 'setting.reasons', parameters: {} };

/** Reads `cmsban_reasons`: `RDM=2d; Cheating=perm`, in the order given. */
export function readReasons({ setting }: Pick<ConvarParser, 'setting'>): readonly PreparedReason[] {
  return setting(
    'cmsban_reasons',
    [],
    PROBLEM,
    v.pipe(
      v.string(),
      v.transform((text) => [...parts(text)]),
      v.array(Prepared),
    ),
  );
}

/** The last `=` divides: a reason may have others. */
const Prepared = v.pipe(
  v.string(),
  v.transform((text) => {
    const at = text.lastIndexOf('=');
    return {
      reason: cleanText(at < 0 ? '' : text.slice(0, at), MAX_REASON),
      duration: text.slice(at + 1).trim(),
    };
  }),
  v.check(({ reason, duration }) => reason !== '' && isLength(duration)),
);

function isLength(duration: string): boolean {
  const { kind } = readDuration(duration);
  return kind === 'lasts' || kind === 'permanent';
}

function parts(text: string): readonly string[] {
  return text.split(';').filter((part) => part.trim() !== '');
}
