import { ChatBox, type ChatSuggestion } from './chat.ts';

/** What a player brings along. */
export interface PlayerProfile {
  readonly name: string;
  /** `type:value`, in the order in which natives list them. */
  readonly identifiers: readonly string[];
  /** `ip:port`, for `GetPlayerEndpoint`. */
  readonly endpoint?: string;
}

/** A net event that reached a player's client. */
export interface ClientEvent {
  readonly name: string;
  readonly args: unknown[];
}

/** What a player can do to the server. */
export interface PlayerActions {
  chatInput(player: Player, text: string): Promise<void>;
  trigger(player: Player, event: string, args: unknown[]): void;
  drop(player: Player, reason: string): void;
}

/** FXServer cuts names after so many bytes; half a character becomes a replacement one (InitConnectMethod.cpp). */
const MOST_NAME_BYTES = 200;

/** Somebody on the server, or on the way in. */
export class Player {
  readonly #actions: PlayerActions;
  readonly name: string;
  readonly identifiers: readonly string[];
  readonly endpoint: string;
  readonly #chat = new ChatBox();
  readonly #events: ClientEvent[] = [];
  /** The player's number; while connecting, a temporary one above 65535. */
  id: number;
  /** Whether the player has joined and not left. */
  connected = false;
  /** Whether the keyboard has gone to the chat's input: then it is the page's (`IsNuiFocused`), and not the game's. */
  isChatOpen = false;
  /** Why the player is gone; null while they are not. */
  dropReason: string | null = null;

  constructor(id: number, profile: PlayerProfile, actions: PlayerActions) {
    this.id = id;
    this.name = Buffer.from(profile.name).subarray(0, MOST_NAME_BYTES).toString();
    this.identifiers = [...profile.identifiers];
    this.endpoint = profile.endpoint ?? '127.0.0.1:50000';
    this.#actions = actions;
  }

  /** The net events that arrived at the client, oldest first. */
  get events(): readonly ClientEvent[] {
    return this.#events;
  }

  /** The chat lines that the player saw, oldest first. */
  get chat(): readonly string[] {
    return this.#chat.lines;
  }

  /** The chat box's command suggestions, by command with its slash. Needs `client: true`. */
  get suggestions(): ReadonlyMap<string, ChatSuggestion> {
    return this.#chat.suggestions;
  }

  /** As whom the server checks the player's access. */
  get principals(): string[] {
    return [`player.${this.id}`, ...this.identifiers.map((identifier) => `identifier.${identifier}`)];
  }

  /** Types a line into the chat box; with a slash, a command. Resolves once the server has handled it. */
  chatInput(text: string): Promise<void> {
    return this.#actions.chatInput(this, text);
  }

  /** Sends a net event from the client. The server refuses it unless a script registered it as one. */
  trigger(event: string, ...args: unknown[]): void {
    this.#actions.trigger(this, event, args);
  }

  /** Leaves the server. */
  leave(reason = 'Exiting'): void {
    this.#actions.drop(this, reason);
  }

  /** To be called by the server: an event reached the client. */
  receive(name: string, args: unknown[]): void {
    this.#events.push({ name, args });
    this.#chat.handle(name, args);
  }

  /** To be called by the server: a client script triggered a local event. */
  handleLocally(name: string, args: readonly unknown[]): void {
    this.#chat.handle(name, args);
  }
}

/** The first temporary number; anything above 65535 is somebody who has not joined yet. */
const FIRST_TEMPORARY_ID = 65_536;

/** Everybody on the server and on the way in, by number. */
export class Players {
  /** Those who have joined. */
  readonly joined = new Map<number, Player>();
  readonly #connecting = new Map<number, Player>();
  #nextTemporaryId = FIRST_TEMPORARY_ID;
  #nextId = 1;

  startConnecting(profile: PlayerProfile, actions: PlayerActions): Player {
    const player = new Player(this.#nextTemporaryId++, profile, actions);
    this.#connecting.set(player.id, player);
    return player;
  }

  stopConnecting(player: Player): void {
    this.#connecting.delete(player.id);
  }

  /** Gives the player their final number. @returns the temporary one. */
  join(player: Player): number {
    const temporaryId = player.id;
    this.#connecting.delete(temporaryId);
    player.id = this.#nextId++;
    player.connected = true;
    this.joined.set(player.id, player);
    return temporaryId;
  }

  remove(player: Player): void {
    player.connected = false;
    this.joined.delete(player.id);
  }

  /** Somebody who has joined, or is connecting, by the number that natives take. */
  find(id: string): Player | undefined {
    if (!/^\d+$/.test(id)) return undefined;
    return this.joined.get(Number(id)) ?? this.#connecting.get(Number(id));
  }
}
