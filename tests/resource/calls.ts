import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';

/** A host of Sonoran, as far as it tells what has arrived there. */
interface Recording {
  /** Every request so far, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
}

/**
 * The requests to a host that something led to: a command, an export, txAdmin, somebody at the door. All
 * but the reads of the list of banned accounts, which come and go by themselves.
 */
export function callsTo({ requests }: Recording): readonly RecordedRequest[] {
  return requests.filter(({ operation }) => operation !== 'accounts');
}

/** The same for both hosts: CMS first, then CAD. */
export function callsToBoth({
  cms,
  cad,
}: {
  readonly cms: Recording;
  readonly cad: Recording;
}): readonly RecordedRequest[] {
  return [...callsTo(cms), ...callsTo(cad)];
}
