import type { Http } from './http.ts';

/** An HTTP client that can be told to begin nothing for a while. */
export interface HeldHttp {
  /** What begins meanwhile waits; what is under way goes on. */
  readonly http: Http;
  hold(): void;
  release(): void;
}

export function heldHttp(http: Http): HeldHttp {
  let held: PromiseWithResolvers<void> | undefined;
  return {
    async http(request) {
      while (held) await held.promise;
      return http(request);
    },
    hold() {
      held ??= Promise.withResolvers();
    },
    release() {
      held?.resolve();
      held = undefined;
    },
  };
}
