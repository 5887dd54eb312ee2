import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * All servers of a community call the same addresses: who calls is told by the port that the call comes from. A port
 * may have a connection to somewhere else as well, of another server, so both ends are needed.
 */
const HEADERS = { from: 'x-sent-from-port', to: 'x-sent-to-port' } as const;
const CHANNEL = 'http.server.request.start';

/**
 * Writes on every request to HTTP servers of this process by which ports it comes.
 *
 * @param ports the servers' ports.
 * @returns what ends it.
 */
export function noteSenders(ports: readonly number[]): () => void {
  const listener: ChannelListener = (message) => {
    const { socket, request } = message as { readonly socket: Socket; readonly request: IncomingMessage };
    if (socket.localPort === undefined || !ports.includes(socket.localPort)) return;
    request.headers[HEADERS.from] = String(socket.remotePort);
    request.headers[HEADERS.to] = String(socket.localPort);
  };
  subscribe(CHANNEL, listener);
  return () => unsubscribe(CHANNEL, listener);
}

/** By which ports a request came. */
export function portsOf({ headers }: { readonly headers: Readonly<Record<string, string>> }): Ports {
  return { from: Number(headers[HEADERS.from]), to: Number(headers[HEADERS.to]) };
}

/** The ends of a connection within this machine. */
export interface Ports {
  readonly from: number;
  readonly to: number;
}
