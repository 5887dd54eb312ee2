import type { Clock } from '../clock.ts';
import type { CmsAccount, NewCmsAccount } from './cms-accounts.ts';
import { CmsAccounts } from './cms-accounts.ts';
import type { CmsV1Operation } from './cms-v1.ts';
import { cmsV1 } from './cms-v1.ts';
import type { CmsV2Operation } from './cms-v2.ts';
import { cmsV2 } from './cms-v2.ts';
import type { CommunitySettings } from './community.ts';
import type { AccountChange, Effect } from './effects.ts';
import type { Admission } from './host.ts';
import { Host } from './host.ts';
import { BlockingSecond, SlidingMinute } from './limits.ts';
import { problemWriter } from './problem.ts';
import { pushEvent } from './push-event.ts';
import { Pushes, type RecordedPush } from './pushes.ts';

/** Every call that the CMS host knows. */
export type CmsOperation = CmsV1Operation | CmsV2Operation;

/**
 * v2 by its documented rows, per key. v1 shares one allowance between all calls and all keys, because
 * the block is one of the caller, not of the key, and on loopback there is one caller. A blocked caller
 * gets 429 from v2 as well: the contract does not say so, but it does not promise otherwise.
 */
function cmsLimits(clock: Clock, settings: CommunitySettings): Admission<CmsOperation> {
  const v1 = new BlockingSecond(clock, () => settings.blockMs);
  const v2: Readonly<Record<CmsV2Operation, SlidingMinute>> = {
    accounts: new SlidingMinute(clock, 22),
    'accounts-search': new SlidingMinute(clock, 27),
    account: new SlidingMinute(clock, 27),
    'account-identifiers': new SlidingMinute(clock, 22),
    'account-records': new SlidingMinute(clock, 18),
    'account-records-read': new SlidingMinute(clock, 27),
    'record-status': new SlidingMinute(clock, 18),
    'sub-version': new SlidingMinute(clock, 13),
  };
  return (operation, path, key) => {
    const blocked = v1.blocked('');
    if (blocked > 0) return blocked;
    switch (operation) {
      case 'accounts':
      case 'accounts-search':
      case 'account':
      case 'account-identifiers':
      case 'account-records':
      case 'account-records-read':
      case 'record-status':
      case 'sub-version':
        return v2[operation].admit(key);
      default:
        return path.startsWith('/v2/') ? 0 : v1.admit('');
    }
  };
}

/** The stand-in for `api.sonorancms.com`, and for the CMS web panel. */
export class CmsHost extends Host<CmsOperation> {
  readonly #accounts: CmsAccounts;
  readonly #pushes: Pushes;

  constructor(clock: Clock, settings: CommunitySettings, seed: string, port: number) {
    const accounts = new CmsAccounts(clock, seed);
    const problem = problemWriter('cms');
    super({
      clock,
      settings,
      port,
      problem,
      operations: [...cmsV1(settings, accounts), ...cmsV2(settings, accounts, clock, problem)],
      admit: cmsLimits(clock, settings),
    });
    this.#accounts = accounts;
    this.#pushes = new Pushes(clock);
    accounts.log.watch((change) => {
      const event = pushEvent(change);
      if (event !== undefined) this.#pushes.send(event, settings.apiKey);
    });
  }

  override async up(): Promise<void> {
    await super.up();
    this.#pushes.start();
  }

  /** Push events end as well: what happens in the web panel meanwhile is never pushed. */
  override async down(): Promise<void> {
    await Promise.all([super.down(), this.#pushes.stop()]);
  }

  /**
   * Sends push events to these urls from now on, each event to all of them; without any, to nobody. They
   * go out after the change, with no promise whether before or after the answer of the call that made it.
   *
   * @throws for what is no URL.
   */
  pushEventsTo(urls: string | readonly string[] | undefined): void {
    if (urls === undefined) this.#pushes.aimAt([]);
    else this.#pushes.aimAt(typeof urls === 'string' ? [urls] : urls);
  }

  /** The push events of all targets, in order, and what came of each. Holds keys: never print a body. */
  get pushes(): readonly RecordedPush[] {
    return this.#pushes.records;
  }

  /** @throws when the `accId` is taken. */
  addAccount(given: NewCmsAccount = {}): CmsAccount {
    return this.#accounts.add(given);
  }

  /** The account as it is now. @throws when there is none. */
  account(accId: string): CmsAccount {
    return this.#accounts.get(accId);
  }

  /** Everybody in the community as they are now, in the order of joining; those who were kicked are not. */
  get accounts(): readonly CmsAccount[] {
    return this.#accounts.members();
  }

  /** What took effect, in order: by API calls, and by {@link ban}, {@link unban}, {@link kick}. */
  get effects(): readonly Effect[] {
    return this.#accounts.log.effects;
  }

  /** Watches the accounts: the place where push events begin. @returns the function that ends it. */
  onChange(watcher: (change: AccountChange<CmsAccount>) => void): () => void {
    return this.#accounts.log.watch(watcher);
  }

  /** Bans in the web panel. */
  ban(accId: string): void {
    this.#accounts.ban(accId);
  }

  /** Lifts a ban in the web panel. */
  unban(accId: string): void {
    this.#accounts.unban(accId);
  }

  /** Kicks in the web panel. */
  kick(accId: string): void {
    this.#accounts.kick(accId);
  }

  /** Lets somebody who was kicked in again. */
  readmit(accId: string): void {
    this.#accounts.readmit(accId);
  }

  /** Edits an account in the web panel. */
  updateAccount(accId: string, changes: Omit<NewCmsAccount, 'accId'>): void {
    this.#accounts.update(accId, changes);
  }
}
