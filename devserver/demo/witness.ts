import type { FxServer } from '../fxserver/server.ts';
import { describeRequest, describeResponse } from '../sonoran/describe.ts';
import type { RecordedRequest } from '../sonoran/recorded-request.ts';
import { line } from './screen.ts';
import type { Stage } from './stage.ts';

/** Shows what has happened since it was asked last: on the wire, in chat, and who is gone. */
export class Witness {
  readonly #stage: Pick<Stage, 'fx' | 'sonoran'>;
  readonly #shownRequests = { cms: 0, cad: 0 };
  readonly #shownChat = new Map<object, number>();
  readonly #shownGone = new Set<object>();
  readonly #everybody = new Set<FxPlayer>();

  constructor(stage: Pick<Stage, 'fx' | 'sonoran'>) {
    this.#stage = stage;
    // Whoever is here is watched from now on, also after they are gone.
    this.#players();
  }

  /** Whether there is something new that {@link show} would print. */
  get hasNews(): boolean {
    return (
      this.#answered('cms').length > this.#shownRequests.cms ||
      this.#answered('cad').length > this.#shownRequests.cad ||
      this.#players().some(
        (player) =>
          player.chat.length > (this.#shownChat.get(player) ?? 0) ||
          (player.dropReason !== null && !this.#shownGone.has(player)),
      )
    );
  }

  /** Prints the news. */
  show(): void {
    for (const product of ['cms', 'cad'] as const) {
      const requests = this.#answered(product);
      for (const request of requests.slice(this.#shownRequests[product])) {
        line('wire', `to ${product.toUpperCase()}`, describeRequest(request));
        line('answer', `${product.toUpperCase()} answers`, describeResponse(request));
      }
      this.#shownRequests[product] = requests.length;
    }
    for (const player of this.#players()) {
      if (player.dropReason !== null && !this.#shownGone.has(player)) {
        this.#shownGone.add(player);
        line('gone', `${player.name} is gone`, player.dropReason);
      }
      for (const text of player.chat.slice(this.#shownChat.get(player) ?? 0)) {
        line('sees', `${player.name} sees`, text);
      }
      this.#shownChat.set(player, player.chat.length);
    }
  }

  /** Requests count once they are answered, in order: a later one is not shown before an earlier one. */
  #answered(product: 'cms' | 'cad'): readonly RecordedRequest[] {
    const { requests } = this.#stage.sonoran[product];
    const open = requests.findIndex(({ response }) => response === undefined);
    return open < 0 ? requests : requests.slice(0, open);
  }

  /** Also those who have left meanwhile. */
  #players(): readonly FxPlayer[] {
    for (const player of this.#stage.fx.players.values()) this.#everybody.add(player);
    return [...this.#everybody];
  }
}

type FxPlayer = FxServer['players'] extends ReadonlyMap<number, infer P> ? P : never;
