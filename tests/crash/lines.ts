import { type Action, deliveryOf, PRODUCTS, type Product } from '../../server/moderation/action.ts';
import { callsOf } from './calls.ts';
import { type Evidence, labelOf, stateOf, toldOf } from './evidence.ts';
import { type Happening, possibleStates } from './final-state.ts';
import { checkLine, type Share } from './line-check.ts';
import { NAMES_IN_ORDER, type Name, type Person, typeOf } from './people.ts';
import { causeOf, isAbout } from './records.ts';
import type { Told } from './told.ts';

/** Somebody who is always known to be one person: every call has its decision, every decision its calls, and every account is as the decisions say. */
export function judgeLines(evidence: Evidence, person: Person): string[] {
  const about = evidence.records.filter((action) => isAbout(action, person));
  return PRODUCTS.flatMap((product) => {
    const calls = callsOf(evidence.sonoran, product, evidence.people);
    const shares = about.flatMap((action) => shareOf(evidence, product, person, action) ?? []);
    const own = calls.filter((call) => call.person === person);
    const problem = checkLine(shares, own) ?? stateProblem(evidence, product, person, about);
    if (problem === undefined) return [];
    const lines = [
      ...shares.map(
        ({ label, status, code, orders, from, until }) =>
          `  ${label} ${status} ${code}, by ${orders.map((names) => names.join(' ')).join(' or ')}, requests from ${from} until ${until}`,
      ),
      ...own.map(
        ({ index, kind, by, answer, hadEffect }) =>
          `  request ${index}: ${kind} by ${by}, ${answer}${hadEffect ? ', took effect' : ''}`,
      ),
    ];
    return [`${person.name} in ${product}: ${problem}\n${lines.join('\n')}`];
  });
}

function shareOf(evidence: Evidence, product: Product, person: Person, action: Action): Share | undefined {
  const { memory, deaths } = evidence;
  const delivery = deliveryOf(action, product);
  if (!delivery) return undefined;
  const { state, subjects, unanswered } = delivery;
  const code = state.status === 'delivered' ? 'OK' : state.code;
  // There is no call that lifts a CMS ban: it is done without, or not at all.
  if (code === 'UNSUPPORTED' || (product === 'cms' && action.kind === 'unban')) return undefined;
  const names = subjects.flatMap(({ by, value }) => nameOf(person, product, by, String(value)) ?? []);
  const told = toldOf(evidence, action);
  const from = told?.from[product] ?? 0;
  return {
    label: labelOf(action),
    kind: action.kind,
    // What is known to have found somebody goes first when it is about the same person again.
    orders: causeOf(action) ? [names] : ordersOf(product, names, told),
    asks: product === 'cad',
    status: state.status,
    code,
    mayBeCutShort: unanswered !== null,
    from,
    until: memory.ending(action.id, product)?.mark[product] ?? Number.POSITIVE_INFINITY,
    interruptedAt: deaths.find((death) => death[product] >= from)?.[product] ?? Number.POSITIVE_INFINITY,
  };
}

/** Of somebody who waits, and was called by one name alone, more may be known by the time when they are found, or later. */
function ordersOf(
  product: Product,
  names: readonly Name[],
  told: Told | undefined,
): readonly (readonly Name[])[] {
  const all: Name[] = NAMES_IN_ORDER[product].filter((name) => names.includes(name));
  // A lift goes to the account that a ban was confirmed for, when none of its names is linked any more.
  if (names.includes('account')) all.push('account');
  // Who has never been here is typed by the licence, whatever is drawn.
  const by = told?.deed.via === 'txadmin' ? told.deed.by : told?.target.split(':')[0];
  const first = all.filter((name) => name !== 'account' && typeOf(name) === by);
  if (told?.deed.kind !== 'ban' || first.length === 0 || first.length === all.length) return [all];
  return [all, first, [...first, ...all.filter((name) => !first.includes(name))]];
}

function nameOf({ ids, accounts }: Person, product: Product, by: string, value: string): Name | undefined {
  if (by === 'account') return value === accounts[product]?.id ? 'account' : undefined;
  if (value === ids.discord) return by === 'discord' ? 'discord' : 'digits';
  return (['license', 'steam'] as const).find((type) => ids[type] === value);
}

function stateProblem(
  { sonoran, memory, readmissions }: Evidence,
  product: Product,
  person: Person,
  about: readonly Action[],
): string | undefined {
  const account = person.accounts[product];
  const linkedBy = account?.linkedBy;
  if (!account || !linkedBy) return undefined;
  const happenings: Happening[] = [];
  /** Bans that may have waited for somebody who was let in again. */
  let late: Happening[] = [];
  let waiting = readmissions.filter((one) => one.person === person && one.product === product);
  const readmitUntil = (place: number): void => {
    for (const { after } of waiting) {
      if (after > place) continue;
      happenings.push({ what: 'readmitted', certainty: 'surely' }, ...late);
    }
    waiting = waiting.filter(({ after }) => after > place);
  };
  for (const action of about) {
    readmitUntil(memory.ledger.findIndex(({ id }) => id === action.id));
    const delivery = deliveryOf(action, product);
    const isReachable = delivery?.subjects.some(({ by, value }) => {
      const name = nameOf(person, product, by, String(value));
      return name === 'account' || (name !== undefined && typeOf(name) === linkedBy);
    });
    if (!delivery || !isReachable) continue;
    const { state, unanswered } = delivery;
    const isDone = state.status === 'delivered';
    // What was called off, or given up, may have been heard before.
    const isMaybe = state.status === 'refused' && state.code !== 'NOT_LINKED' && unanswered !== null;
    if (action.kind === 'unban' && isDone) late = [];
    if (isDone) happenings.push({ what: action.kind, certainty: 'surely' });
    else if (isMaybe) happenings.push({ what: action.kind, certainty: 'maybe' });
    if (action.kind === 'ban' && (isDone || isMaybe)) late.push({ what: 'ban', certainty: 'maybe' });
  }
  readmitUntil(Number.POSITIVE_INFINITY);
  const expected = possibleStates(product, happenings);
  const actual = stateOf(sonoran, product, account.id);
  if (expected.some(({ banned, member }) => banned === actual.banned && member === actual.member))
    return undefined;
  return `the account is ${JSON.stringify(actual)} and should be ${JSON.stringify(expected)}`;
}
