import type { Clock } from '../clock.ts';

/** What can be done to an account, by an API call or in the web panel. */
export type EffectKind = 'ban' | 'kick' | 'unban' | 'record' | 'record-status';

/** One thing that took effect. */
export interface Effect {
  /** Wall clock, in ms. */
  readonly at: number;
  /** The account's `accId` (CMS) or `uuid` (CAD). */
  readonly accId: string;
  readonly kind: EffectKind;
  /** Which of the host's `requests` did it; undefined for the web panel. */
  readonly requestIndex: number | undefined;
  /** False when the account was already so: a ban of somebody banned. */
  readonly changed: boolean;
}

/** A change of an account, as those who watch are told: push events come from here. */
export interface AccountChange<Account> {
  readonly kind: EffectKind | 'added' | 'updated' | 'readmitted';
  /** The account after the change. */
  readonly account: Account;
  /** Whether the web panel did it; false for an API call. */
  readonly panel: boolean;
}

/** What happened to a product's accounts, in order, and who wants to be told. */
export class EffectLog<Account> {
  readonly #clock: Clock;
  readonly #effects: Effect[] = [];
  readonly #watchers = new Set<(change: AccountChange<Account>) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** Notes an effect, and tells the watchers when it changed something. */
  note(
    kind: EffectKind,
    accId: string,
    account: Account,
    changed: boolean,
    requestIndex: number | undefined,
  ): void {
    this.#effects.push({ at: this.#clock.now(), accId, kind, requestIndex, changed });
    if (changed) this.tell({ kind, account, panel: requestIndex === undefined });
  }

  tell(change: AccountChange<Account>): void {
    for (const watcher of this.#watchers) watcher(change);
  }

  /** @returns the function that ends it. */
  watch(watcher: (change: AccountChange<Account>) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }
}
