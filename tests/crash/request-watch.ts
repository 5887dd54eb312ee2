import { type ChannelListener, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** The moment in which a request has arrived, before anybody looks at it, and the one in which its answer is sent. */
const CHANNELS = { request: 'http.server.request.start', answer: 'http.server.response.finish' } as const;

/**
 * Watches the HTTP servers of this process from below, so that they need not know about it.
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
      const { socket } = message as { readonly socket: Socket };
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
