import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../devserver/clock.ts';
import { KeyValueStore } from '../devserver/fxserver/key-value-store.ts';
import { FxServer } from '../devserver/fxserver/server.ts';
import type { Sonoran } from '../devserver/sonoran/server.ts';
import type { Action } from '../server/moderation/action.ts';
import { writeActionRecord } from '../server/storage/action-record.ts';
import { heapUsed } from './heap.ts';
import { memoryOfStore } from './store-memory.ts';
import { watchTurns } from './turns.ts';

const HOUR_MS = 3_600_000;
const CMSBAN = join(import.meta.dirname, '..');

/** What a start with many pending deliveries costs. */
export interface BacklogFigures {
  /** Until the script has been evaluated; every resource pays that in one piece, whatever is stored. */
  readonly evaluationMs: number;
  /** From there until it is ready: everything that the main thread did in between. */
  readonly readyMs: number;
  /** The turns of the event loop from there until it was ready, in milliseconds, in order. */
  readonly slices: readonly number[];
  /** What the heap has grown by, without the stand-in's own copy of the store. */
  readonly heapMiB: number;
  /** How many calls to CAD went out before that of the urgent command; the first is 0. */
  readonly urgentPlace: number;
}

/** How to measure it. */
export interface BacklogOptions {
  /** Runs in this process, on the system's clock. */
  readonly sonoran: Sonoran;
  /** How many actions are stored; every one is pending in CMS and in CAD. */
  readonly actions: number;
  /** How many of the actions are temporary bans, whose end is to be waited for as well. */
  readonly temporary?: number;
}

/** Starts the built resource on a store full of pending deliveries, with an urgent command right behind. */
export async function measureBacklog(options: BacklogOptions): Promise<BacklogFigures> {
  const { sonoran } = options;
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-bench-'));
  const data = join(folder, 'data');
  const path = join(data, 'cmsban.kvp');
  seed(path, options);
  const config = join(folder, 'server.cfg');
  const settings = (['cms', 'cad'] as const).flatMap((product) => [
    `set cmsban_${product}_url "${sonoran[product].url}"`,
    `set cmsban_${product}_community_id "${sonoran[product].settings.communityId}"`,
    `set cmsban_${product}_api_key "${sonoran[product].settings.apiKey}"`,
  ]);
  await writeFile(config, `${settings.join('\n')}\n`);
  const fx = await FxServer.start({ config, resources: { cmsban: CMSBAN }, data });
  try {
    const storeBytes = await memoryOfStore(path, 'action:');
    const license = 'facade';
    sonoran.cad.addAccount({ apiIds: [license] });
    const before = await heapUsed();
    const cpu = process.cpuUsage();

    const begin = performance.now();
    await fx.console('ensure cmsban');
    const evaluated = performance.now();
    const turns = watchTurns();
    void fx.console(`cmsban license:${license} urgent`);
    const isReady = () =>
      fx.output.some(({ text }) => text.includes('from before the restart that are continued'));
    await until(isReady, 'the start', 60_000);
    const slices = turns.stop();
    const { user, system } = process.cpuUsage(cpu);

    const isUrgent = (request: { body: unknown }) => JSON.stringify(request.body).includes(license);
    // The list of banned accounts is read beside them, within a limit of its own.
    const calls = () => sonoran.cad.requests.filter(({ operation }) => operation !== 'accounts');
    await until(() => calls().some(isUrgent), 'the urgent call', 60_000);
    const urgentPlace = calls().findIndex(isUrgent);
    const heap = (await heapUsed()) - before - storeBytes;
    return {
      evaluationMs: evaluated - begin,
      // Never more than the processor did: other processes' turns are not ours.
      readyMs: Math.min(
        slices.reduce((sum, slice) => sum + slice, 0),
        (user + system) / 1_000,
      ),
      slices,
      heapMiB: heap / 2 ** 20,
      urgentPlace,
    };
  } finally {
    await fx.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Fills a store as a server leaves it that was stopped in the middle of a raid. */
function seed(path: string, { actions, temporary = 0 }: BacklogOptions): void {
  const store = new KeyValueStore(path);
  const now = Date.now();
  for (let number = 1; number <= actions; number++) {
    const action = pendingAction(number, now - HOUR_MS, number <= temporary);
    store.setUnsynced(`action:${action.id}`, { type: 'string', value: writeActionRecord(action) });
  }
  store.close();
}

/** A ban that has been tried twice, of somebody with the identifiers that people have. */
function pendingAction(number: number, at: number, isTemporary: boolean): Action {
  const hex = number.toString(16).padStart(8, '0');
  const license = `${hex}deadbeefdeadbeefdeadbeefdeadbeef`;
  const steam = `1100001${hex}`;
  const discord = String(235_947_056_630_000_000n + BigInt(number));
  const state = {
    status: 'queued',
    code: 'QUEUED',
    detail: 'could not connect (ECONNREFUSED)',
    nextTryAt: at + HOUR_MS + (number % 300) * 1_000,
  } as const;
  const delivery = {
    subjects: [
      { by: 'discord', value: discord },
      { by: 'apiId', value: steam },
      { by: 'apiId', value: license },
    ],
    candidate: 0,
    attempts: 2,
    spentMs: 60_000,
    unanswered: null,
    state,
  } as const;
  return {
    id: hex,
    sequence: number,
    told: number,
    toldAt: at,
    key: `txadmin:${hex}`,
    alsoKeys: [],
    holder: [],
    kind: 'ban',
    person: {
      name: `Raider ${number}`,
      playerId: null,
      identifiers: [
        `license:${license}`,
        `license2:${license}`,
        `steam:${steam}`,
        `discord:${discord}`,
        `fivem:${number}`,
      ],
      account: null,
    },
    reason: 'Raid: mass ramming at spawn, see the recording of that night',
    author: { name: 'Mia', identifiers: ['license:aaaa', 'discord:1000'], playerId: null },
    origin: 'txadmin',
    at,
    drop: 'success',
    dropped: false,
    expiresAt: isTemporary ? at + 48 * HOUR_MS : null,
    inForce: true,
    lifted: [],
    served: false,
    ended: [],
    isOfOneBan: false,
    server: null,
    serverId: null,
    deliveries: [
      { product: 'cms', ...delivery },
      { product: 'cad', ...delivery },
    ],
  };
}
