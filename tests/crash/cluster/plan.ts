import type { Fault as ApiFault } from '../../../devserver/sonoran/fault.ts';
import type { ActionKind, Product } from '../../../server/moderation/action.ts';
import type { Fate } from '../../mysql/proxy.ts';
import type { Dice } from '../dice.ts';
import { LEASE_MS } from './quick-build.ts';

/** Something that is decided. All times are in milliseconds. */
export interface Deed {
  readonly at: number;
  readonly kind: ActionKind;
  /** Whom it is about, by their place among those about whom there are many decisions; undefined for somebody new. */
  readonly person: number | undefined;
  /** On which server, by its place. */
  readonly server: number;
  readonly via: 'export' | 'console';
  /** Whether the caller gives the decision an id of its own, and tells it again when it is not sure. */
  readonly isNamed: boolean;
  /** For a ban: how long. */
  readonly forSeconds: number | undefined;
}

/** Whom something happens to: whoever works for the community in that moment, or a server by its place. */
export type Victim = 'holder' | number;

/** Something that goes wrong beneath the product. */
export type Trouble =
  | { readonly what: 'kill'; readonly whom: Victim; readonly downMs: number }
  | { readonly what: 'stop'; readonly whom: Victim; readonly downMs: number }
  | { readonly what: 'pause'; readonly whom: Victim; readonly ms: number }
  | { readonly what: 'cut'; readonly whom: Victim }
  /** The next statement with these words meets this. */
  | { readonly what: 'trap'; readonly whom: Victim; readonly words: string; readonly fate: Fate }
  | { readonly what: 'database'; readonly how: 'kill' | 'restart' | 'freeze'; readonly ms: number };

export interface PlannedTrouble {
  readonly at: number;
  readonly trouble: Trouble;
}

/** Calls of Sonoran that go wrong. */
export interface Weather {
  readonly at: number;
  readonly product: Product;
  readonly fault: ApiFault;
  readonly times: number;
}

/** What happens in a world before it comes to rest. */
export interface Plan {
  readonly deeds: readonly Deed[];
  readonly troubles: readonly PlannedTrouble[];
  readonly weather: readonly Weather[];
  /** Named decisions that are told once more, from 0 (the oldest) to 1 (the latest). */
  readonly repeats: readonly { readonly at: number; readonly which: number }[];
  readonly endsAt: number;
}

/** How far apart two troubles are, on average. */
const BETWEEN_TROUBLES_MS = 700;
const BETWEEN_DEEDS_MS = 200;

export const CONTESTED = 4;

/** Draws what happens. @param troubles how many there are. */
export function drawPlan(dice: Dice, servers: number, troubles: number): Plan {
  const planned: PlannedTrouble[] = [];
  let at = dice.between(0, BETWEEN_TROUBLES_MS);
  while (planned.length < troubles) {
    planned.push({ at, trouble: drawTrouble(dice, servers) });
    at += dice.chance(0.2) ? dice.between(0, 60) : dice.between(100, 2 * BETWEEN_TROUBLES_MS - 100);
  }
  const endsAt = at + dice.between(0, LEASE_MS);
  const spread = (betweenMs: number) =>
    Array.from({ length: Math.ceil(endsAt / betweenMs) }, () => dice.between(0, endsAt));
  return {
    deeds: spread(BETWEEN_DEEDS_MS)
      .sort((one, other) => one - other)
      .map((moment) => drawDeed(dice, servers, moment)),
    troubles: planned,
    weather: spread(600).map((moment) => drawWeather(dice, moment)),
    repeats: spread(1_500).map((moment) => ({ at: moment, which: dice.fraction() })),
    endsAt,
  };
}

function drawDeed(dice: Dice, servers: number, at: number): Deed {
  const isContested = dice.chance(0.6);
  const kind = dice.pick(
    isContested ? (['ban', 'unban'] as const) : (['ban', 'ban', 'ban', 'ban', 'kick'] as const),
  );
  return {
    at,
    kind,
    person: isContested ? dice.between(0, CONTESTED - 1) : undefined,
    server: dice.between(0, servers - 1),
    via: dice.chance(0.85) ? 'export' : 'console',
    isNamed: dice.chance(0.7),
    forSeconds: kind === 'ban' && dice.chance(0.25) ? dice.between(2, 8) : undefined,
  };
}

function drawTrouble(dice: Dice, servers: number): Trouble {
  const whom = dice.chance(0.6) ? 'holder' : dice.between(0, servers - 1);
  switch (dice.pick(TROUBLES)) {
    case 'kill':
      return { what: 'kill', whom, downMs: drawDown(dice) };
    case 'stop':
      return { what: 'stop', whom, downMs: drawDown(dice) };
    case 'pause':
      return {
        what: 'pause',
        whom,
        ms: dice.chance(0.7) ? dice.between(LEASE_MS, 3 * LEASE_MS) : dice.between(50, LEASE_MS),
      };
    case 'cut':
      return { what: 'cut', whom };
    case 'trap':
      return {
        what: 'trap',
        whom,
        words: dice.pick(WORDS),
        fate: dice.pick(['cut before', 'cut after', 'cut after', 'no answer'] as const),
      };
    case 'database':
      return {
        what: 'database',
        how: dice.pick(['kill', 'restart', 'freeze'] as const),
        ms: dice.between(0, 2 * LEASE_MS),
      };
  }
}

const TROUBLES = [
  ...Array.from({ length: 8 }, () => 'kill' as const),
  ...Array.from({ length: 5 }, () => 'pause' as const),
  ...Array.from({ length: 3 }, () => 'cut' as const),
  ...Array.from({ length: 5 }, () => 'trap' as const),
  ...Array.from({ length: 2 }, () => 'stop' as const),
  ...Array.from({ length: 2 }, () => 'database' as const),
];

/** Where a transaction, or the lease, is cut. */
const WORDS = [
  'COMMIT',
  'COMMIT',
  'SET revision',
  'cmsban_record',
  'INTO cmsban_request',
  'SET expires_at',
  'SET token',
];

function drawDown(dice: Dice): number {
  return dice.chance(0.5) ? dice.between(0, 300) : dice.between(300, 3 * LEASE_MS);
}

function drawWeather(dice: Dice, at: number): Weather {
  const effect = dice.chance(0.6);
  const fault = dice.pick<ApiFault>([
    { kind: 'reset', when: 'before' },
    { kind: 'reset', when: 'after' },
    { kind: 'reset', when: 'after' },
    { kind: 'status', status: effect ? 502 : 503, body: 'oops', effect },
    { kind: 'latency', ms: dice.between(50, LEASE_MS), effect },
    { kind: 'latency', ms: dice.between(50, LEASE_MS), effect },
    { kind: 'latency', ms: dice.between(50, LEASE_MS), effect },
    { kind: 'hang', when: 'before', effect },
  ]);
  return { at, product: dice.pick(['cms', 'cad'] as const), fault, times: dice.between(1, 2) };
}
