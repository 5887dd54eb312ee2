import type { Player } from './players.ts';

/** How an attempt to connect ended. */
export type ConnectResult =
  | { readonly admitted: true; readonly player: Player }
  | { readonly admitted: false; readonly message: string };

/** What one resource did with its deferral. */
export interface Deferral {
  readonly resource: string;
  /** The text on the loading screen. */
  message: string;
  done: boolean;
}

/** How far somebody has come; `joining` is between being admitted and having a final number. */
export type ConnectState = 'connecting' | 'joining' | 'joined' | 'refused' | 'cancelled';

/** A player on the loading screen. */
export class Connecting {
  readonly player: Player;
  /** The number that `source` and the natives have for the player until they join. */
  readonly temporaryId: number;
  /** Settles when the player is in, or has been refused; never, when somebody's deferral never ends. */
  readonly result: Promise<ConnectResult>;
  /** By resource: who asked the player to wait. Empty for good when nobody ever did. */
  readonly deferrals = new Map<string, Deferral>();
  /** Every text that a resource put on the loading screen, oldest first. */
  readonly updates: string[] = [];
  /** Every card that a resource presented, as JSON, oldest first. */
  readonly cards: string[] = [];
  /** Uses of the deferral that a real server answers with a player who is stuck, or with nothing at all. */
  readonly misuse: string[] = [];
  /** What resources handed over to the client. */
  readonly handover: Record<string, unknown> = {};
  /** Answers the card that was presented last, as the player pressing its button. */
  answerCard: ((data: unknown) => void) | undefined;
  readonly #settle: (result: ConnectResult) => void;
  readonly #abandon: () => void;
  #state: ConnectState = 'connecting';

  /** @param abandon called when the player gives up on the loading screen. */
  constructor(player: Player, abandon: () => void) {
    this.player = player;
    this.temporaryId = player.id;
    this.#abandon = abandon;
    let settle: (result: ConnectResult) => void = () => undefined;
    this.result = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
  }

  get state(): ConnectState {
    return this.#state;
  }

  /** Whether the player is still on the loading screen. */
  get pending(): boolean {
    return this.#state === 'connecting' || this.#state === 'joining';
  }

  /**
   * The resources that called `defer` and never `done`, in order. A `done` that came too late to matter,
   * because another resource had refused the player or the player had given up, counts here as well.
   */
  get openDeferrals(): readonly string[] {
    return [...this.deferrals.values()].filter(({ done }) => !done).map(({ resource }) => resource);
  }

  /** The player gives up and closes the game. `result` never settles. */
  cancel(): void {
    if (!this.pending) return;
    this.#state = 'cancelled';
    this.#abandon();
  }

  /** To be called by the server. */
  admit(): void {
    if (this.#state === 'connecting') this.#state = 'joining';
  }

  /** To be called by the server. */
  joined(): void {
    if (this.#state !== 'joining') return;
    this.#state = 'joined';
    this.#settle({ admitted: true, player: this.player });
  }

  /** To be called by the server. */
  refuse(message: string): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'refused';
    this.#abandon();
    this.#settle({ admitted: false, message });
  }
}
