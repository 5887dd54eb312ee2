import type { Subject } from '../identity/subject.ts';
import type { ProductApi } from '../moderation/product-api.ts';

/**
 * Told of a name that an answer has shown to be linked.
 *
 * @param keys those of the account, as far as the answer has told them, see `identity/ban-key.ts`.
 */
export type OnFound = (subject: Subject, keys: readonly string[]) => void;

/** The same API, which tells of every name that turns out to be linked, whoever asked and for what. */
export function tellingFound(api: ProductApi, found: OnFound): ProductApi {
  return {
    ...api,
    async sanction(kind, subject) {
      const result = await api.sanction(kind, subject);
      // After a kick nobody goes by that name any more.
      if (result.kind === 'done' && kind !== 'kick') found(subject, []);
      return result;
    },
    async isLinked(subject) {
      const result = await api.isLinked(subject);
      if (result.kind === 'linked') found(subject, []);
      return result;
    },
    async lookup(subject, urgency) {
      const result = await api.lookup(subject, urgency);
      if (result.kind === 'found') found(subject, result.account.keys);
      return result;
    },
  };
}
