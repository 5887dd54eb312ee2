import type { Clock } from '../clock.ts';
import type { CadAccount, NewCadAccount } from './cad-accounts.ts';
import { CadAccounts } from './cad-accounts.ts';
import type { CadV1Operation } from './cad-v1.ts';
import { cadV1 } from './cad-v1.ts';
import type { CadV2Operation } from './cad-v2.ts';
import { cadV2 } from './cad-v2.ts';
import type { CommunitySettings } from './community.ts';
import type { AccountChange, Effect } from './effects.ts';
import type { Admission } from './host.ts';
import { Host } from './host.ts';
import { SlidingMinute, SteadySecond } from './limits.ts';
import { problemWriter } from './problem.ts';

/** Every call that the CAD host knows. */
export type CadOperation = CadV1Operation | CadV2Operation;

/**
 * v2 by its documented rows, per key. For v1 the contract gives no limit at all; the CMS advice of one
 * call a second is taken, per key, answered with a plain 429: a block for an hour is documented for CMS
 * alone.
 */
function cadLimits(clock: Clock): Admission<CadOperation> {
  const v1 = new SteadySecond(clock);
  const v2: Readonly<Record<CadV2Operation, SlidingMinute>> = {
    'account-bans': new SlidingMinute(clock, 10),
    'links-check': new SlidingMinute(clock, 30),
    account: new SlidingMinute(clock, 10),
    accounts: new SlidingMinute(clock, 10),
  };
  return (operation, path, key) => {
    switch (operation) {
      case 'account-bans':
      case 'links-check':
      case 'account':
      case 'accounts':
        return v2[operation].admit(key);
      default:
        return path.startsWith('/v2/') ? 0 : v1.admit(key);
    }
  };
}

/** The stand-in for `api.sonorancad.com`, and for the CAD web panel. */
export class CadHost extends Host<CadOperation> {
  readonly #accounts: CadAccounts;

  constructor(clock: Clock, settings: CommunitySettings, seed: string, port: number) {
    const accounts = new CadAccounts(clock, seed);
    const problem = problemWriter('cad');
    super({
      clock,
      settings,
      port,
      problem,
      operations: [...cadV1(settings, accounts), ...cadV2(settings, accounts, problem)],
      admit: cadLimits(clock),
    });
    this.#accounts = accounts;
  }

  /** @throws when the `uuid` is taken. */
  addAccount(given: NewCadAccount = {}): CadAccount {
    return this.#accounts.add(given);
  }

  /** The account as it is now. @throws when there is none. */
  account(uuid: string): CadAccount {
    return this.#accounts.get(uuid);
  }

  /** Everybody as they are now, in the order of joining; those who were removed too. */
  get accounts(): readonly CadAccount[] {
    return this.#accounts.all();
  }

  /** What took effect, in order: by API calls, and by {@link ban}, {@link unban}, {@link kick}. */
  get effects(): readonly Effect[] {
    return this.#accounts.log.effects;
  }

  /** Watches the accounts. @returns the function that ends it. */
  onChange(watcher: (change: AccountChange<CadAccount>) => void): () => void {
    return this.#accounts.log.watch(watcher);
  }

  /** Bans in the web panel. */
  ban(uuid: string): void {
    this.#accounts.ban(uuid);
  }

  /** Lifts a ban in the web panel. */
  unban(uuid: string): void {
    this.#accounts.unban(uuid);
  }

  /** Kicks in the web panel. */
  kick(uuid: string): void {
    this.#accounts.kick(uuid);
  }

  /** Lets somebody who was kicked in again. */
  readmit(uuid: string): void {
    this.#accounts.readmit(uuid);
  }

  /** Edits an account in the web panel. */
  updateAccount(uuid: string, changes: Omit<NewCadAccount, 'uuid' | 'communityUserId'>): void {
    this.#accounts.update(uuid, changes);
  }
}
