import { expect } from 'vitest';
import {
  type Action,
  type ActionKind,
  isKept,
  isQueued,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import type { Outcome } from '../../../../server/moderation/outcome.ts';
import type { Ticket } from '../../../../server/moderation/request.ts';
import { MODERATOR } from '../../action.ts';
import { createManualClock, settle } from '../../manual-clock.ts';
import { HOUR, type Life, startLife } from './game-server.ts';
import { Model } from './model.ts';
import { MEMBERS } from './people.ts';
import { LIMITS, ModelProduct } from './sonoran.ts';

/** A server that starts, dies and starts again, Sonoran, and the model beside them. */
export class World {
  readonly disk = new Map<string, string>();
  readonly model = new Model(this.disk);
  readonly cms = new ModelProduct('cms');
  readonly cad = new ModelProduct('cad');
  life!: Life;
  readonly bugs: unknown[] = [];
  readonly #faults: string[] = [];
  #bornAt = 0;
  #clock = createManualClock();
  #ids = 0;
  #luck = 0;
  /** The wall clock was set forward in this life: the next one cannot know how long ago its last calls were. */
  #isForward = false;

  /** Sonoran's time. */
  now(): number {
    return this.#bornAt + this.#clock.elapsed();
  }

  constructor() {
    this.model.now = () => this.now();
    this.model.recorded = (id) => (this.life.isAlive ? this.life.ledger.byId(id) : this.model.onDisk(id));
  }

  async boot(): Promise<void> {
    this.life = await startLife({
      disk: this.disk,
      clock: this.#clock,
      products: [this.cms, this.cad],
      bornAt: this.#bornAt,
      newId: () => `d${++this.#ids}`,
      // Anything will do, as long as it is the same in every run.
      random: () => {
        this.#luck = (this.#luck * 16_807 + 11) % 2_147_483_647;
        return this.#luck / 2_147_483_647;
      },
      witness: {
        called: (product, call, running) => this.model.called(product, call, running),
        answered: (product, call, result, isCurrent) => this.model.answered(product, call, result, isCurrent),
        asked: (product, ask) => this.model.asked(product, ask),
        told: (product, ask, result) => this.model.told(product, ask, result),
        renewed: (product) => this.model.release(product),
        accepted: (action) => this.model.accepted(action),
        settled: (action) => this.model.settled(action),
        corrected: (later, earlier) => this.#faults.push(`${later.id} has corrected ${earlier.id}`),
        bug: (error) => this.bugs.push(error),
      },
    });
  }

  product(product: Product): ModelProduct {
    return product === 'cms' ? this.cms : this.cad;
  }

  async decide(
    who: number,
    kind: ActionKind,
    products: readonly Product[],
    key: string | undefined,
    isPerson: boolean,
  ) {
    const member = MEMBERS[who % MEMBERS.length];
    // A lift that is not kept puts bans back that it has taken back: for that there are tests of moderation.
    if (!member || (kind === 'unban' && this.life.store.isFull)) return;
    const request = {
      kind,
      reason: '',
      author: MODERATOR,
      origin: isPerson ? ('chat' as const) : ('export' as const),
      products,
      ...(key === undefined ? {} : { key }),
    };
    // What was told before, and was the same as one that was there, is known by its name as well.
    const byName = key === undefined ? undefined : this.life.ledger.byKey(key)?.id;
    const same =
      byName === undefined
        ? this.model.again({ member, kind, products, key, origin: request.origin }).map(({ id }) => id)
        : [byName];
    const answers: Outcome[] = [];
    const tickets: Ticket[] = [];
    const onAnswer = (outcome: Outcome) => answers.push(outcome);
    void this.life.moderation
      .submit(member.who, { ...request, onAnswer })
      .then((ticket) => tickets.push(ticket));
    await settle();
    for (const ticket of tickets) {
      const isAgain = ticket.accepted && ticket.isAgain;
      // Whether a lift that is told again has something to end is for the tests of moderation.
      if (kind !== 'unban' && isAgain !== same.length > 0)
        this.#faults.push(`told again: ${isAgain}, but is that ${same}`);
    }
    for (const { id, again } of answers) {
      if (kind !== 'unban' && again && !same.includes(id))
        this.#faults.push(`told again was ${id}, and not ${same}`);
    }
  }

  /** Somebody links an account, and that is told of at once. */
  async link(who: number, product: Product, by: 'steam' | 'license'): Promise<void> {
    const member = MEMBERS[who % MEMBERS.length];
    // Who joins again while the kick is on its way can be kicked again, and nobody can help that.
    if (!member || this.model.isBeingKicked(member, product)) return;
    const value = member.apiIds[by];
    this.product(product).link(member, value);
    for (const id of this.model.bansOf(member)) {
      this.model.linked(id, product, value);
      this.life.moderation.linked(id, product, { by: 'apiId', value });
    }
    await settle();
  }

  async cancel(id: string): Promise<void> {
    const must = this.model.cancel(id);
    let is = must;
    void this.life.moderation.cancel(id).then((cancelled) => {
      is = cancelled;
    });
    await settle();
    expect(is).toEqual(must);
  }

  /** @param isFull what is put vanishes without a word. */
  async fill(isFull: boolean): Promise<void> {
    const { store } = this.life;
    if (!this.life.isAlive || store.isFull === isFull) return;
    store.isFull = isFull;
    if (isFull) this.model.fill(true);
    else {
      // What was not kept is tried again every second.
      await this.pass(1_000);
      if (this.life.isAlive) this.model.fill(false);
    }
  }

  async pass(ms: number): Promise<void> {
    await this.life.clock.advance(ms);
  }

  jump(ms: number): void {
    if (ms > 0) this.#isForward = true;
    this.life.clock.setWall(this.life.clock.now() + ms);
  }

  /** Ends the process, and starts the next one after a while. */
  async restart(how: 'stop' | 'kill', downMs: number): Promise<void> {
    const { life } = this;
    let stoppedAt = 0;
    if (how === 'stop') {
      this.model.stopped(life.outbox.isUnderWay);
      life.stop();
      if (life.isAlive) stoppedAt = this.now();
      // Running calls get up to a second.
      await this.pass(1_000);
    }
    const diedWriting = !life.isAlive;
    if (life.isAlive) life.kill();
    const diedAt = life.diedAt ?? life.clock.elapsed();
    this.model.died();
    // What may take a second is on disk by then, or at the stop, whichever is later.
    const keptUntil = Math.max(this.#bornAt + diedAt - 1_000, stoppedAt);
    const lostSince = Math.min(keptUntil, (this.model.fullSince ?? Number.POSITIVE_INFINITY) - 1_000);
    this.model.fullSince = undefined;
    this.model.compare(lostSince, diedWriting || how === 'kill');
    this.#bornAt = this.now() + downMs - 5_000;
    this.#clock = createManualClock(life.clock.now() + downMs);
    if (this.#isForward) {
      for (const { product } of [this.cms, this.cad]) {
        this.product(product).excusedUntil = this.#bornAt + 5_000 + 2 * LIMITS[product].windowMs;
      }
    }
    this.#isForward = false;
    this.model.resumed(this.#clock.now());
    await this.boot();
  }

  /** Everything is well again, and time passes: nothing may be left. */
  async end(): Promise<void> {
    for (const product of [this.cms, this.cad]) Object.assign(product, { isDown: false, weather: [] });
    await this.fill(false);
    const isLeft = () => !this.life.isAlive || this.left().length > 0;
    for (let hours = 0; hours < 3 && isLeft(); hours++) {
      // A death that was set earlier may come now.
      if (!this.life.isAlive) await this.restart('kill', 0);
      // A call that was under way may have brought another hold.
      this.retry();
      await this.pass(HOUR);
    }
    // What may be written by the way is written.
    this.life.store.onFlush = () => {};
    await this.pass(1_000);
  }

  /** What is on its way; what is kept is not. */
  left(): readonly Action[] {
    return this.life.ledger
      .pending()
      .filter(({ deliveries }) => deliveries.some((one) => isQueued(one) && !isKept(one)));
  }

  retry(id?: string): void {
    for (const product of PRODUCTS) {
      const queue = this.life.outbox.of(product);
      // Counts as a release even where it finds the same to be wrong again.
      if (id === undefined || queue?.whyWaiting(id) !== undefined) this.model.release(product);
      queue?.retry(id);
    }
  }

  /** What is not as it must be. */
  async faults(): Promise<readonly unknown[]> {
    await settle();
    if (this.life.isAlive) this.model.compare();
    return [
      ...this.model.violations,
      ...this.bugs,
      ...this.#faults,
      ...[this.cms, this.cad]
        .filter(({ refusals }) => refusals > 0)
        .map(({ product, refusals }) => `${refusals} calls to ${product} came too fast`),
    ];
  }
}
