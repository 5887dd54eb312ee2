import { setTimeout as pause } from 'node:timers/promises';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import type { BannedAnswer } from '../../../server/triggers/banned-answer.ts';
import type { ClusterServer } from './cluster-server.ts';
import type { Person } from './people.ts';
import { DOUBT_MS } from './quick-build.ts';

/** What a server says in the end. */
export interface Said {
  readonly server: ClusterServer;
  /** Oldest first. */
  readonly history: readonly Outcome[];
  readonly banned: ReadonlyMap<Person, BannedAnswer['banned'] | undefined>;
  /** Whether somebody gets in. */
  readonly letIn: ReadonlyMap<Person, boolean>;
}

/** How often it is looked whether all is at rest, in milliseconds. */
const LOOK_MS = 250;
/** So often in a row it must be. */
const QUIET = 3;
/** After this time all there is to hear was heard, in milliseconds. */
const HEARD_MS = 1_500;
const EVERYTHING = 100_000;

/** All on record with a server, oldest first; undefined when it did not say. */
async function historyOf(server: ClusterServer): Promise<readonly Outcome[] | undefined> {
  const answer = await Promise.race([server.call('getHistory', EVERYTHING), pause(5_000)]);
  return Array.isArray(answer) ? ([...answer].reverse() as Outcome[]) : undefined;
}

async function pendingOf(server: ClusterServer): Promise<number | undefined> {
  const answer = await Promise.race([server.call('getPending', EVERYTHING), pause(5_000)]);
  return Array.isArray(answer) ? answer.length : undefined;
}

/**
 * Waits until nothing is on its way any more, on any server.
 *
 * @param isReady what has to be so besides.
 * @returns what is still on its way when there is no more time.
 */
export async function comeToRest(
  servers: readonly ClusterServer[],
  isReady: () => boolean,
  limitMs: number,
): Promise<string[]> {
  const limit = performance.now() + limitMs;
  let problem = '';
  let known = '';
  for (let quiet = 0, turn = 0; ; turn++) {
    if (performance.now() > limit) return [`not at rest after ${limitMs} ms: ${problem}`];
    await pause(LOOK_MS);
    if (turn % 4 === 0) servers[turn % servers.length]?.console('cmsqueue retry');
    problem = isReady() ? await restless(servers) : 'calls are open';
    quiet = problem === '' ? quiet + 1 : 0;
    if (quiet < QUIET) continue;
    // A late ban may end meanwhile: what was decided since must have been heard as well.
    const before = known;
    known = JSON.stringify(await Promise.all(servers.map(historyOf)));
    if (known === before) return [];
    problem = 'something was decided';
    await pause(HEARD_MS);
  }
}

/** What is still on its way; empty when nothing is. */
async function restless(servers: readonly ClusterServer[]): Promise<string> {
  const now = Date.now();
  for (const server of servers) {
    const [pending, history] = [await pendingOf(server), await historyOf(server)];
    if (pending === undefined || !history) return `${server.name} does not answer`;
    if (pending > 0) return `${pending} pending on ${server.name}`;
    const queued = history.find(({ status }) => status === 'queued');
    if (queued) return `${queued.id} on ${server.name}`;
    const ends = history.find(({ until }) => until !== null && until > now - DOUBT_MS - HEARD_MS);
    if (ends) return `${ends.id} has not ended long ago`;
  }
  return '';
}

/** Asks a server everything. */
export async function ask(server: ClusterServer, people: readonly Person[]): Promise<Said> {
  const banned = new Map<Person, BannedAnswer['banned'] | undefined>();
  const letIn = new Map<Person, boolean>();
  const history = (await historyOf(server)) ?? [];
  for (const person of people) {
    const answer = (await server.call('isBanned', person.license)) as BannedAnswer | undefined;
    banned.set(person, answer?.banned);
    letIn.set(person, (await server.knock({ name: person.name, identifiers: [person.license] })) === true);
  }
  return { server, history, banned, letIn };
}
