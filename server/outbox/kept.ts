import type { Clock } from '../clock.ts';
import { parseIdentifiers } from '../identity/identifier.ts';
import { type Subject, subjectsOf } from '../identity/subject.ts';
import { type Action, deliveryOf, isKept, type Product } from '../moderation/action.ts';
import { productName } from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import { type AccountSearch, createAccountSearch, type SearchTrouble } from './account-search.ts';
import { HeardLinks } from './heard-links.ts';
import { distinct, KeptIndex } from './kept-index.ts';
import { identifiersIn, namesOf, subjectOfKey } from './told-names.ts';

/** How often it is asked about the same person who tries to come in, in milliseconds. */
const TRY_MS = 60_000;

/** The shares that wait until their person links an account, and the ways in which it is learned that they have. */
export interface Kept {
  /** To be told whenever a share of an action may have begun to wait, or does no longer; the ledger says how it stands. */
  watch(action: Pick<Action, 'id'>): void;
  /** An account goes by these keys, see `identity/ban-key.ts`, in a product that has told so. */
  told(product: Product, keys: readonly string[]): void;
  /**
   * The vendor's CAD resource has seen somebody link an account.
   *
   * @param apiId as that resource stores it: an identifier, most often without its type.
   * @param account Sonoran's id; null when it is not known.
   */
  verified(apiId: string, account: string | null): void;
  /** Somebody with these identifiers, `type:value`, tries to come in. */
  tried(identifiers: readonly string[]): void;
  /** To be told when a product can be reached otherwise than before. */
  renewed(product: Product): void;
}

/** Asks in the background who goes by a name in a product. Neither is called when there is no answer. */
export type AskInBackground = (
  product: Product,
  subject: Subject,
  found: () => void,
  notLinked: () => void,
) => void;

/** What they are made of. */
export interface KeptOptions {
  readonly lines: readonly Pick<Line, 'product' | 'awaiting' | 'onFound'>[];
  readonly ledger: Pick<Ledger, 'byId'>;
  readonly ties: Ties;
  /** Lets a share go out that waits, under this name first. No effect when it does not wait any more. */
  readonly linked: (actionId: string, product: Product, subject: Subject) => void;
  readonly ask: AskInBackground;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Waits → goes out, when a link is told (push events, the vendor's CAD resource), met in any answer, found when the
 * person tries to come in, or met in the list of all accounts, which is read at a slow pace. Who turns out not to be
 * linked after all is watched anew.
 */
export function createKept(options: KeptOptions): Kept {
  const { ledger, ties, clock, log, say } = options;
  const index = new KeptIndex();
  const lineOf = new Map(options.lines.map((line) => [line.product.api.product, line]));
  const searches = new Map<Product, AccountSearch>();
  /** By question at the door, when it was asked last, on `elapsed`; oldest first. */
  const tries = new Map<string, number>();
  const heard = new HeardLinks(() => clock.now());

  for (const line of options.lines) {
    const { api, rules } = line.product;
    const { product } = api;
    line.onFound((subject, keys) => {
      link(product, subject, 'verbatim');
      for (const name of keyNames(product, keys)) link(product, name, 'own');
    });
    searches.set(
      product,
      createAccountSearch({
        list: api.accountList,
        clock,
        isWanted: () => line.awaiting() === undefined && isAwaited(product),
        onPage(accounts) {
          for (const account of accounts) {
            for (const subject of namesOf(account, rules)) link(product, subject, 'verbatim');
          }
        },
        onTrouble: (trouble) => explain(product, trouble),
        onBug: (error) => log.bug('account-search', error),
      }),
    );
  }

  function explain(product: Product, trouble: SearchTrouble): void {
    const words = { product: productName(product, say), detail: detailOf(trouble) };
    const isOver = trouble.kind === 'unavailable' || trouble.kind === 'not-enabled';
    log.debug(say(isOver ? 'kept.noList' : 'kept.listFailed', words));
  }

  function detailOf(trouble: SearchTrouble): string {
    if ('words' in trouble) return trouble.words;
    if ('detail' in trouble) return trouble.detail;
    return say(trouble.kind === 'limited' ? 'delivery.limited' : 'list.none');
  }

  function waysOf({ person }: Action, product: Product): readonly Subject[] {
    const line = lineOf.get(product);
    return line ? subjectsOf(parseIdentifiers(person.identifiers), line.product.rules, undefined) : [];
  }

  function takeIn(actionId: string): Action | undefined {
    const action = ledger.byId(actionId);
    if (action) index.put(action, (product) => waysOf(action, product));
    else index.remove(actionId);
    return action;
  }

  function watch({ id }: Pick<Action, 'id'>): void {
    const action = takeIn(id);
    for (const { product } of action?.deliveries.filter(isKept) ?? []) {
      searches.get(product)?.wake();
      if (!heard.isEmpty) queueMicrotask(() => recall(id, product));
    }
  }

  /** A link that was told while the share was still being asked for. */
  function recall(actionId: string, product: Product): void {
    const action = ledger.byId(actionId);
    const own = action && heard.take(product, action.at, (name) => ownName(actionId, product, name));
    if (own) goOut(actionId, product, own);
  }

  /** Whether a link by this name makes a share go out as soon as it is told. */
  function isAwaitedBy(product: Product, name: Subject): boolean {
    return index.find(product, name).some(({ actionId }) => isWaiting(actionId, product));
  }

  function ownName(actionId: string, product: Product, name: Subject): Subject | undefined {
    return index.find(product, name).find((share) => share.actionId === actionId)?.own;
  }

  /** Whether the share still waits: it may have been taken back, and nobody is to walk through all for that. */
  function isWaiting(actionId: string, product: Product): boolean {
    const action = ledger.byId(actionId);
    const delivery = action && deliveryOf(action, product);
    if (delivery && isKept(delivery)) return true;
    takeIn(actionId);
    return false;
  }

  function isAwaited(product: Product): boolean {
    for (let id = index.first(product); id !== undefined; id = index.first(product)) {
      if (isWaiting(id, product)) return true;
    }
    return false;
  }

  function goOut(actionId: string, product: Product, subject: Subject): void {
    if (isWaiting(actionId, product)) options.linked(actionId, product, subject);
  }

  /** @param how the name goes out: as Sonoran has told it, or as it stands in the share. */
  function link(product: Product, subject: Subject, how: 'verbatim' | 'own'): void {
    if (index.isEmpty) return;
    for (const { actionId, own } of index.find(product, subject)) {
      goOut(actionId, product, how === 'own' ? own : subject);
    }
  }

  /** Keys have lost the case in which Sonoran knows them: they find a share, and it goes out by its own name. */
  function keyNames(product: Product, keys: readonly string[]): readonly Subject[] {
    const line = lineOf.get(product);
    return line ? keys.map((key) => subjectOfKey(key, line.product.rules)) : [];
  }

  /** Whoever knocks all the time does not use up the look-ups of others. */
  function isDue(product: Product, { by, value }: Subject): boolean {
    const now = clock.elapsed();
    for (const [old, at] of tries) {
      if (now - at < TRY_MS) break;
      tries.delete(old);
    }
    const question = `${product} ${by} ${value}`;
    const isDue = !tries.has(question);
    if (isDue) tries.set(question, now);
    return isDue;
  }

  /** Asks by one name after the other; the first that is linked is the account. */
  function ask(product: Product, [subject, ...others]: readonly Subject[], ids: readonly string[]): void {
    if (!subject) return;
    const found = () => {
      for (const id of ids) goOut(id, product, subject);
    };
    options.ask(product, subject, found, () => ask(product, others, ids));
  }

  return {
    watch,
    told(product, keys) {
      const names = keyNames(product, keys);
      // What our own answers tell is not remembered: the call that it causes would tell it again.
      if (!names.some((name) => isAwaitedBy(product, name))) heard.add(product, names);
      for (const name of names) link(product, name, 'own');
    },
    verified(apiId, account) {
      const identifiers = identifiersIn(apiId);
      if (account !== null) ties.learn(account, identifiers);
      const subject: Subject = { by: 'apiId', value: apiId };
      if (!isAwaitedBy('cad', subject)) heard.add('cad', [subject]);
      if (index.isEmpty) return;
      link('cad', subject, 'verbatim');
      // It is proof of who that is, so whoever is known to be the same person is meant.
      for (const id of index.about(ties.of(identifiers))) {
        if (index.ways(id, 'cad').length > 0) goOut(id, 'cad', subject);
      }
    },
    tried(identifiers) {
      if (index.isEmpty) return;
      const about = index.about(ties.of(identifiers));
      if (about.length === 0) return;
      for (const [product, { product: inUse }] of lineOf) {
        const ids = about.filter((id) => isWaiting(id, product));
        if (ids.length === 0) continue;
        const here = subjectsOf(parseIdentifiers(identifiers), inUse.rules, undefined);
        const names = distinct([...here, ...ids.flatMap((id) => index.ways(id, product))]).filter(({ by }) =>
          inUse.api.lookupFields.has(by),
        );
        // Where a small plan cannot be asked by Discord there is no answer, and nobody would be asked for after it.
        const inOrder = [
          ...names.filter(({ by }) => by !== 'discord'),
          ...names.filter(({ by }) => by === 'discord'),
        ];
        if (inOrder[0] && isDue(product, inOrder[0])) ask(product, inOrder, ids);
      }
    },
    renewed(product) {
      // Other types of identifiers may be API IDs now.
      for (const id of index.all()) takeIn(id);
      searches.get(product)?.renewed();
    },
  };
}
