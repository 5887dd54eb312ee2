import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line to a server that can be disturbed. */
export interface TestProxy {
  readonly port: number;
  /** How many connections have come so far. */
  connections(): number;
  /** Cuts all connections. */
  cut(): void;
  /** From now on: what comes is held back, in both directions, on old connections and new ones. */
  hold(): void;
  /** Passes on what was held back, and all else. */
  pass(): void;
  /** The next time that something passes to the server that holds this text: see {@link Fate}. */
  when(text: string, fate: Fate): Promise<void>;
  close(): Promise<void>;
}

/**
 * What becomes of a statement: it is lost with its connection; it arrives, and its answer is lost with the
 * connection; its answer never comes; or that is held back, with all that comes after it, until everything is passed on.
 */
export type Fate = 'cut before' | 'cut after' | 'no answer' | 'held after';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Told of an answer, which goes no further. */
  swallow: ((answer: Buffer) => void) | undefined;
}

/** @param target the server's port on this machine. */
export async function startProxy(target: number): Promise<TestProxy> {
  const pairs = new Set<Pair>();
  const traps: { text: string; fate: Fate; done: () => void }[] = [];
  let isHeld = false;
  let count = 0;

  function end(pair: Pair): void {
    pair.client.destroy();
    pair.server.destroy();
    pairs.delete(pair);
  }

  function hold(): void {
    isHeld = true;
    for (const { client, server } of pairs) for (const socket of [client, server]) socket.pause();
  }

  function toServer(pair: Pair, bytes: Buffer): void {
    const at = traps.findIndex(({ text }) => bytes.includes(text));
    const [trap] = at < 0 ? [] : traps.splice(at, 1);
    if (trap) {
      pair.swallow = (answer) => {
        if (trap.fate === 'cut after') end(pair);
        if (trap.fate === 'held after') {
          pair.swallow = undefined;
          hold();
          pair.server.unshift(answer);
        }
        trap.done();
      };
    }
    if (trap?.fate === 'cut before') {
      end(pair);
      trap.done();
    } else pair.server.write(bytes);
  }

  const listener = createServer((client) => {
    count++;
    const server = connect(target, '127.0.0.1');
    const pair: Pair = { client, server, swallow: undefined };
    pairs.add(pair);
    client.on('data', (bytes) => toServer(pair, bytes));
    server.on('data', (bytes) => (pair.swallow ? pair.swallow(bytes) : client.write(bytes)));
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => end(pair));
      socket.on('close', () => end(pair));
      if (isHeld) socket.pause();
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    port: (listener.address() as AddressInfo).port,
    connections: () => count,
    cut() {
      for (const pair of pairs) end(pair);
    },
    hold,
    pass() {
      isHeld = false;
      for (const { client, server } of pairs) for (const socket of [client, server]) socket.resume();
    },
    when: (text, fate) => new Promise((done) => traps.push({ text, fate, done })),
    async close() {
      for (const pair of pairs) end(pair);
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
