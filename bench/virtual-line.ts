import { type AddressInfo, connect, createServer } from 'node:net';
import type { Clock } from '../devserver/clock.ts';

/** A packet's head: three bytes of length, and its number in the exchange; then comes what it is. */
const HEAD_BYTES = 4;
const NUMBER_AT = 3;
const QUERY = 3;

/** A statement that has passed. */
export interface Passed {
  /** On the clock's `elapsed`. */
  readonly at: number;
  /** The first word: `SELECT`, `INSERT`, `COMMIT`. */
  readonly verb: string;
}

/** A line to a database, which lives by another clock behind it. */
export interface VirtualLine {
  readonly port: number;
  /** All statements so far. */
  readonly passed: readonly Passed[];
  /** Whether something is on its way to the database, or not answered yet. */
  isBusy(): boolean;
  close(): Promise<void>;
}

/**
 * Opens a line to a database on which `NOW(3)` is what a clock says. The database's own clock cannot be set; the
 * statements ask for it by this name, which is written out on the way.
 */
export async function openVirtualLine(socketPath: string, clock: Clock): Promise<VirtualLine> {
  const passed: Passed[] = [];
  const open = new Set<() => boolean>();
  const ends = new Set<() => void>();

  /** @returns the packet as it goes on. */
  function note(packet: Buffer): Buffer {
    if (packet[NUMBER_AT] !== 0 || packet[HEAD_BYTES] !== QUERY) return packet;
    const sql = packet.toString('utf8', HEAD_BYTES + 1);
    passed.push({ at: clock.elapsed(), verb: /^\s*(\w+)/.exec(sql)?.[1]?.toUpperCase() ?? '' });
    if (!sql.includes('NOW(3)')) return packet;
    const now = `FROM_UNIXTIME(${(clock.now() / 1000).toFixed(3)})`;
    const body = Buffer.from(sql.replaceAll('NOW(3)', now));
    const head = Buffer.alloc(HEAD_BYTES + 1);
    head.writeUIntLE(body.length + 1, 0, NUMBER_AT);
    head[HEAD_BYTES] = QUERY;
    return Buffer.concat([head, body]);
  }

  const listener = createServer((client) => {
    const server = connect({ path: socketPath });
    // The database speaks first.
    let isAwaited = true;
    let rest = Buffer.alloc(0);
    const awaits = () => isAwaited;
    open.add(awaits);
    client.on('data', (bytes) => {
      isAwaited = true;
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= HEAD_BYTES) {
        const length = HEAD_BYTES + rest.readUIntLE(0, NUMBER_AT);
        if (rest.length < length) break;
        server.write(note(rest.subarray(0, length)));
        rest = rest.subarray(length);
      }
    });
    server.on('data', (bytes) => {
      isAwaited = false;
      client.write(bytes);
    });
    const end = () => {
      open.delete(awaits);
      ends.delete(end);
      client.destroy();
      server.destroy();
    };
    ends.add(end);
    for (const socket of [client, server]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    client.setNoDelay(true);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    passed,
    isBusy: () => [...open].some((awaits) => awaits()),
    async close() {
      for (const end of [...ends]) end();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
