import { type ChildProcess, fork } from 'node:child_process';
import type { Order, Report, StartOrder } from './messages.ts';

/** The game server's process, as its killer sees it. */
export class GameServerProcess {
  readonly #child: ChildProcess;
  /** Resolves when the process is dead and all that it told has been heard. */
  readonly ended: Promise<void>;
  /** What it wrote to its error output: nothing, unless the stand-in itself is broken. */
  stderr = '';

  /** @param entry the bundle of `game-server.ts`. */
  constructor(entry: string, start: StartOrder, onReport: (report: Report) => void) {
    const child = fork(entry, [JSON.stringify(start)], {
      execArgv: [],
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.on('message', onReport);
    // Orders cross with the death.
    child.on('error', () => {});
    child.stderr?.on('data', (text: Buffer) => {
      this.stderr += text.toString();
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const silent = new Promise<void>((resolve) => child.once('disconnect', () => resolve()));
    this.ended = Promise.all([exited, silent]).then(() => undefined);
  }

  /** How it ended; null while it lives, or when it ended by itself. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.connected;
  }

  send(order: Order): void {
    if (this.isAlive) this.#child.send(order, () => {});
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Nothing runs in it any more, until it is told to go on. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }
}
