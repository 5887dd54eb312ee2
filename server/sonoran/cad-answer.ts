import * as v from 'valibot';

/** `status` of an account that is banned; the others are pending, validated, expired and removed. */
export const CAD_BANNED = 4;

/** `status` of an account that can be used, and is not banned. */
export const CAD_VALIDATED = 1;

/** A page of accounts, in both versions. */
export const CadListAnswer = v.object({
  pagination: v.object({ total: v.number() }),
  accounts: v.array(v.unknown()),
});
