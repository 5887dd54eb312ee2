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
  readonly suggestions = new Map<string, ChatSuggestion>();

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
        this.suggestions.set(asText(args[0]), suggestion(args[1], args[2]));
        break;
      case 'chat:addSuggestions':
        for (const entry of Array.isArray(args[0]) ? (args[0] as Record<string, unknown>[]) : []) {
          this.suggestions.set(asText(entry['name']), suggestion(entry['help'], entry['params']));
        }
        break;
      case 'chat:removeSuggestion':
        this.suggestions.delete(asText(args[0]));
        break;
      case 'chat:clear':
        this.lines.length = 0;
        break;
      default:
    }
  }
}
