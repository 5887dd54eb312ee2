import { isAccountId } from './account-id.ts';
import { type Identifier, parseIdentifier } from './identifier.ts';

/** A Sonoran account, as somebody names it. */
export type AccountReference =
  | { readonly by: 'account'; readonly value: string }
  | { readonly by: 'username'; readonly value: string }
  | { readonly by: 'unique'; readonly value: number };

/** Whom an action is about, as typed or passed. */
export type Target =
  | { readonly form: 'player'; readonly id: number }
  | { readonly form: 'identifier'; readonly identifier: Identifier }
  /** Whoever an earlier action was about. */
  | { readonly form: 'action'; readonly id: string }
  | { readonly form: 'account'; readonly account: AccountReference };

/** FXServer's player ids are 16 bits wide; whoever has not joined yet has one above that, `0x10000 + n`. */
const FIRST_TEMPORARY_ID = 0x1_0000;
/** Natives read ids as 32-bit numbers. */
const MAX_PLAYER_ID = 0x7fff_ffff;
/** As `newActionId` in main.ts makes them. */
const ACTION_ID = /^[0-9a-f]{10}$/i;

/** Whether a server id is that of somebody who is still on the way in. They get another one when they join. */
export function isTemporaryId(id: number): boolean {
  return id >= FIRST_TEMPORARY_ID;
}

/**
 * Reads a target: a server id (`12`; also the temporary one of somebody who connects), an identifier (`license:…`), `account:<uuid>`,
 * `username:<name>` or `unique:<number>`, or an earlier action by its id (ten hex digits, never a server id).
 *
 * @returns undefined when it is none of these.
 */
export function parseTarget(text: string): Target | undefined {
  const word = text.trim();
  if (ACTION_ID.test(word)) return { form: 'action', id: word.toLowerCase() };
  if (/^[0-9]{1,9}$/.test(word)) {
    const id = Number(word);
    return id >= 1 && id <= MAX_PLAYER_ID ? { form: 'player', id } : undefined;
  }
  const account = parseAccount(word);
  if (account) return { form: 'account', account };
  const identifier = parseIdentifier(word);
  return identifier && { form: 'identifier', identifier };
}

/** An account reference as it is typed: `account:<uuid>`, `username:<name>` or `unique:<number>`. */
export function formatAccount({ by, value }: AccountReference): string {
  return `${by}:${value}`;
}

/** The id in `account:<uuid>`; null for every other way to name an account, and for none. */
export function accountIdOf(formatted: string | null): string | null {
  const account = formatted === null ? undefined : parseAccount(formatted);
  return account?.by === 'account' ? account.value : null;
}

/** Reads an account reference as it is typed. */
export function parseAccount(word: string): AccountReference | undefined {
  const colon = word.indexOf(':');
  const value = word.slice(colon + 1).trim();
  switch (colon < 0 ? '' : word.slice(0, colon).toLowerCase()) {
    case 'account': {
      const uuid = value.toLowerCase();
      return isAccountId(uuid) ? { by: 'account', value: uuid } : undefined;
    }
    case 'username':
      return /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]{1,64}$/u.test(value) ? { by: 'username', value } : undefined;
    case 'unique':
      return /^[0-9]{1,15}$/.test(value) ? { by: 'unique', value: Number(value) } : undefined;
    default:
      return undefined;
  }
}
