import type { Subject } from '../../server/identity/subject.ts';
import type { ActionKind, Product } from '../../server/moderation/action.ts';
import type { ProductInUse } from '../../server/moderation/plan.ts';
import type {
  AccountList,
  BannedList,
  LinkResult,
  LookupResult,
  ProductApi,
  SanctionResult,
} from '../../server/moderation/product-api.ts';

/** One call to the scripted API, which a test answers when it likes. */
export interface Call {
  readonly kind: ActionKind;
  readonly subject: Subject;
  readonly answer: (result: SanctionResult) => void;
  readonly fail: (error: unknown) => void;
}

/** An API whose every call waits for the test, or is answered by rule. */
export interface ScriptedApi extends ProductApi {
  /** All calls so far, oldest first. */
  readonly calls: Call[];
  /** Calls that were not answered yet. */
  open(): number;
  /** The most that were under way at a time since it answers by rule. */
  most(): number;
  /** From now on, answers at once, or when the rule says so. */
  answerWith(rule: (kind: ActionKind, subject: Subject) => SanctionResult | Promise<SanctionResult>): void;
}

export const DONE: SanctionResult = { kind: 'done', account: null };
export const NOT_LINKED: SanctionResult = { kind: 'not-linked' };
export const LIMITED: SanctionResult = { kind: 'limited', waitMs: null };
export const BAD_CREDENTIALS: SanctionResult = { kind: 'bad-credentials', words: 'INVALID API KEY' };
export const NOT_ENABLED: SanctionResult = { kind: 'not-enabled', words: 'NOT ENABLED' };
export const UNREACHABLE: SanctionResult & { readonly kind: 'try-again' } = {
  kind: 'try-again',
  detail: 'could not connect',
  waitMs: null,
  mayHaveHappened: false,
};
export const LOST: SanctionResult = {
  ...UNREACHABLE,
  detail: 'no answer within 10 s',
  mayHaveHappened: true,
};

/** A list that a community does not have. */
export const NO_LIST: BannedList = { pageSize: 100, read: async () => ({ kind: 'unavailable' }) };

/** The same of all accounts. */
export const NO_ACCOUNTS: AccountList = { read: async () => ({ kind: 'unavailable' }) };

/** CMS can do all but lift a ban; CAD can do all but find a name. */
export function scriptedApi(
  product: Product = 'cad',
  lookup?: (subject: Subject) => LookupResult,
  linked?: (subject: Subject) => LinkResult | Promise<LinkResult>,
): ScriptedApi {
  const calls: Call[] = [];
  let open = 0;
  let most = 0;
  let rule: Parameters<ScriptedApi['answerWith']>[0] | undefined;
  return {
    product,
    name: product === 'cms' ? 'CMS v1' : 'CAD v2',
    kinds: new Set<ActionKind>(product === 'cms' ? ['ban', 'kick'] : ['ban', 'kick', 'unban']),
    sanctionFields: new Set(
      product === 'cms'
        ? (['apiId', 'discord', 'account', 'username', 'unique'] as const)
        : (['apiId', 'discord', 'account'] as const),
    ),
    lookupFields: new Set(['apiId', 'discord', 'account', 'username'] as const),
    calls,
    open: () => open,
    most: () => most,
    answerWith(next) {
      rule = next;
      most = 0;
    },
    async sanction(kind, subject) {
      const { promise, resolve, reject } = Promise.withResolvers<SanctionResult>();
      calls.push({ kind, subject, answer: resolve, fail: reject });
      if (rule) resolve(rule(kind, subject));
      open++;
      most = Math.max(most, open);
      try {
        return await promise;
      } finally {
        open--;
      }
    },
    isLinked: async (subject) => linked?.(subject) ?? { kind: 'unknown' },
    asksLinks: linked !== undefined,
    bannedList: NO_LIST,
    accountList: NO_ACCOUNTS,
    lookup: async (subject) => lookup?.(subject) ?? { kind: 'not-linked' },
  };
}

/** A product in use with such an API. */
export function inUse(api: ProductApi): ProductInUse {
  return {
    api,
    rules: { types: ['steam', 'discord', 'license'], format: 'value', discordField: true },
  };
}
