import type { FxServer } from '../devserver/fxserver/server.ts';
import type { Mariadb } from './mariadb.ts';
import { openStage, type Stage } from './stage.ts';

/** How far virtual time goes at once, in milliseconds. */
const STEP_MS = 10;
const COARSE_MS = 100;
/** Until one server works and the others know it, in milliseconds. */
const WARM_MS = 30_000;
/** Between two bans: longer than anybody hurries, and never in step with what is done each second. */
const BETWEEN_MS = 12_370;
const MINUTE_MS = 60_000;
const MOST_MS = 120_000;

/** Of three servers, in virtual time; durations in milliseconds. */
export interface SeveralFigures {
  /** From a ban that a server accepts which does not work for the community, until its call reaches Sonoran. */
  readonly onTheWire: readonly number[];
  /** Statements a second of each server on which nothing happens, the one that works coming first. */
  readonly idle: readonly number[];
  /** Until another server works. */
  readonly afterStop: number;
  readonly afterCrash: number;
}

const WORKS = 'This server works';

function isWorking({ output }: FxServer): boolean {
  const last = output.findLast(({ text }) => /works for the community|not work for/.test(text));
  return last?.text.includes(WORKS) === true;
}

/** @throws when nobody works. */
async function worker({ clock, pass }: Stage, among: readonly FxServer[]): Promise<FxServer> {
  for (const end = clock.elapsed() + MOST_MS; clock.elapsed() < end; await pass(COARSE_MS, COARSE_MS)) {
    const found = among.find(isWorking);
    if (found) return found;
  }
  throw new Error('nobody works');
}

/** How long it takes until somebody else works after something has happened to the one who does. */
async function takeOver(stage: Stage, among: readonly FxServer[], happens: (server: FxServer) => unknown) {
  const { clock, pass } = stage;
  const before = await worker(stage, among);
  const others = among.filter((server) => server !== before);
  await pass(WARM_MS, COARSE_MS);
  const began = clock.elapsed();
  await happens(before);
  await worker(stage, others);
  return { tookMs: clock.elapsed() - began, others };
}

/** @param bans how many are made, each when nothing else is going on. */
export async function measureSeveral(database: Mariadb, bans: number): Promise<SeveralFigures> {
  const stage = await openStage({ servers: 3, database });
  const { clock, sonoran, servers, lines, pass } = stage;
  try {
    for (const server of servers) await server.console('ensure cmsban');
    const working = await worker(stage, servers);
    await pass(WARM_MS, COARSE_MS);

    const marks = () => lines.map(({ passed }) => passed.length);
    const before = marks();
    await pass(MINUTE_MS, COARSE_MS);
    const asked = marks().map((mark, place) => (mark - (before[place] ?? 0)) / (MINUTE_MS / 1_000));

    const others = servers.filter((server) => server !== working);
    const onTheWire: number[] = [];
    for (let number = 0; number < bans; number++) {
      const apiIds = [`somebody${number}`];
      sonoran.cms.addAccount({ apiIds });
      sonoran.cad.addAccount({ apiIds });
      const isBan = ({ body }: { readonly body: unknown }) => JSON.stringify(body).includes(apiIds.join());
      const began = clock.elapsed();
      void others[number % 2]?.callExport(
        'bench',
        'cmsban',
        'banPlayer',
        `license:${apiIds.join()}`,
        'raid',
        {},
      );
      const first = () =>
        [...sonoran.cms.requests, ...sonoran.cad.requests].filter(isBan).map(({ elapsed }) => elapsed);
      while (first().length === 0) await pass(STEP_MS, STEP_MS);
      onTheWire.push(Math.min(...first()) - began);
      await pass(BETWEEN_MS + 37 * number, COARSE_MS);
    }

    const stopped = await takeOver(stage, servers, (server) => server.console('stop cmsban'));
    const crashed = await takeOver(stage, stopped.others, (server) => server.crash());
    return {
      onTheWire,
      idle: asked.sort((one, other) => other - one),
      afterStop: stopped.tookMs,
      afterCrash: crashed.tookMs,
    };
  } finally {
    await stage.close();
  }
}
