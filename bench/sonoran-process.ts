import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The stand-in for Sonoran in a process of its own, so that its work is not counted as the game server's. */
export interface SonoranProcess {
  readonly cms: Host;
  readonly cad: Host;
  /** Sends a control message (see `devserver/sonoran/control-message.ts`) and waits until it is obeyed. */
  tell(message: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

interface Host {
  readonly url: string;
  readonly communityId: string;
}

/** Starts it, without rate limits: a bench is not about waiting for them. */
export async function startSonoranProcess(): Promise<SonoranProcess> {
  const entry = join(import.meta.dirname, '..', 'devserver', 'sonoran', 'main.ts');
  const child = fork(entry, ['--limits', 'off'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const { cms, cad } = await nextMessage<{ cms: Host; cad: Host }>(child);
  const tell = async (message: Readonly<Record<string, unknown>>) => {
    const reply = nextMessage<{ error?: string }>(child);
    child.send(message);
    const { error } = await reply;
    if (error !== undefined) throw new Error(error);
  };
  return {
    cms,
    cad,
    tell,
    async stop() {
      const exit = once(child, 'exit');
      await tell({ do: 'stop' });
      await exit;
    },
  };
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message');
  return message as T;
}
