import type { Clock } from '../clock.ts';
import { type EffectKind, EffectLog } from './effects.ts';
import { generatedUuid } from './generated-id.ts';
import { Selections } from './selections.ts';

/** A disciplinary record. */
export interface MemberRecord {
  readonly id: string;
  /** False once it is revoked. */
  readonly status: boolean;
  readonly source: 'api';
  readonly points: number;
  readonly reason: string;
}

/** An identifier that the vendor's core has registered at a connect: without its prefix, and the kinds as its page lists them. */
export interface RegisteredIdent {
  readonly type: 'hwid' | 'ip' | 'license' | 'license2' | 'steam' | 'xbl' | 'live' | 'discord' | 'fivem';
  readonly value: string;
}

/** A CMS account, as a copy: it does not change when the account does. */
export interface CmsAccount {
  readonly accId: string;
  readonly uniqueId: number;
  readonly accName: string;
  readonly comName: string;
  readonly activeApiIds: readonly string[];
  readonly discordId: string | null;
  readonly idents: readonly RegisteredIdent[];
  /** Within the community, as the vendor's list describes it. */
  readonly sysStatus: boolean;
  /** Active (true) or pending (false). */
  readonly comStatus: boolean;
  readonly archived: boolean;
  readonly banned: boolean;
  readonly teamspeakId: string | null;
  /** False after a kick: the API then knows nobody by any of this account's fields. */
  readonly member: boolean;
  readonly records: readonly MemberRecord[];
}

/** What a test says about a new account; ids and names are generated, links to elsewhere are not. */
export interface NewCmsAccount {
  readonly accName?: string;
  readonly apiIds?: readonly string[];
  readonly discordId?: string | null;
  readonly idents?: readonly RegisteredIdent[];
  readonly accId?: string;
  readonly uniqueId?: number;
  readonly comName?: string;
  readonly sysStatus?: boolean;
  readonly comStatus?: boolean;
  readonly archived?: boolean;
  readonly banned?: boolean;
  readonly teamspeakId?: string | null;
}

/** The fields by which CMS calls name an account. */
export type CmsIdentifier = 'apiId' | 'username' | 'accId' | 'discord' | 'uniqueId';

/** What a list can be narrowed to; a flag that is left out does not matter. */
export type CmsFilter = { [Flag in 'sysStatus' | 'comStatus' | 'banned' | 'archived']?: boolean };

/** The members of one CMS community. */
export class CmsAccounts {
  readonly log: EffectLog<CmsAccount>;
  readonly #seed: string;
  readonly #accounts = new Map<string, CmsAccount>();
  readonly #selections = new Selections(() => this.#accounts.values());
  #records = 0;

  constructor(clock: Clock, seed: string) {
    this.log = new EffectLog(clock);
    this.#seed = `cms:${seed}`;
  }

  /** @throws when the id is taken: a test that adds somebody twice is wrong. */
  add(given: NewCmsAccount): CmsAccount {
    const number = this.#accounts.size + 1;
    const accName = given.accName ?? `member-${number}`;
    const account: CmsAccount = {
      accId: given.accId ?? generatedUuid(this.#seed, number),
      uniqueId: given.uniqueId ?? 1000 + number,
      accName,
      comName: given.comName ?? accName,
      activeApiIds: [...(given.apiIds ?? [])],
      discordId: given.discordId ?? null,
      idents: given.idents ?? [],
      sysStatus: given.sysStatus ?? true,
      comStatus: given.comStatus ?? true,
      archived: given.archived ?? false,
      banned: given.banned ?? false,
      teamspeakId: given.teamspeakId ?? null,
      member: true,
      records: [],
    };
    if (this.#accounts.has(account.accId)) throw new Error(`account ${account.accId} exists already`);
    this.#keep(account);
    this.log.tell({ kind: 'added', account, panel: true });
    return account;
  }

  /** @throws when there is no such account. */
  get(accId: string): CmsAccount {
    const account = this.#accounts.get(accId);
    if (account === undefined) throw new Error(`there is no CMS account ${accId}`);
    return account;
  }

  /**
   * The members whom a field names. API IDs and names compare as exact text; `discord` is compared with
   * the linked Discord account alone, never with an API ID that happens to be a Discord id. A banned
   * account is found like any other; a removed one is not.
   */
  find(field: CmsIdentifier, value: string | number): readonly CmsAccount[] {
    if (field === 'accId') {
      const account = this.#accounts.get(String(value));
      return account?.member ? [account] : [];
    }
    return this.members().filter((account) => {
      if (field === 'apiId') return account.activeApiIds.includes(String(value));
      if (field === 'username') return account.accName === value;
      if (field === 'discord') return account.discordId === value;
      return account.uniqueId === value;
    });
  }

  /** Everybody in the community whom a filter fits, in the order of joining. */
  members(filter: CmsFilter = {}): readonly CmsAccount[] {
    const { sysStatus, comStatus, banned, archived } = filter;
    return this.#selections.get(
      JSON.stringify([sysStatus, comStatus, banned, archived]),
      (account) =>
        account.member &&
        account.sysStatus === (sysStatus ?? account.sysStatus) &&
        account.comStatus === (comStatus ?? account.comStatus) &&
        account.banned === (banned ?? account.banned) &&
        account.archived === (archived ?? account.archived),
    );
  }

  /** Idempotent: a banned account may be banned again, and stays banned. */
  ban(accId: string, requestIndex?: number): void {
    const before = this.get(accId);
    this.#note('ban', { ...before, banned: true }, !before.banned, requestIndex);
  }

  /** The web panel alone can do this; no API call lifts a CMS ban. */
  unban(accId: string): void {
    const before = this.get(accId);
    this.#note('unban', { ...before, banned: false }, before.banned, undefined);
  }

  /** Removes the account from the community. A ban stays as it is. */
  kick(accId: string, requestIndex?: number): void {
    const before = this.get(accId);
    this.#note('kick', { ...before, member: false }, before.member, requestIndex);
  }

  /** The record that would be the next one; it is not kept yet. */
  newRecord(points: number, reason: string): MemberRecord {
    const id = generatedUuid(`${this.#seed}:record`, this.#records + 1);
    return { id, status: true, source: 'api', points, reason };
  }

  addRecord(accId: string, { points, reason }: MemberRecord, requestIndex?: number): void {
    const before = this.get(accId);
    const record = this.newRecord(points, reason);
    this.#records += 1;
    this.#note('record', { ...before, records: [...before.records, record] }, true, requestIndex);
  }

  /** Who has a record, also when they were removed. */
  ofRecord(recordId: string): CmsAccount | undefined {
    return [...this.#accounts.values()].find(({ records }) => records.some(({ id }) => id === recordId));
  }

  /** Revokes a record, or lets it count again. */
  setRecordStatus(recordId: string, status: boolean, requestIndex?: number): void {
    const before = this.ofRecord(recordId);
    if (before === undefined) throw new Error(`there is no record ${recordId}`);
    const isOther = before.records.some((record) => record.id === recordId && record.status !== status);
    const records = before.records.map((record) => (record.id === recordId ? { ...record, status } : record));
    this.#note('record-status', { ...before, records }, isOther, requestIndex);
  }

  /** Lets somebody who was kicked in again, as a new application that is accepted does. */
  readmit(accId: string): void {
    this.#change('readmitted', { ...this.get(accId), member: true });
  }

  /** Edits an account, as its owner or an administrator does in the web panel. */
  update(accId: string, { apiIds, ...changes }: Omit<NewCmsAccount, 'accId'>): void {
    const before = this.get(accId);
    this.#change('updated', { ...before, ...changes, activeApiIds: [...(apiIds ?? before.activeApiIds)] });
  }

  #change(kind: 'updated' | 'readmitted', account: CmsAccount): void {
    this.#keep(account);
    this.log.tell({ kind, account, panel: true });
  }

  #note(kind: EffectKind, account: CmsAccount, changed: boolean, requestIndex: number | undefined): void {
    this.#keep(account);
    this.log.note(kind, account.accId, account, changed, requestIndex);
  }

  #keep(account: CmsAccount): void {
    this.#accounts.set(account.accId, account);
    this.#selections.forget();
  }
}
