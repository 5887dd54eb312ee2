import type { Clock } from '../clock.ts';

/** How long the vendor's CAD resource has to answer, in milliseconds: a ban is not to wait for it. */
const PATIENCE_MS = 1_000;

/** An API ID fit to be sent: some text without spaces, not longer than any identifier. */
const API_ID = /^\S{1,128}$/;

/**
 * By which API ID the vendor's CAD resource knows a player who is here; undefined when it does not run, does
 * not know, fails, or takes too long. Never throws and never rejects. To be asked while the player is here; the
 * answer may come when they are gone.
 */
export type KnownCadApiId = (playerId: number) => Promise<string | undefined>;

/** @param ask see `fxserver/resource.ts`. */
export function knownCadApiIds(ask: (playerId: number) => unknown, clock: Clock): KnownCadApiId {
  return (playerId) => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const cancel = clock.after(PATIENCE_MS, () => resolve(undefined));
    const end = (answer: unknown) => {
      cancel();
      resolve(typeof answer === 'string' && API_ID.test(answer) ? answer : undefined);
    };
    new Promise((answered) => answered(ask(playerId))).then(end, () => end(undefined));
    return promise;
  };
}
