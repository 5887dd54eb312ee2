import type { Subject } from '../identity/subject.ts';
import type { CallFailure, LookupResult, Urgency } from '../moderation/product-api.ts';

/** A disciplinary record as CMS shows it. */
export interface ShownRecord {
  readonly id: string;
  readonly reason: string;
  readonly isRevoked: boolean;
}

/** How adding a record ended; the id is null when the answer did not tell it. */
export type AddResult = { readonly kind: 'added'; readonly id: string | null } | CallFailure;

export type ReadResult = { readonly kind: 'records'; readonly records: readonly ShownRecord[] } | CallFailure;

/** `unavailable`: there is no such record, or no call to revoke one here. */
export type RevokeResult = { readonly kind: 'revoked' | 'unavailable' } | CallFailure;

/** What CMS offers for the disciplinary records of its members. Never throws, never rejects. */
export interface RecordsApi {
  /** Which account it is. */
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult>;
  /** Not idempotent: two calls are two records. */
  add(member: Subject, points: number, reason: string, urgency: Urgency): Promise<AddResult>;
  /** All records of a member, revoked ones too. */
  read(member: Subject, urgency: Urgency): Promise<ReadResult>;
  revoke(record: string, urgency: Urgency): Promise<RevokeResult>;
}
