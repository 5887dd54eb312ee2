import type { Sonoran } from '../../devserver/sonoran/server.ts';
import { PRODUCTS, type Product } from '../../server/moderation/action.ts';
import type { Outcome } from '../../server/moderation/outcome.ts';
import { callsOf } from './calls.ts';
import { type AccountState, type Happening, possibleStates } from './final-state.ts';
import { checkLine, type Share } from './line-check.ts';
import type { Mark, Memory } from './memory.ts';
import { licenseOf, NAMES_IN_ORDER, type Person, typeOf } from './people.ts';
import { type Told, tagIn } from './told.ts';

/** Somebody who was let in again, in the order of decisions: after so many of them. */
export interface Readmission {
  readonly person: Person;
  readonly product: Product;
  readonly after: number;
}

/** Everything that is known when all is over. */
export interface Evidence {
  readonly sonoran: Sonoran;
  readonly people: readonly Person[];
  readonly memory: Memory;
  readonly told: ReadonlyMap<string, Told>;
  /** Actions that somebody asked to cancel. */
  readonly cancelAsked: ReadonlySet<string>;
  readonly readmissions: readonly Readmission[];
  /** When the server died, in order. */
  readonly deaths: readonly Mark[];
}

/** What is wrong; empty when every promise was kept. To be asked when nothing is on its way any more. */
export function judge(evidence: Evidence): string[] {
  const complaints = [...evidence.memory.complaints];
  for (const { id, status, code, products } of evidence.memory.ledger) {
    if (status === 'queued') complaints.push(`${id} is still on its way: ${code}`);
    for (const product of PRODUCTS) {
      const share = products[product];
      if (share?.status === 'refused' && !EXPECTED_REFUSALS.has(share.code) && !isLostKick(share)) {
        complaints.push(`${id} was refused in ${product}: ${share.code} ${share.message}`);
      }
    }
  }
  complaints.push(...judgeTags(evidence), ...judgeExpiries(evidence));
  for (const product of PRODUCTS) complaints.push(...judgeProduct(evidence, product));
  return complaints;
}

const EXPECTED_REFUSALS: ReadonlySet<string> = new Set(['NOT_LINKED', 'UNSUPPORTED', 'CANCELLED']);

/** A kick that may have worked, and was not made under another name. */
function isLostKick({ message }: { readonly message: string }): boolean {
  return message.includes('the answer to the kick was lost');
}

/** One decision, one action, however often it was told. */
function judgeTags({ memory, told }: Evidence): string[] {
  const seen = new Set<string>();
  return memory.ledger.flatMap((outcome) => {
    const tag = tagIn(outcome.reason) ?? '';
    if (isExpiry(outcome)) return [];
    if (!told.has(tag)) return [`${outcome.id} (${outcome.reason}) was never decided`];
    if (seen.has(tag)) return [`${tag} has a second effect, ${outcome.id}`];
    seen.add(tag);
    return [];
  });
}

/** A lift that the product decided on by itself, as a temporary ban ran out. */
function isExpiry({ reason }: Outcome): boolean {
  return reason.startsWith('temporary ban expired');
}

/** A temporary ban is lifted once, but not while another ban of the person is in force that lasts longer. */
function judgeExpiries({ memory: { ledger }, told }: Evidence): string[] {
  const expiryOf = ({ reason }: Outcome) => told.get(tagIn(reason) ?? '')?.expiresAt ?? null;
  return ledger.flatMap((ban, place) => {
    const expiresAt = isExpiry(ban) ? null : expiryOf(ban);
    if (expiresAt === null) return [];
    const label = `the temporary ban ${ban.id} (${ban.reason})`;
    const lifts = ledger.filter((other) => isExpiry(other) && tagIn(other.reason) === tagIn(ban.reason));
    if (lifts.length > 1) return [`${label} was lifted ${lifts.length} times`];
    const others = ledger.filter((other) => other !== ban && !lifts.includes(other) && isSame(other, ban));
    const outlasting = others.filter(
      (other) => other.action === 'ban' && (expiryOf(other) ?? Number.POSITIVE_INFINITY) > expiresAt,
    );
    const [lift] = lifts;
    if (lift) {
      const before = ledger.slice(0, ledger.indexOf(lift));
      const inForce = outlasting.find(
        (other) =>
          other.products.cad?.status === 'delivered' &&
          before.includes(other) &&
          !before
            .slice(before.indexOf(other))
            .some((later) => later.action === 'unban' && isSame(later, ban)),
      );
      return inForce ? [`${label} was lifted though ${inForce.id} (${inForce.reason}) is in force`] : [];
    }
    const isUndone = ledger.slice(place).some((later) => later.action === 'unban' && others.includes(later));
    const mustBeLifted =
      ban.products.cad?.status === 'delivered' &&
      !isUndone &&
      !outlasting.some(({ products }) => products.cad);
    return mustBeLifted ? [`${label} was never lifted`] : [];
  });
}

function isSame(one: Outcome, other: Outcome): boolean {
  return one.target.identifiers.some((identifier) => other.target.identifiers.includes(identifier));
}

/** Every call has its decision, every decision its calls, and every account is as the decisions say. */
function judgeProduct(evidence: Evidence, product: Product): string[] {
  const { sonoran, people, memory } = evidence;
  const calls = callsOf(sonoran, product, people);
  return people.flatMap((person) => {
    const about = memory.ledger.filter(({ target }) => target.identifiers.includes(licenseOf(person)));
    const shares = about.flatMap((outcome) => shareOf(evidence, product, person, outcome) ?? []);
    const own = calls.filter((call) => call.person === person);
    const problem = checkLine(shares, own) ?? stateProblem(evidence, product, person, about);
    if (problem === undefined) return [];
    const lines = [
      ...shares.map(
        ({ label, status, code, from, until }) =>
          `  ${label} ${status} ${code}, requests from ${from} until ${until}`,
      ),
      ...own.map(
        ({ index, kind, by, answer, hadEffect }) =>
          `  request ${index}: ${kind} by ${by}, ${answer}${hadEffect ? ', took effect' : ''}`,
      ),
    ];
    return [`${person.name} in ${product}: ${problem}\n${lines.join('\n')}`];
  });
}

function shareOf(
  { memory, told, deaths, cancelAsked }: Evidence,
  product: Product,
  person: Person,
  outcome: Outcome,
): Share | undefined {
  const share = outcome.products[product];
  // There is no call that lifts a CMS ban: it is done without, or not at all.
  if (!share || share.code === 'UNSUPPORTED' || (product === 'cms' && outcome.action === 'unban'))
    return undefined;
  const { id, action, reason, target } = outcome;
  const from = isExpiry(outcome) ? 0 : (told.get(tagIn(reason) ?? '')?.from[product] ?? 0);
  const names = NAMES_IN_ORDER[product].filter((name) =>
    target.identifiers.includes(`${typeOf(name)}:${person.ids[typeOf(name)]}`),
  );
  return {
    label: `${id} ${action} (${reason})`,
    kind: action,
    // A lift by expiry begins with the one by which the ban found the account.
    orders: isExpiry(outcome)
      ? names.map((first) => [first, ...names.filter((name) => name !== first)])
      : [names],
    asks: product === 'cad',
    status: share.status,
    code: share.code,
    mayBeCutShort: cancelAsked.has(id),
    from,
    until: memory.ending(id, product)?.mark[product] ?? Number.POSITIVE_INFINITY,
    interruptedAt: deaths.find((death) => death[product] >= from)?.[product] ?? Number.POSITIVE_INFINITY,
  };
}

function stateProblem(
  { sonoran, memory, cancelAsked, readmissions }: Evidence,
  product: Product,
  person: Person,
  about: readonly Outcome[],
): string | undefined {
  const account = person.accounts[product];
  if (!account) return undefined;
  const readmitted: Happening = { what: 'readmitted', certainty: 'surely' };
  const happenings: Happening[] = [];
  let waiting = readmissions.filter((one) => one.person === person && one.product === product);
  const readmitUntil = (place: number) => {
    happenings.push(...waiting.filter(({ after }) => after <= place).map(() => readmitted));
    waiting = waiting.filter(({ after }) => after > place);
  };
  for (const outcome of about) {
    readmitUntil(memory.ledger.indexOf(outcome));
    const isReachable = outcome.target.identifiers.includes(
      `${account.linkedBy}:${person.ids[account.linkedBy]}`,
    );
    const share = outcome.products[product];
    if (!share || !isReachable) continue;
    // Called off by somebody, it may have gone out before; called off by a lift or an expiry, it must not.
    const isMaybe = (share.code === 'CANCELLED' && cancelAsked.has(outcome.id)) || isLostKick(share);
    if (share.status === 'delivered') happenings.push({ what: outcome.action, certainty: 'surely' });
    else if (isMaybe) happenings.push({ what: outcome.action, certainty: 'maybe' });
  }
  readmitUntil(Number.POSITIVE_INFINITY);
  const expected = possibleStates(product, happenings);
  const actual = stateOf(sonoran, product, account.id);
  if (expected.some(({ banned, member }) => banned === actual.banned && member === actual.member))
    return undefined;
  return `the account is ${JSON.stringify(actual)} and should be ${JSON.stringify(expected)}`;
}

/** How an account stands in Sonoran. */
export function stateOf(sonoran: Sonoran, product: Product, id: string): AccountState {
  if (product === 'cms') {
    const { banned, member } = sonoran.cms.account(id);
    return { banned, member };
  }
  const { status } = sonoran.cad.account(id);
  return { banned: status === 4, member: status !== 3 };
}
