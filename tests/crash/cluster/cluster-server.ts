import { GameServerProcess } from '../game-server-process.ts';
import type { StartOrder } from '../messages.ts';
import { ANSWER, FAULT } from '../spoken.ts';
import type { Ports } from './senders.ts';

/** A stretch of time, in Unix milliseconds. */
export interface Stretch {
  readonly from: number;
  to: number;
}

/** A time in which a server is not there. */
export interface Outage extends Stretch {
  /** Whether it ended in order. */
  readonly isInOrder: boolean;
}

export interface ClusterServerOptions {
  /** Counted from 0. */
  readonly place: number;
  /** The bundle of `game-server.ts`. */
  readonly entry: string;
  readonly order: StartOrder;
  readonly cutDatabase: () => void;
  readonly note: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** `gone`: its process has ended, or is about to. */
export type ServerState = 'starting' | 'up' | 'paused' | 'gone';

/** One game server of the community, through all of its lives. */
export class ClusterServer {
  readonly #options: ClusterServerOptions;
  readonly #answers = new Map<number, (answer: unknown) => void>();
  /** Between which ports of this machine it has connected, and when, oldest first. */
  readonly #connections: (Ports & { readonly at: number })[] = [];
  #process: GameServerProcess | undefined;
  #calls = 0;
  #isToEnd = false;
  state: ServerState = 'gone';
  /** When it was paused. */
  readonly pauses: Stretch[] = [];
  /** When it was not there. */
  readonly outages: Outage[] = [];

  constructor(options: ClusterServerOptions) {
    this.#options = options;
  }

  get place(): number {
    return this.#options.place;
  }

  get name(): string {
    return nameOf(this.#options.place);
  }

  /** Resolves when it is up, or has ended before. */
  async start(): Promise<void> {
    const { entry, order, note, complain } = this.#options;
    const { promise, resolve: setUp } = Promise.withResolvers<void>();
    this.#isToEnd = false;
    this.state = 'starting';
    const process: GameServerProcess = new GameServerProcess(entry, order, (report) => {
      switch (report.tells) {
        case 'up':
          this.state = 'up';
          note(`${this.name} is up`);
          return setUp();
        case 'stray':
          return complain(`${this.name}: ${report.error}`);
        case 'knocked':
          return this.#answered(report.number, report.isLetIn);
        case 'connected':
          this.#connections.push({ from: report.from, to: report.to, at: report.at });
          return;
        case 'line':
          return this.#hear(report.resource, report.text);
      }
    });
    this.#process = process;
    const ended = process.ended.then(() => {
      this.state = 'gone';
      if (!this.#isToEnd) complain(`${this.name} ended by itself: ${process.stderr}`);
      else if (process.stderr !== '') complain(`${this.name} printed: ${process.stderr}`);
      for (const resolve of this.#answers.values()) resolve(undefined);
      this.#answers.clear();
    });
    await Promise.race([promise, ended]);
    const outage = this.outages.at(-1);
    if (outage) outage.to = Date.now();
  }

  kill(): Promise<void> {
    return this.#end(false, (process) => process.kill());
  }

  /** Ends it in order. */
  stop(): Promise<void> {
    return this.#end(true, (process) => process.send({ do: 'stop' }));
  }

  async #end(isInOrder: boolean, how: (process: GameServerProcess) => void): Promise<void> {
    const process = this.#process;
    if (!process || this.state === 'gone') return process?.ended;
    this.state = 'gone';
    this.#isToEnd = true;
    this.outages.push({ isInOrder, from: Date.now(), to: Number.POSITIVE_INFINITY });
    how(process);
    await process.ended;
  }

  pause(): void {
    if (this.state !== 'up') return;
    this.state = 'paused';
    this.pauses.push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
    this.#process?.pause();
  }

  goOn(): void {
    if (this.state !== 'paused') return;
    this.state = 'up';
    const pause = this.pauses.at(-1);
    if (pause) pause.to = Date.now();
    this.#process?.goOn();
  }

  /** When it connected last between two ports, before a time; undefined when it never did. */
  connectedAt(ports: Ports, before: number): number | undefined {
    return this.#connections.findLast(
      ({ from, to, at }) => from === ports.from && to === ports.to && at <= before,
    )?.at;
  }

  cutDatabase(): void {
    this.#options.cutDatabase();
  }

  console(line: string): void {
    this.#process?.send({ do: 'console', line });
  }

  /** Another resource calls an export. @returns undefined when the server died before it was answered. */
  call(name: string, ...args: readonly unknown[]): Promise<unknown> {
    const number = ++this.#calls;
    return this.#asked(number, () => this.#process?.send({ do: 'call', number, name, args }));
  }

  /** Whether somebody would be let in; undefined when the server died before. */
  knock(player: StartOrder['players'][number]): Promise<unknown> {
    const number = ++this.#calls;
    return this.#asked(number, () => this.#process?.send({ do: 'knock', number, player }));
  }

  #asked(number: number, ask: () => void): Promise<unknown> {
    if (this.state !== 'up' && this.state !== 'paused') return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#answers.set(number, resolve);
      ask();
    });
  }

  #answered(number: number, answer: unknown): void {
    this.#answers.get(number)?.(answer);
    this.#answers.delete(number);
  }

  #hear(resource: string, text: string): void {
    const { note, complain } = this.#options;
    if (FAULT.test(text)) complain(`${this.name}, ${resource} printed: ${text}`);
    if (resource === 'cmsban') note(`  ${this.name}: ${text.slice(0, 300)}`);
    const [, number, json] = ANSWER.exec(text) ?? [];
    if (number !== undefined && json !== undefined) this.#answered(Number(number), JSON.parse(json));
  }
}

/** `cmsban_server_name` of a server. */
export function nameOf(place: number): string {
  return `Server ${place + 1}`;
}
