import type { RecordedRequest } from '../../../devserver/sonoran/recorded-request.ts';
import { type ActionKind, PRODUCTS, type Product } from '../../../server/moderation/action.ts';
import { readActionRecord } from '../../../server/storage/action-record.ts';
import { type Evidence, historyAbout } from './evidence.ts';
import type { Term } from './journal.ts';
import type { Person } from './people.ts';

/** What lies between a look at the lease and the moment in which Sonoran has the call, on a busy machine, in milliseconds. */
const ON_THE_WIRE_MS = 120;

/** A call that took effect on somebody's account. */
interface EffectiveCall {
  readonly kind: ActionKind;
  readonly at: number;
  /** The term of the lease in which it was made; undefined when it was made in none. */
  readonly term: Term | undefined;
  /** Whether its answer told nothing. */
  readonly isLost: boolean;
}

/** No call without the lease, and nothing twice that is known to be done. */
export function judgeCalls(evidence: Evidence): string[] {
  const { people } = evidence;
  return [
    ...judgeTerms(evidence),
    ...PRODUCTS.flatMap((product) => judgeLease(evidence, product)),
    ...people.flatMap((person) =>
      PRODUCTS.flatMap((product) =>
        (['ban', 'unban', 'kick'] as const).flatMap((kind) => judgeEffects(evidence, person, product, kind)),
      ),
    ),
  ];
}

/** How long a server that ends in order may take to give the lease back, in milliseconds. */
const GIVES_BACK_MS = 1_000;

/** Nobody has the lease before that of another is over, or was given back. */
function judgeTerms({ community, journal }: Evidence): string[] {
  return journal.terms.flatMap(({ holder, from }, place) => {
    const before = journal.terms[place - 1];
    if (!before || before.holder === holder || before.freeFrom <= from) return [];
    // Given back and taken between two looks.
    const earlier = community.servers.find(({ name }) => name === before.holder);
    const isGivenBack = earlier?.outages.some(
      (outage) => outage.isInOrder && outage.from <= from && outage.from > from - GIVES_BACK_MS,
    );
    if (isGivenBack) return [];
    return [
      `${holder} was granted the lease ${before.freeFrom - from} ms before that of ${before.holder} was over`,
    ];
  });
}

function slackAt({ lag }: Evidence, at: number): number {
  return ON_THE_WIRE_MS + lag.before(at);
}

/** In which term a request was made by a server. */
function termOf(evidence: Evidence, request: RecordedRequest): Term | undefined {
  const { community, journal } = evidence;
  const sender = community.senderOf(request);
  const slack = slackAt(evidence, request.at);
  return journal.terms.findLast(
    ({ holder, from, to }) => holder === sender?.name && from <= request.at && request.at <= to + slack,
  );
}

function judgeLease(evidence: Evidence, product: Product): string[] {
  const { community, journal } = evidence;
  return community.sonoran[product].requests.flatMap((request, index) => {
    if (request.at < journal.from || termOf(evidence, request)) return [];
    const name = community.senderOf(request)?.name ?? 'nobody known';
    const last = journal.terms.findLast(({ holder, from }) => holder === name && from <= request.at);
    const since = last ? `${request.at - last.to} ms after its lease was over` : 'and never had the lease';
    return [`${name} made request ${index} to ${product} (${request.operation}) ${since}`];
  });
}

function callsAbout(evidence: Evidence, person: Person, product: Product): EffectiveCall[] {
  const { requests, effects } = evidence.community.sonoran[product];
  return effects.flatMap(({ accId, kind, requestIndex }) => {
    const request = requestIndex === undefined ? undefined : requests[requestIndex];
    if (!request || accId !== person.accounts[product]) return [];
    if (kind !== 'ban' && kind !== 'unban' && kind !== 'kick') return [];
    const isLost = request.response === undefined || request.response.status >= 500;
    return [{ kind, at: request.at, term: termOf(evidence, request), isLost }];
  });
}

function judgeEffects(evidence: Evidence, person: Person, product: Product, kind: ActionKind): string[] {
  const calls = callsAbout(evidence, person, product).filter((call) => call.kind === kind);
  if (calls.length === 0) return [];
  const actions = historyAbout(evidence, person).filter(({ action }) => action === kind);
  const terms = new Set(calls.map(({ term }) => term?.token));
  const lost = calls.filter(({ isLost }) => isLost).length;
  const what = `${kind} of ${person.name} in ${product}`;
  const complaints: string[] = [];
  // With each term that ends, one call may be one of which nobody knows any more what came of it.
  const most = actions.length + lost + terms.size - 1;
  if (calls.length > most)
    complaints.push(
      `${what}: took effect ${calls.length} times, for ${actions.length} decisions, ${lost} lost answers, and ${terms.size} terms`,
    );
  if (person.isContested) return complaints;
  for (const token of terms) {
    const within = calls.filter(({ term }) => term?.token === token);
    const unheard = within.filter(({ isLost }) => isLost).length;
    if (within.length > 1 + unheard)
      complaints.push(
        `${what}: took effect ${within.length} times in one term, with ${unheard} lost answers`,
      );
  }
  for (const { id } of actions) {
    const stored = deliveredAt(evidence, id, product);
    const again = calls.find(({ at }) => stored !== undefined && at > stored + slackAt(evidence, at));
    if (again && stored !== undefined)
      complaints.push(`${what}: called again ${again.at - stored} ms after it was stored as delivered`);
  }
  return complaints;
}

/** When it was written down that a share is delivered. */
function deliveredAt({ records }: Evidence, id: string, product: Product): number | undefined {
  return records.find((record) => {
    const action = record.id === id ? readActionRecord(record.value)?.action : undefined;
    return action?.deliveries.some(
      (share) => share.product === product && share.state.status === 'delivered',
    );
  })?.at;
}
