import type { Clock } from '../clock.ts';
import type { Notification } from '../notify/notification.ts';

const OX_LIB = 'ox_lib';

/** After ox_lib has started here, players' games still load it: so long, in milliseconds. */
const LOADING_MS = 10_000;

/** Notifications of the resource ox_lib. */
export interface OxLib {
  /** Shows one, if ox_lib runs at the moment. @returns whether it does. */
  notify(playerId: number, notification: Notification): boolean;
}

/** The resource may start and stop at any time: whether it runs is asked for each notification. */
export function connectOxLib(clock: Clock): OxLib {
  let startedAt = Number.NEGATIVE_INFINITY;
  on('onResourceStart', (resource: unknown) => {
    if (resource === OX_LIB) startedAt = clock.elapsed();
  });
  return {
    notify(playerId, notification) {
      if (GetResourceState(OX_LIB) !== 'started' || clock.elapsed() - startedAt < LOADING_MS) return false;
      emitNet('ox_lib:notify', playerId, notification);
      return true;
    },
  };
}
