import { PRODUCTS } from '../../../server/moderation/action.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { isLostKick } from '../judge.ts';
import type { Decision } from './decisions.ts';
import { bansInForce, type Evidence, historyAbout, historyAsTold, isTagged } from './evidence.ts';
import { judgeLast } from './judge-last.ts';
import type { Person } from './people.ts';

/** Two decisions that were taken further apart than this are in that order, in milliseconds. */
const APART_MS = 300;

/** Nothing lost, nothing twice, the same everywhere, in the order decided, and carried out. */
export function judgeDecisions(evidence: Evidence): string[] {
  return [
    ...judgeSame(evidence),
    ...judgeKept(evidence),
    ...evidence.decisions.flatMap((decision) => judgeOnce(evidence, decision)),
    ...evidence.people.flatMap((person) => judgePerson(evidence, person)),
  ];
}

/** How an action stands, to be compared. */
function standing({ id, action, status, code, at, until, products }: Outcome): string {
  const shares = PRODUCTS.map(
    (product) => `${product} ${products[product]?.status} ${products[product]?.code}`,
  );
  return [id, action, status, code, at, until, ...shares].join(', ');
}

function judgeSame({ said }: Evidence): string[] {
  const [first, ...others] = said.map(({ server, history }) => ({ server, lines: history.map(standing) }));
  return others.flatMap(({ server, lines }) => {
    if (lines.join('\n') === first?.lines.join('\n')) return [];
    const [missing, more] = [
      first?.lines.filter((line) => !lines.includes(line)),
      lines.filter((line) => !first?.lines.includes(line)),
    ];
    return [
      `${server.name} has another history than ${first?.server.name}; only there: ${missing?.join(' | ')}; only here: ${more.join(' | ')}`,
    ];
  });
}

/** Whatever was answered to be accepted, or written down, is on record. */
function judgeKept(evidence: Evidence): string[] {
  const { said, decisions, records } = evidence;
  const ids = new Set(said[0]?.history.map(({ id }) => id));
  const lost = decisions.flatMap(({ tag, deed, person, answer }) => {
    if (!answer || answer.outcome.status === 'refused' || ids.has(answer.outcome.id)) return [];
    // It may have turned out later that it was the same decision as another, which this server could not know.
    const same = historyAbout(evidence, person).some(({ action }) => action === deed.kind);
    return same ? [] : [`${tag} was accepted as ${answer.outcome.id}, and is not on record`];
  });
  const gone = [...new Set(records.map(({ id }) => id))].filter((id) => !ids.has(id));
  return [...lost, ...gone.map((id) => `${id} was written down, and is not on record any more`)];
}

function judgeOnce(evidence: Evidence, { tag, deed, person, answer, server }: Decision): string[] {
  const made = historyAbout(evidence, person).filter(
    ({ reason, action }) => reason === tag && action === deed.kind,
  );
  if (made.length > 1) return [`${tag} was made ${made.length} times`];
  if (deed.via === 'export' && deed.isNamed && !answer)
    return [`${tag} was told again in the end, and never answered`];
  const refusal = answer?.outcome.status === 'refused' ? answer.outcome : undefined;
  if (refusal && !EXPECTED.has(refusal.code) && !isTooLate(evidence, person, refusal)) {
    return [`${tag} was refused: ${refusal.code} ${refusal.message}`];
  }
  const [action] = made;
  if (action && action.server !== server.name)
    return [`${tag} was decided on ${server.name}, and is of ${action.server}`];
  return [];
}

/** A lift that came to the server that works after a ban that was decided later, or told again, has nothing to lift. */
function isTooLate({ decisions }: Evidence, person: Person, { action, code, at }: Outcome): boolean {
  const isLater = ({ deed, answer }: Decision) =>
    deed.kind === 'ban' && (answer?.at ?? Number.POSITIVE_INFINITY) >= at;
  return (
    action === 'unban' &&
    code === 'REFUSED' &&
    decisions.some((decision) => decision.person === person && isLater(decision))
  );
}

const EXPECTED: ReadonlySet<string> = new Set(['CANCELLED', 'NOT_LINKED', 'UNSUPPORTED']);

function judgePerson(evidence: Evidence, person: Person): string[] {
  const about = historyAbout(evidence, person);
  return [
    ...judgeShares(historyAsTold(evidence, person), person),
    ...judgeOrder(evidence, about, person),
    ...judgeLast(evidence, person),
    ...judgeState(evidence, about, person),
  ];
}

/** @param about in the order told. */
function judgeShares(about: readonly Outcome[], { name }: Person): string[] {
  return about.flatMap((outcome, place) =>
    PRODUCTS.flatMap((product) => {
      const share = outcome.products[product];
      if (!share || share.status === 'delivered' || isLostKick(share)) return [];
      const isCancelled = share.code === 'CANCELLED';
      const isOpposed =
        about.slice(place + 1).some(({ action }) => action !== outcome.action) || outcome.until !== null;
      if (EXPECTED.has(share.code) && (!isCancelled || isOpposed || outcome.action === 'unban')) return [];
      return [
        `${outcome.id}, ${outcome.action} of ${name}, is ${share.status} in ${product}: ${share.code} ${share.message}`,
      ];
    }),
  );
}

/** What was answered before another decision was taken is the earlier one. */
function judgeOrder({ decisions }: Evidence, about: readonly Outcome[], person: Person): string[] {
  const made = decisions.flatMap((decision) => {
    const action = about.find(
      ({ reason, action }) => reason === decision.tag && action === decision.deed.kind,
    );
    return decision.person === person && action ? [{ decision, at: action.at }] : [];
  });
  return made.flatMap(({ decision: later, at }) =>
    made
      .filter(
        ({ decision: { answer }, at: earlierAt }) =>
          answer !== undefined && answer.at + APART_MS < later.at && earlierAt >= at,
      )
      .map(
        ({ decision: earlier }) =>
          `${earlier.tag} was answered before ${later.tag} was decided, and counts as the later`,
      ),
  );
}

/** How the accounts stand, and who gets in. */
function judgeState(evidence: Evidence, about: readonly Outcome[], person: Person): string[] {
  const { cms, cad } = evidence.community.sonoran;
  const { accounts, name } = person;
  const complaints: string[] = [];
  const inForce = bansInForce(evidence, person);
  const status = accounts.cad === undefined ? undefined : cad.account(accounts.cad).status;
  const isKick = about.some(({ action }) => action === 'kick');
  const inCad = isKick ? 3 : inForce.length > 0 ? 4 : 1;
  if (status !== inCad && !about.some(({ products }) => products.cad && isLostKick(products.cad))) {
    complaints.push(`${name} has status ${status} in CAD, and should have ${inCad}`);
  }
  // Nobody can lift a ban in CMS but by a click there.
  const isListed = accounts.cms !== undefined && cms.account(accounts.cms).banned;
  const isConfirmed = about.some(
    ({ action, products }) => action === 'ban' && products.cms?.status === 'delivered',
  );
  if (isConfirmed && !isListed) complaints.push(`${name} is not banned in CMS, where a ban is delivered`);
  const mayBeListed = about.some(
    ({ action, until, products }) => action === 'ban' && until === null && products.cms,
  );
  if (isListed && !mayBeListed) complaints.push(`${name} is banned in CMS, and nobody has said so`);
  for (const { server, banned, letIn } of evidence.said) {
    const isBanned = inForce.length > 0 || isListed;
    if (banned.get(person) !== isBanned)
      complaints.push(
        `${server.name} says of ${name} that banned is ${banned.get(person)}, and it is ${isBanned}`,
      );
    if (letIn.get(person) === isBanned)
      complaints.push(`${name} ${isBanned ? 'got in' : 'was refused'} at ${server.name}`);
  }
  if (complaints.length > 0) {
    complaints.push(
      `${name}: ${about.map((each) => `${standing(each)}${isTagged(each.reason) ? ` (${each.reason})` : ''}`).join(' | ')}`,
    );
  }
  return complaints;
}
