/** A suggestion of the chat box, as a resource's client script added it. */
export interface ChatSuggestion {
  readonly help: string;
  readonly params: readonly { readonly name: string; readonly help: string }[];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : String(value ?? '');
}

/**
 * The line that the chat resource shows for the argument of `chat:addMessage`: a plain text, or a message
 * with `args` and perhaps a `template` whose `{0}`, `{1}`… they fill.
 */
export function chatLine(message: unknown): string {
  if (typeof message !== 'object' || message === null) return asText(message);
  const { args, template } = message as { args?: unknown; template?: unknown };
  const words = Array.isArray(args) ? args.map(asText) : [];
  if (typeof template === 'string') {
    return template.replace(/\{(\d+)\}/g, (_whole, index: string) => words[Number(index)] ?? '');
  }
  return words.join(': ');
}

function suggestion(help: unknown, params: unknown): ChatSuggestion {
  const list = Array.isArray(params) ? (params as { name?: unknown; help?: unknown }[]) : [];
  return {
    help: asText(help),
    params: list.map((param) => ({ name: asText(param.name), help: asText(param.help) })),
  };
}

/** A player's chat box, as the built-in chat resource keeps it. */
export class ChatBox {
  /** The lines that the player saw, oldest first. */
  readonly lines: string[] = [];
  readonly #known = new Map<string, ChatSuggestion>();
  readonly #removed = new Set<string>();

  /** What is suggested, by command with its slash. */
  get suggestions(): ReadonlyMap<string, ChatSuggestion> {
    return new Map([...this.#known].filter(([name]) => !this.#removed.has(name)));
  }

  /** Takes an event that reached the client, from the server or from a client script. */
  handle(event: string, args: readonly unknown[]): void {
    switch (event) {
      case 'chat:addMessage':
        this.lines.push(chatLine(args[0]));
        break;
      // What the server's console says while it runs a player's command.
      case '__cfx_internal:serverPrint':
        this.lines.push(asText(args[0]));
        break;
      case 'chat:addSuggestion':
        this.#suggest(args[0], args[1], args[2]);
        break;
      case 'chat:addSuggestions':
        for (const entry of Array.isArray(args[0]) ? (args[0] as Record<string, unknown>[]) : []) {
          this.#suggest(entry['name'], entry['help'], entry['params']);
        }
        break;
      case 'chat:removeSuggestion':
        this.#removed.add(asText(args[0]));
        break;
      case 'chat:clear':
        this.lines.length = 0;
        break;
      default:
    }
  }

  /** A command that is known already keeps what is known, unless more than its name has come (html/App.ts). */
  #suggest(name: unknown, help: unknown, params: unknown): void {
    const command = asText(name);
    this.#removed.delete(command);
    if (!this.#known.has(command) || help || params) this.#known.set(command, suggestion(help, params));
  }
}
