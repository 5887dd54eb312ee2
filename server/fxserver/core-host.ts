import type { CoreHost } from '../triggers/vendor-core.ts';
import { callingResource } from './resource.ts';

/** What other resources on the server do. */
export const coreHost: CoreHost = {
  isStarted: (resource) => GetResourceState(resource) === 'started',
  onStarted(callback) {
    // Queued by the server: the resource's own scripts have run by then.
    on('onServerResourceStart', callback);
  },
  onStopped(callback) {
    // At once: what the next run of it does must not be taken for the last one's.
    on('onResourceStop', callback);
  },
  onAny(event, handler) {
    onNet(event, (...args: unknown[]) => {
      // Of an event from a client it is the player's number, of one from the server ''.
      handler(args, { resource: callingResource(), isClient: Number(source) > 0 });
    });
  },
  trigger: (event, ...args) => emit(event, ...args),
  callingResource,
  get ownName() {
    return GetCurrentResourceName();
  },
  soon(callback) {
    setImmediate(callback);
  },
};
