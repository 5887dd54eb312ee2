import { identifiersOfKeys } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { Say } from '../text/locale.ts';
import type { Code, Product } from './action.ts';
import { askedInFull } from './asked.ts';
import type { Holders } from './holders.ts';
import { type FindKnownBan, knownBanWords } from './known-ban.ts';
import { displayName, productName } from './outcome.ts';
import { type FoundPerson, subjectableOf } from './person.ts';
import { type ProductInUse, subjectsFor } from './plan.ts';
import type { Account, LookupResult } from './product-api.ts';
import { learnFrom } from './proof.ts';
import { identifiersInFull, type Ties } from './ties.ts';

/** What one product knows of a person. Plain data. */
export interface ProductLookup {
  status: 'found' | 'refused';
  code: Code;
  /** A sentence for people. */
  message: string;
  /** The API ID (or other name) by which the account was found. */
  apiId?: string;
  account?: { id: string | null; name: string | null };
  /** Null when the product does not tell, or could not be asked. */
  banned: boolean | null;
  /** What this server's own ban list says, without asking. */
  mirror: { banned: boolean | null; since: number | null; stale: boolean };
}

/** The answer to a look-up. Plain data that crosses to other resources unchanged. */
export interface Lookup {
  code: Code;
  message: string;
  target: { name: string | null; identifiers: string[]; account: string | null };
  products: { cms?: ProductLookup; cad?: ProductLookup };
}

/** A look-up of somebody who could not be told or found. */
export function noLookup(code: Code, message: string): Lookup {
  return { code, message, target: { name: null, identifiers: [], account: null }, products: {} };
}

/** What a look-up is made from. */
export interface LookUpOptions {
  /** Those in use at the moment. */
  readonly products: () => readonly ProductInUse[];
  /** What the products' lists say. */
  readonly known: FindKnownBan;
  /** Tell what else is known to be theirs, and are taught what the answers prove. */
  readonly ties: Ties;
  /** Are told who seems to hold an account that was found. */
  readonly holders: Pick<Holders, 'found'>;
  /** Resolves when what is stored has been read: it, too, tells what is theirs. */
  readonly ready: Promise<void>;
  readonly say: Say;
}

/**
 * Asks every product in use, by the names that a decision would go by, which account this is, and whether it is banned;
 * says beside it what is known here, and by what it has asked.
 */
export async function lookUp(who: FoundPerson, options: LookUpOptions): Promise<Lookup> {
  const { known, ties, holders, say } = options;
  const { person } = who;
  const found = await subjectableOf(who, options.products());
  await options.ready;
  const subjectable = { ...found, identifiers: identifiersInFull(person, ties) };
  const products = options.products();
  if (products.length === 0) return noLookup('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
  const answers = await Promise.all(
    products.map(async (product): Promise<[Product, ProductLookup]> => {
      const subjects = subjectsFor(product, subjectable);
      const { asked, found, live } = await lookUpIn(product, subjects, displayName(person), say);
      if (found) {
        const { id, keys } = found.account;
        learnFrom(found.account, found.subject, person, ties);
        if (id !== null) {
          holders.found(id, [...person.identifiers, ...identifiersOfKeys(keys, product.rules.types)]);
        }
      }
      const mirror = known(product.api.product, person);
      const { banned, since, stale } = mirror;
      const message = [
        live.message,
        say('lookup.mirror', { known: knownBanWords(mirror, say) }),
        ...(asked.length === 0 ? [] : [say('lookup.asked', { asked: askedInFull(asked, say) })]),
      ].join(' ');
      return [product.api.product, { ...live, message, mirror: { banned, since, stale } }];
    }),
  );
  const message = say('lookup.result', {
    name: displayName(person),
    products: answers.map(([, { message }]) => message).join(' '),
  });
  const failed = answers.find(([, { status }]) => status !== 'found')?.[1].code ?? 'OK';
  return {
    code: answers.some(([, { status }]) => status === 'found') ? 'OK' : failed,
    message,
    target: { name: person.name, identifiers: [...person.identifiers], account: person.account },
    products: Object.fromEntries(answers),
  };
}

type Live = Omit<ProductLookup, 'mirror'>;

/** What one product has answered, and by what it was asked. */
interface Answer {
  readonly live: Live;
  readonly asked: readonly Subject[];
  readonly found?: { readonly account: Account; readonly subject: Subject };
}

async function lookUpIn(
  { api, rules }: ProductInUse,
  subjects: readonly Subject[],
  name: string,
  say: Say,
): Promise<Answer> {
  const product = productName(api.product, say);
  const asked: Subject[] = [];
  const other = (code: Code, message: string): Answer => {
    const said = say('lookup.other', { product, message });
    return { live: { status: 'refused', code, message: said, banned: null }, asked };
  };
  if (subjects.length === 0) {
    return other('NO_IDENTIFIER', say('share.NO_IDENTIFIER', { name, detail: rules.types.join(', ') }));
  }
  /** By Discord nobody can be asked for on a small plan, where an API ID still can. */
  let lacking: Answer | undefined;
  for (const subject of subjects) {
    if (!api.lookupFields.has(subject.by)) {
      return other('UNSUPPORTED', say('unsupported.lookupField', { field: subject.by }));
    }
    asked.push(subject);
    const result: LookupResult = await api.lookup(subject, 'person');
    switch (result.kind) {
      case 'found':
        return {
          live: foundLive(result.account, subject, product, say),
          asked,
          found: { account: result.account, subject },
        };
      case 'not-linked':
        continue;
      case 'bad-credentials':
        return other('BAD_CREDENTIALS', say('share.BAD_CREDENTIALS', { detail: result.words }));
      case 'not-enabled':
        lacking = other('REFUSED', say('share.REFUSED', { detail: result.words }));
        if (subject.by === 'discord') continue;
        return lacking;
      case 'refused':
        return other('REFUSED', say('share.REFUSED', { detail: result.words }));
      case 'limited':
        return other('EXPIRED', say('lookup.failed', { detail: say('http.busy') }));
      case 'try-again':
        return other('EXPIRED', say('lookup.failed', { detail: result.detail }));
    }
  }
  if (lacking) return lacking;
  const message = say('lookup.NOT_LINKED', { product });
  return { live: { status: 'refused', code: 'NOT_LINKED', message, banned: false }, asked };
}

function foundLive(account: Account, subject: Subject, product: string, say: Say): Live {
  const { id, name, banned } = account;
  return {
    status: 'found',
    code: 'OK',
    message: say('lookup.found', {
      product,
      account: accountName(account, say),
      banned: bannedWords(banned, say),
    }),
    apiId: String(subject.value),
    account: { id, name },
    banned,
  };
}

function accountName({ id, name }: Account, say: Say): string {
  return name !== null && id !== null ? say('lookup.account', { name, id }) : (name ?? id ?? '?');
}

function bannedWords(banned: boolean | null, say: Say): string {
  if (banned === null) return say('lookup.banned.unknown');
  return say(banned ? 'lookup.banned.yes' : 'lookup.banned.no');
}
