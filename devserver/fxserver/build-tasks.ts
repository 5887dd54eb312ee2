import type { AnyFunction } from './message-pack.ts';

/** What a resource offers that builds others before they start: the platform's `yarn` and `webpack` do. */
interface BuildTask {
  readonly shouldBuild: AnyFunction;
  readonly build: AnyFunction;
}

/**
 * Tasks that run before a resource starts, registered with `RegisterResourceBuildTaskFactory`. Who asks for
 * one is not started; when all have been built, it is (citizen-scripting-core/src/ResourceBuildTasks.cpp).
 */
export class BuildTasks {
  readonly #factories = new Map<string, AnyFunction>();
  readonly #building = new Set<string>();
  readonly #say: (text: string) => void;

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  register(id: string, resource: string, factory: AnyFunction): void {
    this.#factories.set(`${id}_${resource}`, factory);
  }

  /**
   * Asks every task whether it wants to build a resource, and lets those that do.
   *
   * @param start starts the resource again once everything has been built.
   * @returns whether it can start now.
   */
  mayStart(resource: string, start: () => void): boolean {
    if (this.#building.has(resource)) return false;
    // A factory of a resource that has stopped gives nothing.
    const tasks = [...this.#factories.values()]
      .map((factory) => factory() as BuildTask | undefined)
      .filter((task) => task?.shouldBuild(resource) === true);
    if (tasks.length === 0) return true;
    this.#say(`Running build tasks on resource ${resource} - it'll restart once completed.`);
    this.#building.add(resource);
    this.#run(resource, tasks, start);
    return false;
  }

  #run(resource: string, [task, ...rest]: readonly (BuildTask | undefined)[], start: () => void): void {
    if (task === undefined) {
      this.#building.delete(resource);
      this.#say(`Build tasks completed - starting resource ${resource}.`);
      start();
      return;
    }
    task.build(resource, (success: unknown, result: unknown) => {
      if (success === true) return this.#run(resource, rest, start);
      this.#building.delete(resource);
      this.#say(`Building resource ${resource} failed.`);
      this.#say(`Error data: ${String(result)}`);
    });
  }
}
