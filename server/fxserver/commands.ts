import type { Players } from '../moderation/ports.ts';
import { readCommandLine } from '../triggers/command-line.ts';
import type { CommandHost } from '../triggers/ports.ts';

/** The server console, as the source of a command. */
const CONSOLE = 0;

/** The server's commands; registered as restricted, so that FXServer itself asks for `command.<name>`. */
export function commandHost(players: Players): CommandHost {
  return {
    register(name, handler) {
      RegisterCommand(
        name,
        (source: number, args: readonly string[], raw: unknown) => {
          const line = readCommandLine(args.map(String), typeof raw === 'string' ? raw : '');
          if (source === CONSOLE) return handler({ kind: 'console' }, line);
          const player = players.byId(source);
          if (player) handler({ kind: 'player', player }, line);
        },
        true,
      );
    },
  };
}
