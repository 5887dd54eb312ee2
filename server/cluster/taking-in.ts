import { type Clock, sleep } from '../clock.ts';
import { inSlices } from '../slices.ts';
import type { Database } from '../storage/mysql/database.ts';
import { createPieces } from '../storage/mysql/pieces.ts';
import type { Requests } from '../storage/mysql/requests.ts';
import type { SharedStorage } from '../storage/mysql/shared-storage.ts';
import type { Change } from '../storage/storage.ts';
import { merge } from './merge.ts';
import { type MovedIn, movedInName, readMovedIn } from './moved-in.ts';
import { writeAll } from './own-records.ts';
import { type RequestOf, readRequest } from './request.ts';

/** How soon it is tried again to read, and to write what the database did not keep, in milliseconds. */
const AGAIN_MS = 1_000;

/** What a server has kept by itself, and has handed in. */
export interface HandedIn {
  readonly request: RequestOf<'store'>;
  readonly records: ReadonlyMap<string, string>;
}

type TakingStorage = Pick<SharedStorage, 'load' | 'write' | 'removeRequests'>;

/** Takes into the community's records what servers have kept by themselves. To be asked by whoever works. */
export interface TakingIn {
  /** What was handed in whole, and not taken in yet; undefined when the database does not say. */
  waiting(): Promise<readonly HandedIn[] | undefined>;
  /** Takes in all that waits. Nobody else may change the records meanwhile. Ends early when the term does. */
  takeAll(storage: TakingStorage, isHeld: () => boolean, clock: Clock): Promise<void>;
}

export interface TakingInOptions {
  readonly database: Database;
  readonly community: string;
  readonly requests: Pick<Requests, 'list'>;
  readonly clock: Clock;
  /** Told what is said to the server whose store was taken in. */
  readonly onTakenIn: (serverId: string, value: string) => void;
}

export function createTakingIn(options: TakingInOptions): TakingIn {
  const { database, community } = options;
  const pieces = createPieces({ database, community });

  /** @returns null when not all of it is there, and undefined when the database does not say. */
  async function read(request: RequestOf<'store'>): Promise<HandedIn | null | undefined> {
    const records = new Map<string, string>();
    for (let number = 0; number < request.pieces; number++) {
      const piece = await pieces.get(request.serverId, number);
      if (!piece.ok) return undefined;
      if (!piece.records) return null;
      await inSlices(piece.records, options.clock, ([name, value]) => records.set(name, value));
    }
    return { request, records };
  }

  async function waiting(): Promise<readonly HandedIn[] | undefined> {
    const listed = await options.requests.list();
    if (!listed.ok) return undefined;
    const found: HandedIn[] = [];
    for (const { body } of listed.requests) {
      const request = readRequest(body);
      // They come first.
      if (request?.kind !== 'store') break;
      const handedIn = await read(request);
      if (handedIn === undefined) return undefined;
      if (handedIn) found.push(handedIn);
    }
    return found;
  }

  /** @returns false when the term is over. */
  async function written(
    storage: TakingStorage,
    changes: readonly Change[],
    clock: Clock,
    isHeld: () => boolean,
  ) {
    while (!(await writeAll(storage, changes, clock))) {
      if (!isHeld()) return false;
      await sleep(clock, AGAIN_MS);
    }
    return true;
  }

  return {
    waiting,
    async takeAll(storage, isHeld, clock) {
      let batches = await waiting();
      while (!batches && isHeld()) {
        await sleep(clock, AGAIN_MS);
        batches = await waiting();
      }
      if (!batches || batches.length === 0) return;
      const records = new Map<string, string>();
      await storage.load('', ({ name, value }) => {
        if (value !== undefined) records.set(name, value);
      });
      for (const { request, records: given } of batches) {
        const { id, serverId, server: name, offsetMs, isGivenBack } = request;
        const marker = movedInName(serverId);
        if (readMovedIn(records.get(marker))?.batch !== id) {
          const batch = { server: { id: serverId, name }, records: given, offsetMs, isGivenBack };
          const { changes, counts } = await merge(records, batch, clock);
          const moved: MovedIn = { version: 1, batch: id, ...counts };
          const all = [...changes, { name: marker, value: JSON.stringify(moved) }];
          if (!(await written(storage, all, clock, isHeld))) return;
          for (const change of all) {
            if (change.value === null) records.delete(change.name);
            else records.set(change.name, change.value);
          }
        }
        options.onTakenIn(serverId, records.get(marker) ?? '');
        await pieces.clear(serverId);
        if ((await storage.removeRequests([id])) === 'not the writer') return;
      }
    },
  };
}
