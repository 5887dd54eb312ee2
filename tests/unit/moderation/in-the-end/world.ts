import { hasEndedOnLists } from '../../../../server/bans/list-ends.ts';
import type { Subject } from '../../../../server/identity/subject.ts';
import { type Action, isKept, PRODUCTS, type Product } from '../../../../server/moderation/action.ts';
import { type FoundPerson, samePerson } from '../../../../server/moderation/person.ts';
import type { SanctionRequest } from '../../../../server/moderation/request.ts';
import { MODERATOR } from '../../action.ts';
import { settle } from '../../manual-clock.ts';
import { type Running, runAgain } from '../running.ts';
import { foundBy, identifiersOf, MEMBERS, type Member, Sonoran } from './sonoran.ts';
import type { Step } from './steps.ts';

const HOUR = 3_600_000;

/** What somebody has decided, in the order of decisions. */
export interface Decided {
  readonly step: Step & { readonly does: 'decide' | 'revoke' | 'cancel' | 'lift-on-web' };
  readonly who: Member;
  /** The action that it is, or is about; undefined when there is none. */
  id: string | undefined;
}

/** A community: a server that starts, dies and starts again, Sonoran, and people who decide. */
export class World {
  readonly disk = new Map<string, string>();
  readonly sonoran = new Sonoran();
  readonly decided: Decided[] = [];
  /** Ids of bans that were cancelled, with nothing of them confirmed and nothing under way. */
  readonly cancelled = new Set<string>();
  /** By id, since when the wall clock has said that a ban is over, on this life's clock; only while it does. */
  readonly overSince = new Map<string, number>();
  /** Ids of bans of which the wall clock has ever said so. */
  readonly everOver = new Set<string>();
  readonly bugs: unknown[] = [];
  life!: Running;
  #ids = 0;
  #luck = 1;

  async boot(wall?: number): Promise<void> {
    // A process that is dead makes no calls, whatever is left of it here.
    let isAlive = true;
    this.#bury = () => {
      isAlive = false;
    };
    const options = {
      disk: this.disk,
      newId: () => `a${++this.#ids}`,
      // Anything will do, as long as it is the same in every run.
      random: () => {
        this.#luck = (this.#luck * 16_807 + 11) % 2_147_483_647;
        return this.#luck / 2_147_483_647;
      },
      historyLimit: 1_000,
      ...(wall === undefined ? {} : { wall }),
    };
    this.life = await runAgain(options, (running) => {
      for (const product of PRODUCTS) {
        running[product].answerWith((kind, subject) =>
          isAlive ? this.sonoran.call(product, kind, subject, running.clock) : new Promise(() => {}),
        );
      }
      for (const [place, member] of MEMBERS.entries()) {
        if (!member.isKnown) continue;
        running.seen.saw({ id: place + 1, name: member.name, identifiers: identifiersOf(member) });
        running.ties.learn(member.account, identifiersOf(member));
      }
    });
  }

  #bury = () => {};

  /** Lets something happen, with what follows from it at once. */
  async take(step: Step): Promise<void> {
    await this.#take(step);
    await settle();
    this.#look();
  }

  async #take(step: Step): Promise<void> {
    const { sonoran } = this;
    switch (step.does) {
      case 'decide':
        return this.#decide(step);
      case 'revoke':
      case 'cancel': {
        const ban = this.#banOf(step.who, step.back);
        if (ban) await (step.does === 'revoke' ? this.#revoke(step, ban) : this.#cancel(step, ban));
        return;
      }
      case 'meet':
        sonoran.faults[step.product].push(...step.faults);
        return;
      case 'go-down':
        sonoran.down.add(step.product);
        return;
      case 'come-up':
        sonoran.down.delete(step.product);
        return;
      case 'link':
        sonoran.links.add(`${step.product} ${step.who[step.name]}`);
        this.#tellOfLinks();
        return;
      case 'unlink':
        sonoran.links.delete(`${step.product} ${step.who[step.name]}`);
        return;
      case 'lift-on-web':
        return this.#liftOnWeb(step);
      case 'read-lists':
        this.#readLists();
        return;
      case 'wait':
        return this.life.clock.advance(step.ms);
      case 'jump':
        this.life.clock.setWall(this.life.clock.now() + step.ms);
        return;
      case 'restart':
        return this.#restart(step.how, step.downMs);
    }
  }

  /** What the clock on the wall says now. */
  #look(): void {
    const { clock, ledger } = this.life;
    for (const { id, kind, expiresAt } of ledger.latest(Number.POSITIVE_INFINITY)) {
      if (kind !== 'ban' || expiresAt === null) continue;
      if (clock.now() < expiresAt) this.overSince.delete(id);
      else {
        this.everOver.add(id);
        if (!this.overSince.has(id)) this.overSince.set(id, clock.elapsed());
      }
    }
  }

  /** Everything is well again, everybody is linked, and time passes: nothing may be left. */
  async end(): Promise<void> {
    const { sonoran } = this;
    sonoran.down.clear();
    for (const product of PRODUCTS) {
      sonoran.faults[product] = [];
      for (const member of MEMBERS)
        for (const name of identifiersOf(member)) sonoran.links.add(`${product} ${name}`);
    }
    for (let hours = 0; hours < 4 && (hours < 2 || this.life.ledger.pending().length > 0); hours++) {
      this.#tellOfLinks();
      this.#readLists();
      for (const product of PRODUCTS) this.life.outbox.of(product)?.retry();
      await this.life.clock.advance(HOUR);
      this.#look();
    }
    await settle();
  }

  /** The bans about a member that somebody has decided. */
  actionsAbout(member: Member): readonly Action[] {
    const names = [...identifiersOf(member), `account:${member.account}`];
    return this.life.ledger.about(names).toSorted((one, other) => one.sequence - other.sequence);
  }

  async #decide(step: Step & { readonly does: 'decide' }): Promise<void> {
    const found = this.#find(step);
    if (!found) return;
    const decided: Decided = { step, who: step.who, id: undefined };
    this.decided.push(decided);
    const { told, moderation, clock } = this.life;
    const before = told.length;
    const request: SanctionRequest = {
      kind: step.kind,
      reason: '',
      author: MODERATOR,
      origin: step.origin,
      products: step.products,
      ...(step.kind === 'ban' && step.forMs !== undefined ? { expiresAt: clock.now() + step.forMs } : {}),
      onAnswer: ({ id }) => {
        decided.id = id;
      },
    };
    void moderation.submit(found, request);
    await settle();
    const accepted = told
      .slice(before)
      .flatMap((text) => this.life.ledger.byId(text.replace('accepted ', '')) ?? []);
    // What puts another decision right may have come in meanwhile.
    decided.id ??= accepted.find(({ key, kind }) => key === null && kind === step.kind)?.id;
  }

  #find({ who, form }: Step & { readonly does: 'decide' }): FoundPerson | undefined {
    if (form !== 'action') return foundBy(form, who);
    const last = this.decided.findLast((one) => one.who === who && one.id !== undefined);
    const action = last?.id === undefined ? undefined : this.life.ledger.byId(last.id);
    return action && samePerson(action);
  }

  #banOf(who: Member, back: number): Action | undefined {
    const ids = this.decided.flatMap(({ step, who: whom, id }) =>
      whom === who && step.does === 'decide' && step.kind === 'ban' && id !== undefined ? [id] : [],
    );
    const id = ids.at(-1 - back);
    return id === undefined ? undefined : this.life.ledger.byId(id);
  }

  async #revoke(step: Decided['step'] & { readonly does: 'revoke' | 'cancel' }, ban: Action): Promise<void> {
    this.decided.push({ step, who: step.who, id: ban.id });
    void this.life.moderation.submit(samePerson(ban), {
      kind: 'unban',
      reason: '',
      author: MODERATOR,
      origin: 'txadmin',
      only: { id: ban.id },
    });
    await settle();
  }

  async #cancel(step: Decided['step'] & { readonly does: 'revoke' | 'cancel' }, ban: Action): Promise<void> {
    const cancelled = await this.life.moderation.cancel(ban.id);
    await settle();
    if (!cancelled) return;
    this.decided.push({ step, who: step.who, id: ban.id });
    const now = this.life.ledger.byId(ban.id);
    const isConfirmed = now?.deliveries.some(({ state }) => state.status === 'delivered') ?? false;
    if (!isConfirmed && cancelled['under-way'].length === 0) this.cancelled.add(ban.id);
  }

  async #liftOnWeb(step: Step & { readonly does: 'lift-on-web' }): Promise<void> {
    this.decided.push({ step, who: step.who, id: undefined });
    for (const product of PRODUCTS) this.sonoran.banned[product].delete(step.who);
    for (const action of this.actionsAbout(step.who)) {
      if (hasEndedOnLists(action, () => false)) this.life.moderation.endedElsewhere(action);
    }
    // What may be written by the way is written.
    await this.life.clock.advance(1_500);
  }

  #readLists(): void {
    for (const member of MEMBERS) {
      for (const action of this.actionsAbout(member)) {
        for (const { product, state } of action.deliveries) {
          const isListed = action.kind === 'ban' && this.sonoran.banned[product].has(member);
          if (isListed && state.status === 'delivered' && state.account === null) {
            this.life.moderation.identified(action.id, product, member.account);
          }
        }
      }
    }
  }

  /** The vendor's events tell of links, as does the list of all accounts. */
  #tellOfLinks(): void {
    for (const action of this.life.ledger.pending()) {
      for (const { product } of action.deliveries.filter(isKept)) {
        const name = action.person.identifiers.find((each) => this.sonoran.links.has(`${product} ${each}`));
        if (name !== undefined) this.life.moderation.linked(action.id, product, subjectOf(name));
      }
    }
  }

  async #restart(how: 'stop' | 'kill', downMs: number): Promise<void> {
    const { life } = this;
    life.outbox.stop('');
    if (how === 'stop') life.flush();
    life.temporaryBans.stop();
    life.store.isFull = true;
    this.#bury();
    this.bugs.push(...life.bugs);
    this.overSince.clear();
    await this.boot(life.clock.now() + downMs);
  }
}

function subjectOf(name: string): Subject {
  const [type, value = ''] = name.split(':');
  return type === 'discord' ? { by: 'discord', value } : { by: 'apiId', value };
}

export type { Product };
