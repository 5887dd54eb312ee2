import type { Clock } from '../clock.ts';
import { EffectLog } from './effects.ts';
import { generatedUuid } from './generated-id.ts';
import { Selections } from './selections.ts';

/** 0 pending, 1 validated, 2 expired, 3 removed, 4 banned. */
export const cadStatuses = [0, 1, 2, 3, 4] as const;
export type CadStatus = (typeof cadStatuses)[number];

/** A CAD account, as a copy: it does not change when the account does. */
export interface CadAccount {
  readonly uuid: string;
  readonly username: string;
  /** The first API ID, which is the one that v2 shows; empty when there is none. */
  readonly communityUserId: string;
  readonly apiIds: readonly string[];
  readonly discord: string | null;
  readonly roblox: string | null;
  readonly status: CadStatus;
  /** ISO 8601. */
  readonly joined: string;
  readonly lastLogin: string;
  readonly permissions: Readonly<Record<string, boolean>>;
}

/** What a test says about a new account; ids and names are generated, links to elsewhere are not. */
export interface NewCadAccount {
  readonly username?: string;
  /** Goes before `apiIds`. */
  readonly communityUserId?: string;
  readonly apiIds?: readonly string[];
  readonly discord?: string | null;
  readonly roblox?: string | null;
  readonly uuid?: string;
  readonly status?: CadStatus;
  readonly permissions?: Readonly<Record<string, boolean>>;
}

/** The fields by which CAD calls name an account; v1's `apiId` is v2's `communityUserId`. */
export type CadIdentifier = 'communityUserId' | 'accountUuid' | 'discord' | 'roblox' | 'username';

/** The members of one CAD community. */
export class CadAccounts {
  readonly log: EffectLog<CadAccount>;
  readonly #clock: Clock;
  readonly #seed: string;
  readonly #accounts = new Map<string, CadAccount>();
  readonly #selections = new Selections(() => this.#accounts.values());

  constructor(clock: Clock, seed: string) {
    this.log = new EffectLog(clock);
    this.#clock = clock;
    this.#seed = `cad:${seed}`;
  }

  /** @throws when the id is taken: a test that adds somebody twice is wrong. */
  add(given: NewCadAccount): CadAccount {
    const number = this.#accounts.size + 1;
    const first = given.communityUserId === undefined ? [] : [given.communityUserId];
    const apiIds = [...first, ...(given.apiIds ?? [])];
    const now = new Date(this.#clock.now()).toISOString();
    const account: CadAccount = {
      uuid: given.uuid ?? generatedUuid(this.#seed, number),
      username: given.username ?? `dispatcher-${number}`,
      communityUserId: apiIds[0] ?? '',
      apiIds,
      discord: given.discord ?? null,
      roblox: given.roblox ?? null,
      status: given.status ?? 1,
      joined: now,
      lastLogin: now,
      permissions: given.permissions ?? { civilian: true, admin: false },
    };
    if (this.#accounts.has(account.uuid)) throw new Error(`account ${account.uuid} exists already`);
    this.#keep(account);
    this.log.tell({ kind: 'added', account, panel: true });
    return account;
  }

  /** @throws when there is no such account. */
  get(uuid: string): CadAccount {
    const account = this.#accounts.get(uuid);
    if (account === undefined) throw new Error(`there is no CAD account ${uuid}`);
    return account;
  }

  /** Everybody (with a status), removed ones too: status 3 is there to be listed. In the order of joining. */
  all(status?: CadStatus): readonly CadAccount[] {
    return this.#selections.get(
      String(status),
      (account) => status === undefined || account.status === status,
    );
  }

  /**
   * The account that a field names; texts compare exactly. A removed account (status 3) has lost its
   * links, so only its own UUID or name still finds it.
   */
  find(field: CadIdentifier, value: string | number): CadAccount | undefined {
    if (field === 'accountUuid') return this.#accounts.get(String(value));
    return this.all().find((account) => {
      if (field === 'username') return account.username === value;
      if (account.status === 3) return false;
      if (field === 'communityUserId') return account.apiIds.includes(String(value));
      return account[field] === value;
    });
  }

  /** As {@link find}, among those who can be banned or kicked: a removed account is nobody's any more. */
  findMember(field: CadIdentifier, value: string | number): CadAccount | undefined {
    const account = this.find(field, value);
    return account?.status === 3 ? undefined : account;
  }

  /** Idempotent: a banned account may be banned again, and stays banned. */
  ban(uuid: string, requestIndex?: number): void {
    this.#set('ban', this.get(uuid), 4, requestIndex);
  }

  /** Lifts a ban: status 1 again. Of somebody who is not banned: nothing, and no error. */
  unban(uuid: string, requestIndex?: number): void {
    const account = this.get(uuid);
    this.#set('unban', account, account.status === 4 ? 1 : account.status, requestIndex);
  }

  /** Removes the account from the community. A banned one stays banned: a kick must not end a ban. */
  kick(uuid: string, requestIndex?: number): void {
    const account = this.get(uuid);
    this.#set('kick', account, account.status === 4 ? 4 : 3, requestIndex);
  }

  /** Lets somebody who was kicked in again, with the links of before. */
  readmit(uuid: string): void {
    this.#change('readmitted', { ...this.get(uuid), status: 1 });
  }

  /** Edits an account, as its owner or an administrator does in the web panel. */
  update(uuid: string, changes: Omit<NewCadAccount, 'uuid' | 'communityUserId'>): void {
    const account = { ...this.get(uuid), ...changes };
    this.#change('updated', { ...account, communityUserId: account.apiIds[0] ?? '' });
  }

  #change(kind: 'updated' | 'readmitted', account: CadAccount): void {
    this.#keep(account);
    this.log.tell({ kind, account, panel: true });
  }

  #set(
    kind: 'ban' | 'kick' | 'unban',
    before: CadAccount,
    status: CadStatus,
    requestIndex: number | undefined,
  ): void {
    const account = { ...before, status };
    this.#keep(account);
    this.log.note(kind, account.uuid, account, before.status !== status, requestIndex);
  }

  #keep(account: CadAccount): void {
    this.#accounts.set(account.uuid, account);
    this.#selections.forget();
  }
}
