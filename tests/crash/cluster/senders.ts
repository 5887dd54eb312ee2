import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** All servers of a community call the same addresses: who calls is told by the port that the call comes from. */
const HEADER = 'x-sent-from-port';
const CHANNEL = 'http.server.request.start';

/**
 * Writes on every request to HTTP servers of this process from which port it comes.
 *
 * @param ports the servers' ports.
 * @returns what ends it.
 */
export function noteSenders(ports: readonly number[]): () => void {
  const listener: ChannelListener = (message) => {
    const { socket, request } = message as { readonly socket: Socket; readonly request: IncomingMessage };
    if (socket.localPort === undefined || !ports.includes(socket.localPort)) return;
    request.headers[HEADER] = String(socket.remotePort);
  };
  subscribe(CHANNEL, listener);
  return () => unsubscribe(CHANNEL, listener);
}

/** From which port a request came. */
export function senderPort({ headers }: { readonly headers: Readonly<Record<string, string>> }): number {
  return Number(headers[HEADER]);
}
