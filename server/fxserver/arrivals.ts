import type { Arrival } from '../door/join-gate.ts';
import type { Say } from '../text/locale.ts';
import { readIdentity } from './players.ts';

/** What `playerConnecting` hands out to let somebody wait. */
interface Deferrals {
  defer(): void;
  done(message?: string): void;
}

/** Hands over everybody who connects, while they can still be refused. */
export function onArrival(handler: (arrival: Arrival) => void, say: Say): void {
  on(
    'playerConnecting',
    (name: unknown, setKickReason: (reason: string) => void, deferrals: Deferrals): void => {
      const id = Number(source);
      handler({
        ...readIdentity(id, typeof name === 'string' ? name : '', say),
        refuse(message) {
          setKickReason(message);
          CancelEvent();
        },
        defer() {
          deferrals.defer();
          let hasTicked = false;
          let whenTicked = () => {};
          // FXServer's own timer, not Node's: a tick of the server must pass before `done`.
          globalThis.setTimeout(() => {
            hasTicked = true;
            whenTicked();
          }, 0);
          return (message) => {
            // One argument refuses, whatever it is.
            whenTicked = () => (message === undefined ? deferrals.done() : deferrals.done(message));
            if (hasTicked) whenTicked();
          };
        },
      });
    },
  );
}
