import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The moment in which a request has arrived, before anybody looks at it, and the one in which its answer is sent. */
const CHANNELS = { request: 'http.server.request.start', answer: 'http.server.response.finish' } as const;

/** The lists of banned accounts, and which account a ban was for, are read beside it all: no step of any decision. */
const LIST = /^\/v2\/(community|general)\/accounts(\/search)?\?/;

/**
 * Watches the HTTP servers of this process from below, so that they need not know about it. Reads of the
 * lists of banned accounts are left out.
 *
 * @param ports the servers' ports.
 * @returns what ends it.
 */
export function watchRequests(
  ports: readonly number[],
  onStep: (step: keyof typeof CHANNELS) => void,
): () => void {
  const listen = (step: keyof typeof CHANNELS): (() => void) => {
    const listener: ChannelListener = (message) => {
      const { socket, request } = message as { readonly socket: Socket; readonly request: IncomingMessage };
      if (LIST.test(request.url ?? '')) return;
      if (socket.localPort !== undefined && ports.includes(socket.localPort)) onStep(step);
    };
    subscribe(CHANNELS[step], listener);
    return () => unsubscribe(CHANNELS[step], listener);
  };
  const endings = [listen('request'), listen('answer')];
  return () => {
    for (const end of endings) end();
  };
}
