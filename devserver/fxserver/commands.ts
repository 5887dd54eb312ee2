import type { AccessControl } from './access.ts';
import { tokenize } from './console-line.ts';

/** Whoever runs a command. */
export interface CommandSource {
  /** A player's number, or 0 for the console and for resources. */
  readonly id: number;
  /** As whom access is checked. */
  readonly principals: readonly string[];
  /** Where the server's own answers go, such as a denial. */
  print(text: string): void;
}

/** Runs a command. @returns a promise when it takes its time, such as starting a resource. */
export type CommandHandler = (
  source: CommandSource,
  args: string[],
  raw: string,
) => Promise<void> | undefined;

interface Command {
  readonly name: string;
  readonly owner: string | undefined;
  readonly handler: CommandHandler;
}

/** What became of a command line. */
export type CommandOutcome = 'done' | 'denied' | 'unknown';

/** The server's commands: its own, and those that resources registered. Names are compared without case. */
export class Commands {
  readonly #access: AccessControl;
  readonly #commands = new Map<string, Command[]>();

  constructor(access: AccessControl) {
    this.#access = access;
  }

  /** @param owner the resource it belongs to; undefined for the server's own. */
  register(name: string, handler: CommandHandler, owner?: string): void {
    const key = name.toLowerCase();
    this.#commands.set(key, [...(this.#commands.get(key) ?? []), { name, owner, handler }]);
  }

  /** Forgets everything that a resource registered. */
  unregisterAll(owner: string): void {
    for (const [key, commands] of this.#commands) {
      const left = commands.filter((command) => command.owner !== owner);
      if (left.length === 0) this.#commands.delete(key);
      else this.#commands.set(key, left);
    }
  }

  list(): { name: string; resource: string }[] {
    return [...this.#commands.values()].flatMap((commands) =>
      commands.map(({ name, owner }) => ({ name, resource: owner ?? 'internal' })),
    );
  }

  /**
   * Runs one command line. Everybody but the console needs the ACE `command.<name>`; a command that a
   * resource registered without `restricted` has an entry that allows it to everyone.
   */
  async run(line: string, source: CommandSource): Promise<CommandOutcome> {
    const started = this.start(line, source);
    await started.finished;
    return started.outcome;
  }

  /** The same, without waiting for commands that take their time. */
  start(
    line: string,
    source: CommandSource,
  ): { outcome: CommandOutcome; finished: Promise<void> | undefined } {
    const [name, ...args] = tokenize(line);
    if (name === undefined) return { outcome: 'done', finished: undefined };
    const [command] = this.#commands.get(name.toLowerCase()) ?? [];
    if (command === undefined) return { outcome: 'unknown', finished: undefined };
    if (!this.#access.isAllowed(source.principals, `command.${name}`)) {
      source.print(`Access denied for command ${name}.`);
      return { outcome: 'denied', finished: undefined };
    }
    return { outcome: 'done', finished: command.handler(source, args, line) };
  }
}
