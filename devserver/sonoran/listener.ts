import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * An address on loopback that nobody else has: while a host is down, its port must not be lent to another
 * server, which would then answer in its place. Only Linux has the whole of 127.0.0.0/8.
 */
function ownAddress(port: number): string {
  // Whoever asks for a port wants to find it under the usual address.
  if (port !== 0 || process.platform !== 'linux') return '127.0.0.1';
  return `127.${randomInt(1, 255)}.${randomInt(0, 256)}.${randomInt(2, 255)}`;
}

/** A port on loopback that can go away and come back, as a host does that crashes and restarts. */
export class Listener {
  /** The address that it listens on. */
  readonly address: string;
  readonly #serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port: number;
  #held = false;

  /** @param port 0 lets the system choose one, which is then kept. */
  constructor(port: number, serve: (request: IncomingMessage, response: ServerResponse) => void) {
    this.#port = port;
    this.address = ownAddress(port);
    this.#serve = serve;
  }

  get port(): number {
    return this.#port;
  }

  /** How many connections are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** Listens. Does nothing when it does already. @throws when the port is taken and stays taken. */
  async up(): Promise<void> {
    if (this.#server !== undefined) return;
    // While it was down the system may have lent the port to an outgoing connection, for a moment. A
    // port that was never held is somebody else's for good.
    const attempts = this.#held ? 50 : 1;
    for (let attempt = 1; ; attempt += 1) {
      const server = createServer(this.#serve);
      server.on('connection', (socket) => {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      });
      try {
        server.listen(this.#port, this.address);
        await once(server, 'listening');
        this.#port = (server.address() as AddressInfo).port;
        this.#server = server;
        this.#held = true;
        return;
      } catch (error) {
        const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
        if (!taken || attempt === attempts) throw error;
        await pause(20);
      }
    }
  }

  /** Stops listening and cuts every connection; a connect is refused from now on. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
