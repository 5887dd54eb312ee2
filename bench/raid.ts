import type { Player } from '../devserver/fxserver/players.ts';
import type { FxServer } from '../devserver/fxserver/server.ts';
import type { Effect } from '../devserver/sonoran/effects.ts';
import { openStage, type Stage, type StageOptions } from './stage.ts';
import type { Passed } from './virtual-line.ts';

/*
 * A raid: people are banned one after the other, on all servers in turn, while most of them are in the game. All is
 * what it is in a test, the built resource, the game servers' stand-in, Sonoran's with its documented limits over
 * HTTP, and a real MariaDB; but time is virtual, on every server and in the database.
 */

/** How far virtual time goes at once, in milliseconds: while the bans are still to be heard of, and afterwards. */
const STEP_MS = 50;
const TAIL_MS = 1_000;
/** Until the servers know each other, and have read the lists; and as long with nothing to do, in milliseconds. */
const WARM_MS = 60_000;
/** In virtual time. */
const MOST_MS = 6 * 3_600_000;

export interface RaidOptions extends StageOptions {
  /** Of each server; those who are banned are among them, as far as there is room. */
  readonly players: number;
  readonly bans: number;
  /** From the first ban to the last, in milliseconds. */
  readonly withinMs: number;
  /** What is in use in memory, in bytes. */
  readonly memory?: () => Promise<number>;
}

/** Milliseconds since each ban was decided, in the order of their coming about. */
interface Times {
  /** Its author has an answer. */
  readonly answered: number[];
  /** All servers refuse them. */
  readonly refused: number[];
  /** They are gone from the server that they played on. */
  readonly dropped: number[];
  /** The product has banned the account. */
  readonly cms: number[];
  readonly cad: number[];
}

/** What each server has asked of the database. */
export type Asked = readonly (readonly Passed[])[];

export interface RaidFigures {
  readonly times: Times;
  /** From the first ban until both products have the last one, in milliseconds. */
  readonly tookMs: number;
  /** All calls to Sonoran meanwhile, and how many of them were refused for coming too fast. */
  readonly calls: number;
  readonly tooFast: number;
  /** In the minute before the raid; while bans are decided or on their way to all servers; until Sonoran has them all. */
  readonly idle: Asked;
  readonly during: Asked;
  readonly after: Asked;
  /** What the resource takes up on one server, in bytes. */
  readonly heapBefore: number;
  readonly heapAfter: number;
}

interface Raider {
  readonly license: string;
  readonly accId: string;
  readonly uuid: string;
  /** Undefined when there was no room for them. */
  readonly player: Player | undefined;
}

/** A ban, and who does not know of it yet. */
interface Decided {
  readonly raider: Raider;
  readonly at: number;
  readonly unknownOn: Set<FxServer>;
}

/** Fills the servers: the raiders are spread over them. */
async function fill({ clock, sonoran, servers }: Stage, { players, bans }: RaidOptions): Promise<Raider[]> {
  const raiders: Raider[] = [];
  async function connect(server: FxServer | undefined, name: string, identifiers: readonly string[]) {
    if (!server || server.players.size >= players) return undefined;
    const joined = server.connect({ name, identifiers });
    await clock.advance(1);
    const result = await joined;
    return result.admitted ? result.player : undefined;
  }
  for (let number = 0; number < bans; number++) {
    const license = `license:raider${number}`;
    const apiIds = [`raider${number}`];
    const { accId } = sonoran.cms.addAccount({ apiIds });
    const { uuid } = sonoran.cad.addAccount({ apiIds });
    const player = await connect(servers[number % servers.length], `Raider ${number}`, [license]);
    raiders.push({ license, accId, uuid, player });
  }
  for (const [place, server] of servers.entries()) {
    for (let number = server.players.size; number < players; number++)
      await connect(server, `Player ${number}`, [`license:player${place}-${number}`]);
  }
  return raiders;
}

/** When each account was banned. @throws when one was banned twice, or not. */
function banned(effects: readonly Effect[], accounts: readonly string[]): number[] {
  const times = new Map(effects.map(({ accId, at }) => [accId, at]));
  if (effects.length !== accounts.length || effects.some(({ kind }) => kind !== 'ban'))
    throw new Error('more was done, or less, than each ban once');
  return accounts.map((account) => times.get(account) ?? Number.NaN);
}

function isBanned(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'banned' in answer && answer.banned === true;
}

/** Carries a raid out. @throws when somebody is banned twice, or it does not get through. */
export async function measureRaid(options: RaidOptions): Promise<RaidFigures> {
  const { bans, withinMs, memory = async () => 0 } = options;
  const stage = await openStage(options);
  const { clock, sonoran, servers, lines, pass } = stage;
  const marks = () => lines.map(({ passed }) => passed.length);
  const asked = (from: readonly number[], to: readonly number[]): Asked =>
    lines.map(({ passed }, place) => passed.slice(from[place], to[place]));
  const requests = () => [...sonoran.cms.requests, ...sonoran.cad.requests];
  try {
    const raiders = await fill(stage, options);
    const withoutUs = await memory();
    const heap = async () => ((await memory()) - withoutUs) / servers.length;
    for (const server of servers) await server.console('ensure cmsban');
    await pass(WARM_MS, STEP_MS);
    const [warm, heapBefore] = [marks(), await heap()];
    await pass(WARM_MS, STEP_MS);

    const [start, startCalls, began, beganAt] = [marks(), requests().length, clock.elapsed(), clock.now()];
    const answered: number[] = [];
    const refused: number[] = [];
    const dropped: number[] = [];
    const decided: Decided[] = [];
    /** Not known everywhere yet; and still in the game. */
    let open: Decided[] = [];
    let inGame: Decided[] = [];

    function decide(raider: Raider, server: FxServer): void {
      const at = clock.elapsed();
      const ban = { raider, at, unknownOn: new Set(servers) };
      decided.push(ban);
      open.push(ban);
      if (raider.player) inGame.push(ban);
      void server
        .callExport('bench', 'cmsban', 'banPlayer', raider.license, 'raid', {})
        .then(() => answered.push(clock.elapsed() - at));
    }

    async function look(): Promise<void> {
      for (const { raider, unknownOn } of open) {
        for (const server of unknownOn) {
          const answer = await server.callExport('bench', 'cmsban', 'isBanned', raider.license);
          if (isBanned(answer)) unknownOn.delete(server);
        }
      }
      const now = clock.elapsed();
      for (const { at, unknownOn } of open) if (unknownOn.size === 0) refused.push(now - at);
      open = open.filter(({ unknownOn }) => unknownOn.size > 0);
      for (const { at, raider } of inGame) if (raider.player?.dropReason != null) dropped.push(now - at);
      inGame = inGame.filter(({ raider }) => raider.player?.dropReason == null);
    }

    const passedMs = () => clock.elapsed() - began;
    while (decided.length < bans || open.length > 0) {
      if (passedMs() > MOST_MS) throw new Error('it is not known everywhere');
      while (decided.length < bans && passedMs() >= (decided.length * withinMs) / bans) {
        const raider = raiders[decided.length];
        const server = servers[decided.length % servers.length];
        if (raider && server) decide(raider, server);
      }
      await pass(STEP_MS, STEP_MS);
      await look();
    }
    const known = marks();
    const isThrough = () => sonoran.cms.effects.length >= bans && sonoran.cad.effects.length >= bans;
    while (!isThrough() || inGame.length > 0 || answered.length < bans) {
      if (passedMs() > MOST_MS) throw new Error('it does not get through');
      await pass(TAIL_MS, TAIL_MS);
      await look();
    }
    const calls = requests();
    const since = (times: readonly number[]) =>
      times.map((at, place) => at - beganAt - ((decided[place]?.at ?? 0) - began));
    const [inCms, inCad] = [
      banned(
        sonoran.cms.effects,
        raiders.map(({ accId }) => accId),
      ),
      banned(
        sonoran.cad.effects,
        raiders.map(({ uuid }) => uuid),
      ),
    ];
    return {
      times: { answered, refused, dropped, cms: since(inCms), cad: since(inCad) },
      tookMs: Math.max(...inCms, ...inCad) - beganAt,
      calls: calls.length - startCalls,
      tooFast: calls.filter(({ response }) => response?.status === 429).length,
      idle: asked(warm, start),
      during: asked(start, known),
      after: asked(known, marks()),
      heapBefore,
      heapAfter: await heap(),
    };
  } finally {
    await stage.close();
  }
}
