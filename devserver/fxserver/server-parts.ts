import type { Clock } from '../clock.ts';
import type { AccessControl } from './access.ts';
import type { BuildTasks } from './build-tasks.ts';
import type { CommandSource, Commands } from './commands.ts';
import type { Convars } from './convars.ts';
import type { EventBus } from './events.ts';
import type { HostFunctions, ReferenceRouter } from './function-references.ts';
import type { InvocationStack } from './invocation.ts';
import type { KeyValueStore } from './key-value-store.ts';
import type { AnyFunction } from './message-pack.ts';
import type { Player, Players } from './players.ts';
import type { TickLoop } from './tick-loop.ts';

/** The states that `GetResourceState` knows. */
export type ResourceState = 'missing' | 'stopped' | 'starting' | 'started';

/** What scripts can learn about resources. */
export interface ResourceDirectory {
  /** The folder; undefined when there is no such resource. */
  path(name: string): string | undefined;
  state(name: string): ResourceState;
  /** Every value of a manifest key, in order. */
  metadata(name: string, key: string): readonly string[];
  /** In the order in which they were found. */
  names(): readonly string[];
}

/** An exception that FXServer would have swallowed. */
export interface SwallowedException {
  readonly resource: string;
  readonly error: unknown;
}

/** The running server, as its scripts and natives see it. */
export interface ServerParts {
  readonly clock: Clock;
  readonly ticks: TickLoop;
  readonly events: EventBus;
  readonly references: ReferenceRouter;
  readonly hostFunctions: HostFunctions;
  readonly invocations: InvocationStack;
  readonly access: AccessControl;
  readonly convars: Convars;
  readonly commands: Commands;
  readonly players: Players;
  readonly resources: ResourceDirectory;
  readonly buildTasks: BuildTasks;
  /** Each resource's HTTP handler. */
  readonly httpHandlers: Map<string, AnyFunction>;
  readonly swallowed: SwallowedException[];
  store(resource: string): KeyValueStore;
  /** Prints a line on the console, as from a resource. */
  print(resource: string, text: string): void;
  drop(player: Player, reason: string, byResource: string): void;
  /** @param target a player's number, or -1 for everyone who has joined. */
  sendToClient(target: number, event: string, payload: Uint8Array): void;
  runCommand(line: string, source: CommandSource): void;
}
