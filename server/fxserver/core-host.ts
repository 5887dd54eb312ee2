import type { CoreHost, EventOrigin } from '../triggers/vendor-core.ts';
import { callingResource } from './resource.ts';

/** Who triggered the event that is being handled: its `source` is a player's number, or '' for the server. */
function origin(): EventOrigin {
  return { resource: callingResource(), isClient: Number(source) > 0 };
}

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
  onServer(event, handler) {
    on(event, (...args: unknown[]) => handler(args, origin()));
  },
  onAny(event, handler) {
    onNet(event, (...args: unknown[]) => handler(args, origin()));
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
