import type { FxServer } from './server.ts';

/** A ban in txAdmin's panel: of a player on the server, or of identifiers. */
export interface TxBan {
  readonly author: string;
  readonly reason: string;
  /** The player's number; leave it out to ban identifiers. */
  readonly target?: number;
  /** `type:value`; the target's own when left out. */
  readonly identifiers?: readonly string[];
  /** `permanent` (the default), or for example `2 hours`, `1 day`, `3 weeks`. */
  readonly duration?: string;
  /** Unix seconds, or false for ever; follows from the duration when left out. */
  readonly expiration?: number | false;
  readonly actionId?: string;
  readonly playerName?: string;
  /** txAdmin's major version, whose fields are sent: 8 by default; below 5 there is only `target`. */
  readonly version?: number;
}

/** A kick in txAdmin's panel; a target of -1 means everyone. */
export interface TxKick {
  readonly author: string;
  readonly reason: string;
  readonly target: number;
  readonly version?: number;
}

export interface TxWarn {
  readonly author: string;
  readonly reason: string;
  readonly target?: number;
  readonly identifiers?: readonly string[];
  readonly actionId?: string;
}

/** An earlier action that somebody takes back. */
export interface TxRevoke {
  /** The action that is revoked; a new id when left out. */
  readonly actionId?: string;
  readonly actionType?: 'ban' | 'warn';
  /** Who took the action, and why. */
  readonly author: string;
  readonly reason: string;
  readonly identifiers: readonly string[];
  readonly playerName?: string;
  readonly revokedBy: string;
}

/** The data of the event that was sent. */
export type TxEvent = Readonly<Record<string, unknown>>;

/** What somebody does in txAdmin's panel, carried out by the resource `monitor`, which has to run. */
export class TxAdmin {
  readonly #server: FxServer;

  constructor(server: FxServer) {
    this.#server = server;
  }

  ban(ban: TxBan): Promise<TxEvent> {
    return this.#call('ban', ban);
  }

  kick(kick: TxKick): Promise<TxEvent> {
    return this.#call('kick', kick);
  }

  warn(warn: TxWarn): Promise<TxEvent> {
    return this.#call('warn', warn);
  }

  revoke(revoke: TxRevoke): Promise<TxEvent> {
    return this.#call('revoke', revoke);
  }

  /** txAdmin is about to stop the server. */
  shutdown(options: { author?: string; message?: string; delay?: number } = {}): Promise<TxEvent> {
    return this.#call('shutdown', options);
  }

  async #call(name: string, options: object): Promise<TxEvent> {
    return (await this.#server.callExport('monitor', 'monitor', name, options)) as TxEvent;
  }
}
