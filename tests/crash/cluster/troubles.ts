import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterServer } from './cluster-server.ts';
import type { Community } from './community.ts';
import type { Trouble, Victim } from './plan.ts';

/** How long it is waited for a statement that is to be cut, in milliseconds. */
const TRAP_MS = 3_000;

/** Makes trouble, one after another or several at once. */
export interface Troubles {
  make(trouble: Trouble): void;
  /** How many have come to pass. */
  count(): number;
  /** Resolves when everything that was taken down or held up is there again. */
  over(): Promise<void>;
}

export function createTroubles(community: Community, note: (text: string) => void): Troubles {
  const underWay = new Set<Promise<void>>();
  let count = 0;
  let isDatabaseBusy = false;

  async function serverOf(whom: Victim): Promise<ClusterServer | undefined> {
    const { servers } = community;
    const server = whom === 'holder' ? await community.holder() : servers[whom];
    if (server?.state === 'up') return server;
    return servers.find(({ state }) => state === 'up');
  }

  function begun(words: string): void {
    count++;
    note(`! ${words}`);
  }

  async function carryOut(trouble: Trouble): Promise<void> {
    if (trouble.what === 'database') return disturbDatabase(trouble);
    const server = await serverOf(trouble.whom);
    if (!server) return;
    const { name } = server;
    const role = server === (await community.holder()) ? `${name}, which works` : name;
    // It may have gone while it was asked who works.
    if (server.state !== 'up') return;
    switch (trouble.what) {
      case 'kill':
      case 'stop':
        begun(`${trouble.what} ${role}, for ${trouble.downMs} ms`);
        await server[trouble.what]();
        await pause(trouble.downMs);
        return server.start();
      case 'pause':
        begun(`pause ${role} for ${trouble.ms} ms`);
        server.pause();
        await pause(trouble.ms);
        note(`! ${name} goes on`);
        return server.goOn();
      case 'cut':
        begun(`cut the connections of ${role}`);
        return server.cutDatabase();
      case 'trap': {
        const { words, fate } = trouble;
        const isSprung = community.lineOf(server).when(words, fate);
        await Promise.race([
          isSprung.then(() => begun(`${fate}: ${words} of ${role}`)),
          pause(TRAP_MS, undefined, { ref: false }),
        ]);
      }
    }
  }

  async function disturbDatabase({ how, ms }: Trouble & { what: 'database' }): Promise<void> {
    if (isDatabaseBusy) return;
    isDatabaseBusy = true;
    const { database } = community;
    begun(`${how} the database, for ${ms} ms`);
    if (how === 'freeze') {
      database.freeze();
      await pause(ms);
      database.thaw();
    } else {
      await (how === 'kill' ? database.kill() : database.shutdown());
      await pause(ms);
      await database.start();
    }
    note('! the database is there again');
    isDatabaseBusy = false;
  }

  return {
    make(trouble) {
      const made = carryOut(trouble).finally(() => underWay.delete(made));
      underWay.add(made);
    },
    count: () => count,
    async over() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
