import type { AnyFunction } from './message-pack.ts';

/** What listens to a resource's page: a browser that shows it. */
export interface NuiListener {
  /** A message to the page, as JSON. */
  message(json: string): void;
  /** The page is gone; there is a new one when the resource starts again. */
  reload(): void;
}

/** Which of keyboard and mouse a resource's page has. */
export interface NuiFocus {
  readonly keyboard: boolean;
  readonly mouse: boolean;
}

/** Most messages that wait for a page. */
const MOST_WAITING = 1_000;

/** One resource's page in a player's game, from a start of the resource to its end. */
class Frame {
  readonly callbacks = new Map<string, AnyFunction>();
  /** What came before the page listened: the game keeps it until then (docs.fivem.net, full-screen NUI). */
  readonly waiting: string[] = [];
  focus: NuiFocus = { keyboard: false, mouse: false };
}

/**
 * A player's browser, as far as scripts and pages go: messages to a resource's page, the callbacks that the page calls,
 * and who has the focus. Follows nui-resources of the platform (ResourceUI.cpp, ResourceUIScripting.cpp,
 * ResourceUICallbacks.cpp): a page belongs to one run of its resource, which takes its callbacks and its focus along.
 */
export class Nui {
  readonly #frames = new Map<string, Frame>();
  readonly #listeners = new Map<string, Set<NuiListener>>();

  /** A resource with a page has started. */
  create(resource: string): void {
    this.#frames.set(resource, new Frame());
    for (const listener of this.#listenersOf(resource)) listener.reload();
  }

  /** A resource has stopped. */
  destroy(resource: string): void {
    this.#frames.delete(resource);
  }

  /** `SendNuiMessage`. @returns false for what is no JSON, and of a resource that has no page. */
  post(resource: string, json: string): boolean {
    const frame = this.#frames.get(resource);
    if (frame === undefined || !isJson(json)) return false;
    const listeners = this.#listenersOf(resource);
    if (listeners.size === 0) {
      frame.waiting.push(json);
      if (frame.waiting.length > MOST_WAITING) frame.waiting.shift();
    }
    for (const listener of listeners) listener.message(json);
    return true;
  }

  /** `SetNuiFocus`. */
  setFocus(resource: string, focus: NuiFocus): void {
    const frame = this.#frames.get(resource);
    if (frame !== undefined) frame.focus = focus;
  }

  /** Which of keyboard and mouse a resource's page has now. */
  focusOf(resource: string): NuiFocus {
    return this.#frames.get(resource)?.focus ?? { keyboard: false, mouse: false };
  }

  /** `RegisterNuiCallback`, also of a resource without a page. */
  register(resource: string, name: string, run: AnyFunction): void {
    const frame = this.#frames.get(resource) ?? new Frame();
    this.#frames.set(resource, frame);
    frame.callbacks.set(name, run);
  }

  /**
   * A page calls `https://<resource>/<name>`.
   *
   * @returns what the script answers, which may be never; undefined when there is no such callback.
   */
  call(resource: string, name: string, body: unknown): Promise<unknown> | undefined {
    const run = this.#frames.get(resource)?.callbacks.get(name);
    if (run === undefined) return undefined;
    return new Promise((resolve) => {
      // An answer of no value, or of several, is none.
      run(body, (...values: unknown[]) => {
        if (values.length === 1) resolve(values[0]);
      });
    });
  }

  /** A page is shown from now on. @returns to be called when it is not any more. */
  listen(resource: string, listener: NuiListener): () => void {
    const listeners = this.#listenersOf(resource);
    listeners.add(listener);
    for (const json of this.#frames.get(resource)?.waiting.splice(0) ?? []) listener.message(json);
    return () => void listeners.delete(listener);
  }

  #listenersOf(resource: string): Set<NuiListener> {
    const known = this.#listeners.get(resource);
    if (known !== undefined) return known;
    const made = new Set<NuiListener>();
    this.#listeners.set(resource, made);
    return made;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
