import type { Players } from '../moderation/ports.ts';
import type { CommandHost } from '../triggers/ports.ts';

/** The server console, as the source of a command. */
const CONSOLE = 0;

/** The server's commands; registered as restricted, so that FXServer itself asks for `command.<name>`. */
export function commandHost(players: Players): CommandHost {
  return {
    register(name, handler) {
      RegisterCommand(
        name,
        (source: number, args: readonly string[]) => {
          if (source === CONSOLE) return handler({ kind: 'console' }, args.map(String));
          const player = players.byId(source);
          if (player) handler({ kind: 'player', player }, args.map(String));
        },
        true,
      );
    },
  };
}
