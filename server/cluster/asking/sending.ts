import { type Clock, sleep } from '../../clock.ts';

/** How soon it is tried again what the database did not take, in milliseconds. */
const AGAIN_MS = 1_000;
/** After so long it is looked whether what was sent is still there, in milliseconds: an older database may be back. */
const REMIND_MS = 30_000;

/** A request, as it is put into the database. */
export interface RequestRow {
  readonly id: string;
  readonly at: number;
  readonly body: string;
}

/** @returns `not now` when the database is away, or this server takes no part yet; `not this` when others may go. */
export type AddToBox = (row: RequestRow) => Promise<'there' | 'later' | 'never'>;

/** Puts what is asked into the database, one after the other in the order decided, until it is there. */
export interface Sending {
  /** Resolves once it is there, or is not wanted there any more. */
  send(id: string): Promise<void>;
}

/** @param parts.rowOf undefined for what is not wanted any more. */
export function createSending({
  add,
  rowOf,
  clock,
}: {
  readonly add: AddToBox;
  readonly rowOf: (id: string) => RequestRow | undefined;
  readonly clock: Clock;
}): Sending {
  /** In the order decided, those who wait for it. */
  const unsent = new Map<string, () => void>();
  const sent = new Set<string>();
  let isSending = false;
  let cancelReminder: (() => void) | undefined;

  async function sendAll(): Promise<void> {
    if (isSending) return;
    isSending = true;
    for (let next = first(); next; next = first()) {
      const [id, resolve] = next;
      const row = rowOf(id);
      const how = row ? await add(row) : 'there';
      if (how === 'there') {
        unsent.delete(id);
        if (row) sent.add(id);
        resolve();
        continue;
      }
      if (how === 'never') {
        unsent.delete(id);
        unsent.set(id, resolve);
      }
      await sleep(clock, AGAIN_MS);
    }
    isSending = false;
    remind();
  }

  function first(): readonly [string, () => void] | undefined {
    const [next] = unsent;
    return next;
  }

  function remind(): void {
    if (cancelReminder || sent.size === 0) return;
    cancelReminder = clock.after(REMIND_MS, () => {
      cancelReminder = undefined;
      for (const id of sent) if (rowOf(id)) unsent.set(id, () => {});
      sent.clear();
      void sendAll();
    });
  }

  return {
    send(id) {
      const { promise, resolve } = Promise.withResolvers<void>();
      unsent.set(id, resolve);
      void sendAll();
      return promise;
    },
  };
}
