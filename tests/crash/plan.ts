import type { Fault } from '../../devserver/sonoran/fault.ts';
import type { ActionKind, Product } from '../../server/moderation/action.ts';
import type { Death } from './death.ts';
import type { Dice } from './dice.ts';
import type { IdType, Person } from './people.ts';

/** Something decided about somebody. */
export interface Deed {
  /** Real milliseconds after the server is up. */
  readonly at: number;
  readonly kind: ActionKind;
  /** Whom it is about, by their place in the list of people. */
  readonly person: number;
  readonly via: 'console' | 'chat' | 'export' | 'txadmin';
  /** How the person is called. Only who is mixed is called otherwise than by all identifiers, or by the licence alone. */
  readonly by: Called;
  /** Of the earlier decisions about the person, which one they are called by, or txAdmin takes back: from 0 (the oldest) to 1. */
  readonly which: number;
  /** Whether an export call names its decision; txAdmin always does. */
  readonly isNamed: boolean;
  /** For an export call: in these products alone. */
  readonly products: readonly Product[] | undefined;
  /** For a ban: how long, in seconds of the server's time; what is typed counts in minutes. */
  readonly forSeconds: number | undefined;
}

const NAMES = ['all', 'license', 'steam', 'discord', 'action', 'account', 'account'] as const;

/** By what somebody can be called: the server id, an identifier, the account's id, or an earlier action's. */
export type Called = 'all' | IdType | 'account' | 'action';

/** Somebody links an account, or ends that. */
export interface LinkChange {
  /** Real milliseconds after the process was started. */
  readonly at: number;
  readonly person: number;
  readonly product: Product;
  readonly by: IdType;
  readonly isLinked: boolean;
}

/** What Sonoran is like, from a moment on. */
export interface Weather {
  /** Real milliseconds after the process was started. */
  readonly at: number;
  readonly product: Product;
  readonly change:
    | { readonly to: 'down' }
    | { readonly to: 'up' }
    /** Hits so many calls; without a number, all that come. */
    | { readonly to: 'faulty'; readonly fault: Fault; readonly times: number | undefined };
}

/** One life of the game server, from its start to its death. */
export interface RunPlan {
  readonly death: Death;
  /** When it is killed if it has not died by then, in real milliseconds after it is up. */
  readonly endsAt: number;
  readonly deeds: readonly Deed[];
  readonly weather: readonly Weather[];
  readonly links: readonly LinkChange[];
  /** What is told a second time, from 0 (the oldest) to 1 (the latest), and when. */
  readonly repeats: readonly { readonly at: number; readonly which: number }[];
  /** Of those bans that are on their way, which one somebody takes back, from 0 to 1. */
  readonly reversals: readonly { readonly at: number; readonly which: number }[];
  /** What somebody cancels of that which is on its way, from 0 to 1. */
  readonly cancels: readonly { readonly at: number; readonly which: number }[];
  /** A record that is put into the store before the start, and cannot be read. */
  readonly junk: string | undefined;
}

const ACTIVE_MS = 150;

/** Draws one run. Everything by chance is decided here, so that a seed gives the same plans. */
export function planRun(dice: Dice, people: readonly Pick<Person, 'isMixed'>[]): RunPlan {
  const deeds = Array.from({ length: dice.between(2, 8) }, () => drawDeed(dice, people));
  const mixed = people.flatMap(({ isMixed }, place) => (isMixed ? [place] : []));
  return {
    death: drawDeath(dice),
    endsAt: dice.between(40, 200),
    deeds: deeds.sort((one, other) => one.at - other.at),
    weather: [...drawWeather(dice, 'cms'), ...drawWeather(dice, 'cad')],
    links: several(dice, 0.5, 3, () => drawLink(dice, mixed)),
    repeats: several(dice, 0.4, 2, () => ({ at: dice.between(0, ACTIVE_MS), which: dice.fraction() })),
    reversals: several(dice, 0.4, 2, () => ({ at: dice.between(0, ACTIVE_MS), which: dice.fraction() })),
    cancels: several(dice, 0.15, 1, () => ({ at: dice.between(0, ACTIVE_MS), which: dice.fraction() })),
    junk: dice.chance(0.1) ? dice.pick(JUNK) : undefined,
  };
}

/** Half-written, of a later version, edited by hand, and nothing at all. */
const JUNK = [
  '{"version":1,"id":"0123456789","sequ',
  '{"version":2,"id":"junk"}',
  '{"version":1,"id":7}',
  '',
];

function several<T>(dice: Dice, probability: number, most: number, draw: () => T): T[] {
  return dice.chance(probability) ? Array.from({ length: dice.between(1, most) }, draw) : [];
}

function drawLink(dice: Dice, mixed: readonly number[]): LinkChange {
  return {
    at: dice.chance(0.5) ? 0 : dice.between(0, 350),
    person: dice.pick(mixed),
    product: dice.pick(['cms', 'cad'] as const),
    by: dice.pick(['license', 'steam', 'discord'] as const),
    isLinked: dice.chance(0.6),
  };
}

function drawDeed(dice: Dice, people: readonly Pick<Person, 'isMixed'>[]): Deed {
  const kind = dice.pick(['ban', 'ban', 'ban', 'ban', 'unban', 'unban', 'unban', 'kick'] as const);
  const via = dice.pick(
    kind === 'kick'
      ? (['console', 'chat', 'export'] as const)
      : (['console', 'chat', 'export', 'export', 'txadmin', 'txadmin'] as const),
  );
  // Few are meant by many, so that decisions about one person meet; as many of those who are mixed as of the others.
  const isMixed = dice.chance(0.5);
  const places = people.flatMap((person, place) => (person.isMixed === isMixed ? [place] : []));
  const person = Math.min(dice.between(0, places.length - 1), dice.between(0, places.length - 1));
  return {
    // Some come in bursts: right at the start, before what is stored has been read.
    at: dice.chance(0.4) ? dice.pick([0, 0, 10, 40]) : dice.between(0, ACTIVE_MS),
    kind,
    person: places[person] ?? 0,
    via,
    by: isMixed ? dice.pick(NAMES) : dice.pick(['all', 'all', 'all', 'license', 'license'] as const),
    which: dice.fraction(),
    isNamed: dice.chance(0.7),
    products: dice.chance(0.15) ? [dice.pick(['cms', 'cad'] as const)] : undefined,
    forSeconds: kind === 'ban' && dice.chance(0.35) ? dice.between(20, 200) : undefined,
  };
}

function drawDeath(dice: Dice): Death {
  const soon = () => dice.pick([0, 0, 0, 1, 2, 5]);
  switch (
    dice.pick([
      'time',
      'time',
      'up',
      'request',
      'request',
      'answer',
      'answer',
      'write',
      'write',
      'write',
      'accepted',
      'outcome',
    ])
  ) {
    case 'time':
      return { by: 'time', ms: dice.between(30, 400) };
    case 'request':
      return { by: 'request', nth: dice.between(1, 12), ms: soon() };
    case 'answer':
      return { by: 'answer', nth: dice.between(1, 12), ms: soon() };
    case 'write': {
      const when = dice.pick(['before', 'within', 'after'] as const);
      // A life has about ten for its ban lists, the others are for what is decided.
      return { by: 'server', death: { at: 'write', nth: dice.between(1, 50), when } };
    }
    case 'accepted':
    case 'outcome': {
      const at = dice.pick(['accepted', 'outcome'] as const);
      return { by: 'server', death: { at, nth: dice.between(1, 5), when: dice.pick(['before', 'after']) } };
    }
    default:
      // Lives until it is ended.
      return { by: 'time', ms: 60_000 };
  }
}

function drawWeather(dice: Dice, product: Product): Weather[] {
  const at = () => dice.between(0, 350);
  switch (dice.pick(['fine', 'fine', 'showers', 'showers', 'showers', 'storm', 'down', 'down', 'flapping'])) {
    case 'showers':
      return Array.from({ length: dice.between(1, 6) }, () => ({
        at: dice.chance(0.5) ? 0 : at(),
        product,
        change: { to: 'faulty', fault: drawFault(dice, product), times: dice.between(1, 3) },
      }));
    case 'storm':
      return [
        { at: at(), product, change: { to: 'faulty', fault: drawFault(dice, product), times: undefined } },
      ];
    case 'down':
      return [{ at: dice.chance(0.7) ? 0 : at(), product, change: { to: 'down' } }];
    case 'flapping': {
      const downAt = at();
      return [
        { at: downAt, product, change: { to: 'down' } },
        { at: downAt + dice.between(5, 150), product, change: { to: 'up' } },
      ];
    }
    default:
      return [];
  }
}

/**
 * No fault that makes an answer a lie: a CMS ban is done when the status is 200, so a 200 never stands
 * for nothing there.
 */
function drawFault(dice: Dice, product: Product): Fault {
  const effect = dice.chance(0.5);
  const faults: Fault[] = [
    { kind: 'reset', when: 'before' },
    { kind: 'reset', when: 'after' },
    { kind: 'reset', when: 'after' },
    { kind: 'hang', when: 'before', effect },
    { kind: 'hang', when: 'body', effect },
    // Who answers 503 has done nothing.
    { kind: 'status', status: dice.pick(effect ? [500, 502] : [500, 502, 503]), body: 'oops', effect },
    { kind: 'html', effect },
    { kind: 'rate-limit' },
    { kind: 'rate-limit', retryAfter: dice.between(1, 60) },
    { kind: 'latency', ms: dice.between(500, 20_000), effect },
    { kind: 'latency', ms: dice.between(500, 20_000), effect },
  ];
  if (product === 'cad') faults.push({ kind: 'wrong-json', effect }, { kind: 'truncated-json', effect });
  else faults.push({ kind: 'status', status: 400, body: 'INVALID API KEY' });
  return dice.pick(faults);
}
