import { formatIdentifier } from '../identity/identifier.ts';
import { formatAccount, type Target } from '../identity/target.ts';
import { cleanText } from '../text/clean.ts';
import type { MessageKey, Say } from '../text/locale.ts';
import { moment } from '../text/time.ts';
import type {
  Action,
  ActionKind,
  Code,
  Delivery,
  DeliveryRefusalCode,
  Origin,
  Person,
  Product,
  QueuedCode,
  RefusalCode,
} from './action.ts';
import { isQueued, isSettled } from './action.ts';
import { askedInShort } from './asked.ts';
import { asTold, isDoorOnly, isHeldHere, type UnlinkedRule } from './conclude.ts';
import { isDropDue } from './drop-rule.ts';
import { isLiftedIn } from './lift.ts';
import { isServedHere, isTakenBack } from './served.ts';

/** How one product's share of an action stands. Plain data. */
export interface ProductOutcome {
  status: 'delivered' | 'queued' | 'refused';
  code: Code;
  /** A sentence for people. */
  message: string;
  /** The API ID (or other name) by which the account was found. */
  apiId?: string;
  /** Sonoran's id of the account, when it told us. */
  account?: string;
  /** When it is tried next, in Unix milliseconds; only while queued. */
  nextTryAt?: number;
}

/**
 * The answer to a ban, kick or unban. Plain data that crosses to other resources unchanged: no
 * undefined, no class, no function.
 */
export interface Outcome {
  id: string;
  action: ActionKind;
  /**
   * `delivered`: at least one product confirmed and none is pending, or only the door here can hold it and does.
   * `queued`: something is pending. `refused`: nothing was, or ever will be, delivered.
   */
  status: 'delivered' | 'queued' | 'refused';
  code: Code;
  /** A sentence or two for people. */
  message: string;
  target: { name: string | null; identifiers: string[]; account: string | null };
  reason: string;
  author: string;
  origin: Origin;
  /** When it was decided, in Unix milliseconds. */
  at: number;
  /** When a temporary ban ends, in Unix milliseconds; null for everything else. */
  until: number | null;
  /** Whether a connected player was dropped. */
  dropped: boolean;
  /** The server on which it was decided (`cmsban_server_name`); null when it has no name. */
  server: string | null;
  /** Set when the same decision was there already: then this is its answer. */
  again?: true;
  products: { cms?: ProductOutcome; cad?: ProductOutcome };
}

/** What is common to every answer, known before anything is decided. */
export interface RequestFacts {
  readonly id: string;
  readonly kind: ActionKind;
  readonly reason: string;
  readonly author: string;
  readonly origin: Origin;
  readonly server: string | null;
  readonly at: number;
}

/** The code that says most, of those that products were refused with. */
const TELLING: readonly DeliveryRefusalCode[] = [
  // What was taken back has come to that, whatever another product had said.
  'CANCELLED',
  'BAD_CREDENTIALS',
  'REFUSED',
  'EXPIRED',
  'NOT_LINKED',
  'NO_IDENTIFIER',
  'UNSUPPORTED',
];

/** What is told of what several products wait for. */
const WORST_FIRST: readonly QueuedCode[] = ['BAD_CREDENTIALS', 'REFUSED', 'QUEUED', 'NOT_LINKED'];

/** What the person, or whoever names the account, can do something about. */
const LINKABLE: ReadonlySet<Code> = new Set(['NOT_LINKED', 'NO_IDENTIFIER']);

/** Whether somebody is on the server in this moment. */
export type IsHere = (person: Person) => boolean;

/** What it takes, besides an action, to tell how that stands. */
export interface OutcomeOptions {
  readonly say: Say;
  readonly isHere: IsHere;
  readonly unlinked: UnlinkedRule;
  /** Whether the door of this server refuses those with a ban in force (`cmsban_join_gate`). */
  readonly joinGate: boolean;
}

/**
 * The answer to an action as it stands now.
 *
 * @param isDropTold whoever reads it has read before that the player was dropped: that is not said again.
 */
export function outcomeOf(stored: Action, options: OutcomeOptions, isDropTold = false): Outcome {
  const { say, unlinked } = options;
  const action = asTold(stored, unlinked);
  const products: Outcome['products'] = {};
  for (const delivery of action.deliveries)
    products[delivery.product] = productOutcome(action, delivery, say);
  const { status, code } = verdictOf(action);
  return {
    id: action.id,
    action: action.kind,
    status,
    code,
    message: messageOf(action, status, options, isDropTold),
    target: {
      name: action.person.name,
      identifiers: [...action.person.identifiers],
      account: action.person.account,
    },
    reason: action.reason,
    author: action.author.name,
    origin: action.origin,
    at: action.at,
    until: action.expiresAt,
    server: action.server,
    dropped: action.dropped,
    products,
  };
}

/** The answer to a request that never became an action. */
export function refusal(
  facts: RequestFacts,
  code: RefusalCode,
  message: string,
  target: Target | undefined,
): Outcome {
  return {
    id: facts.id,
    action: facts.kind,
    status: 'refused',
    code,
    message,
    target: {
      name: null,
      identifiers: target?.form === 'identifier' ? [formatIdentifier(target.identifier)] : [],
      account: target?.form === 'account' ? formatAccount(target.account) : null,
    },
    reason: facts.reason,
    author: facts.author,
    origin: facts.origin,
    at: facts.at,
    until: null,
    server: facts.server,
    dropped: false,
    products: {},
  };
}

/** Longest name of a person in a message, in characters: an identifier fits. */
const MAX_SHOWN = 80;

/** How a person is called in messages: by name and server id, else by what is known. */
export function displayName({ name, playerId, identifiers, account }: Action['person']): string {
  const known = cleanText(name ?? account ?? identifiers[0] ?? '?', MAX_SHOWN);
  return playerId === null ? known : `${known} (${playerId})`;
}

/** Who has decided it; and where, if that was one of several servers and has a name. */
export function decidedBy({ author, server, serverId }: Action, say: Say): string {
  return server === null || serverId === null
    ? author.name
    : say('decided.by', { author: author.name, server });
}

/** What has become of a ban: it counts, has counted, was taken back before anybody had it, or never counted. */
export type BanState = 'inForce' | 'ended' | 'takenBack' | 'refused';

export function banStateOf(ban: Action): BanState {
  const { inForce, served, deliveries } = ban;
  if (inForce) return 'inForce';
  if (isTakenBack(ban)) return 'takenBack';
  // One that nobody took has never counted; one that was given up has.
  const hasCounted = ({ state }: Delivery) => state.status !== 'refused' || state.code === 'EXPIRED';
  return served || isDoorOnly(ban) || deliveries.some(hasCounted) ? 'ended' : 'refused';
}

/** An action's status and code, without the words. */
export function verdictOf(action: Action): Pick<Outcome, 'status' | 'code'> {
  const status = statusOf(action);
  return { status, code: codeOf(action, status) };
}

function statusOf(action: Action): Outcome['status'] {
  if (!isSettled(action)) return 'queued';
  if (action.deliveries.some(({ state }) => state.status === 'delivered')) return 'delivered';
  const isHeld = isDoorOnly(action) || (isServedHere(action) && !isTakenBack(action));
  return isHeld || action.ended.length > 0 ? 'delivered' : 'refused';
}

function codeOf(action: Action, status: Outcome['status']): Code {
  if (status === 'delivered') return 'OK';
  if (status === 'queued') {
    const waits = action.deliveries.map(({ state }) => (state.status === 'queued' ? state.code : undefined));
    return WORST_FIRST.find((code) => waits.includes(code)) ?? 'QUEUED';
  }
  const codes = action.deliveries.map(({ state }) => (state.status === 'refused' ? state.code : undefined));
  return TELLING.find((code) => codes.includes(code)) ?? 'REFUSED';
}

function messageOf(
  action: Action,
  status: Outcome['status'],
  options: OutcomeOptions,
  isDropTold: boolean,
): string {
  const { say, isHere } = options;
  const name = displayName(action.person);
  const confirmed = action.deliveries.filter(({ state }) => state.status === 'delivered');
  const held = confirmed.filter(({ product }) => !isLiftedIn(action, product));
  // Of a ban that was lifted wherever it was made, it is told where that was.
  const done = held.length > 0 ? held : confirmed;
  const others = action.deliveries.filter((delivery) => !done.includes(delivery));
  const products = done.map(({ product }) => productName(product, say)).join(say('list.and'));
  const sentences = [
    say(headlineOf(action, status, done.length > 0), { name, products, until: until(action) }),
    ...doorWords(action, done.length > 0, options),
  ];
  if (status === 'queued' && done.length > 0) sentences.push(say('also.delivered', { products }));
  for (const delivery of others) {
    sentences.push(
      say('share', {
        product: productName(delivery.product, say),
        message: shareMessage(action, delivery, say),
      }),
    );
  }
  // A lift that ended something here needs nothing of an account that was never banned.
  const isLifted = action.kind === 'unban' && status === 'delivered';
  const isOver = isLifted || isServedHere(action) || isTakenBack(action);
  if (!isOver && others.some(({ state }) => state.status === 'refused' && LINKABLE.has(state.code))) {
    sentences.push(say('advice.NOT_LINKED'));
  }
  if (action.dropped) {
    if (!isDropTold) sentences.push(say('dropped'));
  } else if (
    !isDropDue(action) &&
    action.origin !== 'txadmin' &&
    action.kind !== 'unban' &&
    isHere(action.person)
  ) {
    sentences.push(say('stays'));
  } else if (isDropDue(action) && action.kind === 'kick' && action.person.account !== null) {
    sentences.push(say('nobodyDropped'));
  }
  return sentences.join(' ');
}

/** What a ban in force comes to at the door, and when it ends. That one for good is done needs no more words. */
function doorWords(
  action: Action,
  isConfirmed: boolean,
  { say, joinGate }: Pick<OutcomeOptions, 'say' | 'joinGate'>,
): readonly string[] {
  const { inForce, expiresAt, person, holder, deliveries } = action;
  const isDone = isConfirmed && !deliveries.some(isQueued);
  if (!inForce || (isDone && expiresAt === null)) return [];
  // By a name alone the door recognises nobody.
  const isKnownThere = isConfirmed || person.identifiers.length + holder.length > 0;
  if (joinGate && isKnownThere) {
    return [expiresAt === null ? say('keptOut') : say('keptOut.until', { until: until(action) })];
  }
  return [
    ...(expiresAt === null ? [] : [say('ends', { until: until(action) })]),
    ...(joinGate || isDone ? [] : [say('gateOff')]),
  ];
}

function headlineOf(action: Action, status: Outcome['status'], isConfirmed: boolean): MessageKey {
  const { kind, isOfOneBan, inForce } = action;
  if (isServedHere(action)) return 'served.ban';
  if (isTakenBack(action)) return 'takenBack.ban';
  if (kind === 'ban' && banStateOf(action) === 'ended') return isConfirmed ? 'over.ban.made' : 'over.ban';
  if (action.deliveries.some(isElsewhere)) return `elsewhere.${kind}`;
  if (kind === 'unban' && status === 'refused' && action.deliveries.length === 0) return 'nothing.unban';
  if (kind === 'ban' && isHeldHere(action)) return isDoorOnly(action) ? 'held.ban' : 'kept.ban';
  if (kind === 'ban' && status === 'refused' && inForce) return 'givenUp.ban';
  if (kind === 'unban' && status === 'delivered' && !isConfirmed) {
    return isOfOneBan ? 'ended.unban.one' : 'ended.unban';
  }
  return `${status}.${kind}`;
}

/** Another server sees to it. */
function isElsewhere({ state }: Delivery): boolean {
  return state.status === 'refused' && state.isElsewhere === true;
}

/** When a temporary ban ends, as people read it; empty for everything else. */
function until({ expiresAt }: Action): string {
  return expiresAt === null ? '' : moment(expiresAt);
}

function productOutcome(action: Action, delivery: Delivery, say: Say): ProductOutcome {
  const { state } = delivery;
  const message = shareMessage(action, delivery, say);
  switch (state.status) {
    case 'delivered':
      return {
        status: 'delivered',
        code: 'OK',
        message,
        ...(state.apiId === null ? {} : { apiId: state.apiId }),
        ...(state.account === null ? {} : { account: state.account }),
      };
    case 'queued':
      return {
        status: 'queued',
        code: state.code,
        message,
        ...(state.nextTryAt === null ? {} : { nextTryAt: state.nextTryAt }),
      };
    case 'refused':
      return { status: 'refused', code: state.code, message };
  }
}

function shareMessage(action: Action, delivery: Delivery, say: Say): string {
  const { state } = delivery;
  switch (state.status) {
    case 'delivered':
      return say(isLiftedIn(action, delivery.product) ? 'share.OK.lifted' : 'share.OK');
    case 'queued':
      if (state.code === 'NOT_LINKED' && delivery.subjects.length === 0) {
        return say('share.HELD.NO_IDENTIFIER', { name: displayName(action.person), detail: state.detail });
      }
      if (state.code !== 'QUEUED')
        return say(`share.HELD.${state.code}`, { detail: state.detail, asked: askedInShort(delivery) });
      return state.detail === '' ? say('share.QUEUED') : say('share.QUEUED.detail', { detail: state.detail });
    case 'refused': {
      if (state.code === 'NOT_LINKED' && delivery.subjects.length === 0) {
        return say('share.NO_IDENTIFIER', { name: displayName(action.person), detail: state.detail });
      }
      if (state.isElsewhere) return state.detail;
      // A call whose answer was lost may have worked.
      const mayBeHeard = state.code === 'CANCELLED' && delivery.unanswered !== null;
      return say(mayBeHeard ? 'share.CANCELLED.heard' : `share.${state.code}`, {
        name: displayName(action.person),
        detail: state.detail,
        asked: askedInShort(delivery),
      });
    }
  }
}

/** A product as people call it. */
export function productName(product: Product, say: Say): string {
  return say(`product.${product}`);
}
