import { setTimeout as pause } from 'node:timers/promises';
import { Dice } from '../dice.ts';
import { Trace } from '../trace.ts';
import { type Community, type CommunityOptions, openCommunity, REQUEST_TIMEOUT_MS } from './community.ts';
import { Decisions } from './decisions.ts';
import { beginJournal } from './journal.ts';
import { judgeCalls } from './judge-calls.ts';
import { judgeDecisions } from './judge-decisions.ts';
import { watchLag } from './lag.ts';
import { drawPlan, type Plan } from './plan.ts';
import { ask, comeToRest } from './rest.ts';
import { createTroubles } from './troubles.ts';

/** How long it may take until all is at rest when nothing is in its way any more, in milliseconds. */
const REST_LIMIT_MS = 60_000;

/** What a world is made of. */
export interface WorldOptions extends Omit<CommunityOptions, 'note' | 'complain'> {
  readonly seed: string;
  /** How much trouble there is. */
  readonly troubles: number;
}

/** What came of it. */
export interface WorldReport {
  /** How much trouble came to pass. */
  readonly troubles: number;
  readonly decisions: number;
  readonly requests: number;
  readonly terms: number;
  /** What is wrong; empty when every promise was kept. */
  readonly complaints: readonly string[];
  /** What happened, in order. */
  readonly trace: string;
}

/** One community, from its first start through all of its troubles until it is looked at what came of it. */
export async function runWorld(options: WorldOptions): Promise<WorldReport> {
  const dice = new Dice(options.seed);
  const trace = new Trace(Date.now);
  const complaints: string[] = [];
  const note = (text: string) => trace.add(text);
  const complain = (text: string) => {
    note(`WRONG: ${text}`);
    complaints.push(text);
  };
  const lag = watchLag();
  const community = await openCommunity({ ...options, note, complain });
  const journal = await beginJournal(community.database);
  try {
    const { sonoran, servers } = community;
    const troubles = createTroubles(community, note);
    const decisions = new Decisions(sonoran, servers, dice, note, complain);
    const plan = drawPlan(dice, servers.length, options.troubles);
    await live(plan, community, decisions, troubles);
    note('— no more trouble: everything comes to rest');
    for (const product of ['cms', 'cad'] as const) sonoran[product].clearFaults();
    await troubles.over();
    // Whoever is not sure that a decision was taken in tells it again.
    for (const decision of decisions.named) if (!decision.answer) decisions.tell(decision);
    complaints.push(...(await comeToRest(servers, () => decisions.open === 0, REST_LIMIT_MS)));
    const said = await Promise.all(servers.map((server) => ask(server, decisions.people)));
    const records = await journal.records();
    const evidence = {
      community,
      people: decisions.people,
      decisions: decisions.all,
      journal,
      records,
      said,
      lag,
    };
    complaints.push(...judgeCalls(evidence), ...judgeDecisions(evidence));
    return {
      troubles: troubles.count(),
      decisions: decisions.all.length,
      requests: sonoran.cms.requests.length + sonoran.cad.requests.length,
      terms: journal.terms.length,
      complaints,
      trace: trace.text(sonoran),
    };
  } finally {
    lag.stop();
    await journal.stop();
    await community.close();
  }
}

/** Everything that is planned, at its time. */
async function live(
  plan: Plan,
  { sonoran }: Community,
  decisions: Decisions,
  troubles: ReturnType<typeof createTroubles>,
): Promise<void> {
  const steps = [
    ...plan.deeds.map((deed) => ({ at: deed.at, run: () => decisions.decide(deed) })),
    ...plan.troubles.map(({ at, trouble }) => ({ at, run: () => troubles.make(trouble) })),
    ...plan.repeats.map(({ at, which }) => ({
      at,
      run() {
        const again = decisions.named[Math.floor(which * decisions.named.length)];
        if (again) decisions.tell(again);
      },
    })),
    ...plan.weather.map(({ at, product, fault, times }) => ({
      at,
      run() {
        if (product === 'cad') sonoran.cad.fault('BAN_USER', fault, times);
        else
          for (const call of ['BAN_ACCOUNT', 'KICK_ACCOUNT'] as const) sonoran.cms.fault(call, fault, times);
      },
    })),
  ].sort((one, other) => one.at - other.at);
  const begun = performance.now();
  for (const { at, run } of steps) {
    const wait = at - (performance.now() - begun);
    if (wait > 0) await pause(wait);
    run();
  }
  await pause(REQUEST_TIMEOUT_MS / 10);
}
