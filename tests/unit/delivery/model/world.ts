import type { ActionKind, Product } from '../../../../server/moderation/action.ts';
import { MODERATOR } from '../../action.ts';
import { settle } from '../../manual-clock.ts';
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
  #bornAt = 0;
  #wall = 1_700_000_000_000;
  #ids = 0;
  #luck = 0;
  /** The wall clock was set forward in this life: the next one cannot know how long ago its last calls were. */
  #isForward = false;

  /** Sonoran's time. */
  now(): number {
    return this.#bornAt + this.life.clock.elapsed();
  }

  constructor() {
    this.model.now = () => this.now();
  }

  async boot(): Promise<void> {
    this.life = await startLife({
      disk: this.disk,
      wall: this.#wall,
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
        answered: (product, call, result, wall, isCurrent) =>
          this.model.answered(product, call, result, wall, isCurrent),
        asked: (product, ask) => this.model.asked(product, ask),
        told: (product, ask, result, wall) => this.model.told(product, ask, result, wall),
        renewed: (product) => this.model.release(product),
        accepted: (action) => this.model.accepted(action),
        settled: (action) => this.model.settled(action),
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
    if (!member) return;
    const request = {
      kind,
      reason: '',
      author: MODERATOR,
      origin: isPerson ? ('chat' as const) : ('export' as const),
      products,
      ...(key === undefined ? {} : { key }),
    };
    void this.life.moderation.submit(member.who, request);
    await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.life.clock.advance(ms);
    this.#seeWall();
  }

  jump(ms: number): void {
    if (ms > 0) this.#isForward = true;
    this.life.clock.setWall(this.life.clock.now() + ms);
    this.#seeWall();
  }

  #seeWall(): void {
    this.model.latestWall = Math.max(this.model.latestWall, this.life.clock.now());
  }

  /** Ends the process, and starts the next one after a while. */
  async restart(how: 'stop' | 'kill', downMs: number): Promise<void> {
    const { life } = this;
    if (how === 'stop') {
      for (const queue of life.queues.values()) queue.stop('the server shuts down');
      this.model.isStopped = true;
      life.ledger.flush();
      // Running calls get up to a second.
      await this.pass(1_000);
    }
    const diedWriting = !life.isAlive;
    if (life.isAlive) life.kill();
    this.model.died();
    this.model.compare(diedWriting || how === 'kill');
    this.#wall = life.clock.now() + downMs;
    this.#bornAt = this.now() + downMs - 5_000;
    if (this.#isForward) {
      for (const { product } of [this.cms, this.cad]) {
        this.product(product).excusedUntil = this.#bornAt + 5_000 + 2 * LIMITS[product].windowMs;
      }
    }
    this.#isForward = false;
    this.model.resumed();
    await this.boot();
    this.#seeWall();
  }

  /** Everything is well again, and time passes: nothing may be left. */
  async end(): Promise<void> {
    for (const product of [this.cms, this.cad]) Object.assign(product, { isDown: false, weather: [] });
    const isLeft = () => !this.life.isAlive || this.life.ledger.pending().length > 0;
    for (let hours = 0; hours < 3 && isLeft(); hours++) {
      // A death that was set earlier may come now.
      if (!this.life.isAlive) await this.restart('kill', 0);
      // A call that was under way may have brought another hold.
      this.retry();
      await this.pass(HOUR);
    }
  }

  retry(id?: string): void {
    for (const [product, queue] of this.life.queues) {
      // Counts as a release even where it finds the same to be wrong again.
      if (id === undefined || queue.whyWaiting(id) !== undefined) this.model.release(product);
      queue.retry(id);
    }
  }

  /** What is not as it must be. */
  async faults(): Promise<readonly unknown[]> {
    await settle();
    if (this.life.isAlive) this.model.compare(false);
    return [
      ...this.model.violations,
      ...this.bugs,
      ...[this.cms, this.cad]
        .filter(({ refusals }) => refusals > 0)
        .map(({ product, refusals }) => `${refusals} calls to ${product} came too fast`),
    ];
  }
}
