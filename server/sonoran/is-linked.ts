import type { LinkResult, LookupResult } from '../moderation/product-api.ts';

/** What a look-up says about a name being linked. */
export function isLinkedBy(result: LookupResult): LinkResult {
  switch (result.kind) {
    case 'found':
      return { kind: 'linked' };
    case 'not-enabled':
    case 'refused':
      return { kind: 'unknown' };
    // A look-up changes nothing, whatever became of it.
    case 'try-again':
      return { ...result, mayHaveHappened: false };
    default:
      return result;
  }
}
