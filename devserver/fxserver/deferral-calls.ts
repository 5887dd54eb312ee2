import type { Connecting } from './connecting.ts';
import type { InvocationStack } from './invocation.ts';
import type { AnyFunction } from './message-pack.ts';
import type { TickLoop } from './tick-loop.ts';

/** What deferrals need of the server. */
export interface DeferralHost {
  readonly ticks: TickLoop;
  readonly invocations: InvocationStack;
  admit(connecting: Connecting): void;
}

/**
 * The functions of `deferrals` in `playerConnecting`. Each resource has a deferral of its own, and all of
 * them must be done; one that is done with a message refuses the player
 * (citizen-server-impl/src/ClientDeferral.cpp).
 *
 * @param isHandling whether the event's handlers are still running: `defer` counts only then.
 */
export function deferralCalls(
  host: DeferralHost,
  connecting: Connecting,
  isHandling: () => boolean,
): Record<string, AnyFunction> {
  const deferredAt = new Map<string, number>();

  /** The caller's deferral; undefined where a real server would not act on the call. */
  const current = (call: string) => {
    const resource = host.invocations.current ?? '';
    if (connecting.state !== 'connecting') return undefined;
    const deferral = connecting.deferrals.get(resource);
    if (deferral === undefined) {
      connecting.misuse.push(`${resource}: ${call}() without defer()`);
      return undefined;
    }
    if (deferredAt.get(resource) === host.ticks.count) {
      connecting.misuse.push(`${resource}: ${call}() in the same tick as defer()`);
      return undefined;
    }
    return deferral;
  };

  return {
    defer: () => {
      const resource = host.invocations.current ?? '';
      if (!isHandling()) {
        connecting.misuse.push(`${resource}: defer() after the handler had returned`);
        return;
      }
      if (connecting.state !== 'connecting') return;
      connecting.deferrals.set(resource, { resource, message: 'Deferring connection...', done: false });
      deferredAt.set(resource, host.ticks.count);
      // The server goes on ticking while somebody is on the loading screen.
      host.ticks.nextTick(() => undefined);
    },
    update: (message) => {
      const deferral = current('update');
      if (deferral === undefined || deferral.done) return;
      if (typeof message !== 'string') {
        connecting.misuse.push(`${deferral.resource}: update() with something that is not text`);
        return;
      }
      deferral.message = message;
      connecting.updates.push(message);
    },
    presentCard: (card, answer) => {
      if (current('presentCard') === undefined) return;
      connecting.cards.push(typeof card === 'string' ? card : JSON.stringify(card));
      connecting.answerCard = (data) => {
        if (typeof answer === 'function') answer(data, JSON.stringify(data));
      };
    },
    done: (...reasons) => {
      if (connecting.state !== 'connecting') {
        const late = connecting.deferrals.get(host.invocations.current ?? '');
        if (late !== undefined) late.done = true;
      }
      const deferral = current('done');
      if (deferral === undefined) return;
      deferral.done = true;
      const [reason] = reasons;
      // The server counts the arguments: one is a refusal, and one that is not text ends in an error there,
      // with the player still waiting.
      if (reasons.length === 1 && typeof reason === 'string') connecting.refuse(reason);
      else if (reasons.length === 1)
        connecting.misuse.push(`${deferral.resource}: done() with something that is not text`);
      else if ([...connecting.deferrals.values()].every((each) => each.done)) host.admit(connecting);
    },
    handover: (data) => {
      Object.assign(connecting.handover, data);
    },
  };
}
