import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../devserver/clock.ts';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { type ClockScale, scaledClock } from '../../devserver/scaled-clock.ts';
import { Sonoran } from '../../devserver/sonoran/server.ts';
import { PRODUCTS } from '../../server/moderation/action.ts';
import type { Outcome } from '../../server/moderation/outcome.ts';
import type { BannedAnswer } from '../../server/triggers/banned-answer.ts';
import { Dice } from './dice.ts';
import { type Readmission, stateOf } from './evidence.ts';
import { GameServerProcess } from './game-server-process.ts';
import { judge } from './judge.ts';
import { Life } from './life.ts';
import { type Mark, Memory } from './memory.ts';
import type { Report } from './messages.ts';
import { accountNameOf, addPeople, changeLink, licenseOf, type Person } from './people.ts';
import { type Deed, type LinkChange, planRun, type RunPlan, type Weather } from './plan.ts';
import { readRecords } from './records.ts';
import { watchRequests } from './request-watch.ts';
import { MODERATOR, serverConfig } from './server-config.ts';
import { ACCEPTED, ANSWER, FAULT, OUTCOME, QUEUE_LISTED } from './spoken.ts';
import { ordersOf, type Told } from './told.ts';
import { Trace } from './trace.ts';

/** How many times faster than real time a world lives: a limit of a minute takes a tenth of a second. */
const FACTOR = 500;
/** How long all that is on its way may take when nothing is in its way any more, in real milliseconds. */
const DRAIN_LIMIT_MS = 20_000;
/** For how long it may be doubted whether a temporary ban has ended that was over before the start, in milliseconds. */
const DOUBT_MS = 7 * 60_000;

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: string;
  /** The bundle of `game-server.ts`. */
  readonly entry: string;
  /** The resources' folders, by name. */
  readonly resources: Readonly<Record<string, string>>;
}

/** A game server that dies and comes back on the same store, and a Sonoran that outlives it. */
export class World {
  readonly #options: WorldOptions;
  readonly #folder: string;
  readonly #scale: ClockScale;
  readonly #clock: Clock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #people: readonly Person[];
  readonly #memory: Memory;
  readonly #told = new Map<string, Told>();
  readonly #cancelAsked = new Set<string>();
  readonly #readmissions: Readmission[] = [];
  readonly #deaths: Mark[] = [];
  readonly #junk: string[] = [];
  readonly #unanswered = new Set<number>();
  /** By name, what was answered last to the question whether whoever goes by it is banned. */
  readonly #banned = new Map<string, BannedAnswer>();
  /** By call, the name that was asked about. */
  readonly #asked = new Map<number, string>();
  #calls = 0;
  #ledgers = 0;
  readonly sonoran: Sonoran;

  static async open(options: WorldOptions): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'cmsban-crash-'));
    const scale = { factor: FACTOR, from: Date.now() };
    const clock = scaledClock(scale);
    const sonoran = await Sonoran.start({ clock, cms: { limits: 'off' }, cad: { limits: 'off' } });
    await writeFile(join(folder, 'server.cfg'), serverConfig(sonoran));
    return new World(options, folder, scale, clock, sonoran);
  }

  private constructor(
    options: WorldOptions,
    folder: string,
    scale: ClockScale,
    clock: Clock,
    sonoran: Sonoran,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#scale = scale;
    this.#clock = clock;
    this.sonoran = sonoran;
    this.#dice = new Dice(options.seed);
    this.#trace = new Trace(clock.now);
    this.#people = addPeople(sonoran, this.#dice);
    this.#memory = new Memory(() => this.#mark());
    for (const { name, accounts } of this.#people) {
      this.#trace.add(`${name}: CMS by ${accounts.cms?.linkedBy}, CAD by ${accounts.cad?.linkedBy}`);
    }
  }

  /** How many actions there have been. */
  get actions(): number {
    return this.#memory.ledger.length;
  }

  /** How many requests there have been. */
  get requests(): number {
    return PRODUCTS.reduce((sum, product) => sum + this.sonoran[product].requests.length, 0);
  }

  /** What happened, in order. */
  get trace(): string {
    return this.#trace.text(this.sonoran);
  }

  /** One life of the game server, from its start to its sudden death. */
  async run(): Promise<void> {
    const plan = planRun(this.#dice, this.#people);
    this.#trace.add(`— a run; it ends by ${JSON.stringify(plan.death)}, or after ${plan.endsAt} ms`);
    if (plan.junk !== undefined) this.#putJunk(plan.junk);
    const life = new Life();
    const server = this.#start(plan, life);
    const ports = PRODUCTS.map((product) => Number(new URL(this.sonoran[product].url).port));
    const unwatch = watchRequests(ports, (step) => {
      const count = life.count(step);
      if (plan.death.by === step && count === plan.death.nth) life.after(plan.death.ms, () => server.kill());
    });
    for (const weather of plan.weather) life.after(weather.at, () => this.#change(weather));
    for (const link of plan.links) life.after(link.at, () => this.#link(link));
    if (plan.death.by === 'time') life.after(plan.death.ms, () => server.kill());
    void life.up.then(() => {
      life.after(plan.endsAt, () => server.kill());
      for (const deed of plan.deeds) life.after(deed.at, () => this.#tell(server, this.#decide(deed)));
      for (const { at, which } of plan.repeats) life.after(at, () => this.#repeat(server, which));
      for (const { at, which } of plan.reversals) life.after(at, () => this.#reverse(server, which));
      for (const { at, which } of plan.cancels) life.after(at, () => this.#cancel(server, which));
    });
    // Whatever is wrong with it, it does not last for ever.
    life.after(20_000, () => server.kill());
    await server.ended;
    life.end();
    unwatch();
    this.#noteDeath();
    if (server.signal !== 'SIGKILL')
      this.#memory.complaints.push(`the process ended by itself: ${server.stderr}`);
    for (const product of PRODUCTS) {
      await this.sonoran[product].up();
      this.sonoran[product].clearFaults();
    }
  }

  /** Lets everything come to its end, in fine weather, and looks at what came of it. @returns what is wrong. */
  async settle(): Promise<string[]> {
    this.#trace.add('— no more trouble: everything comes to its end');
    const life = new Life();
    const server = this.#start(undefined, life);
    const limit = performance.now() + DRAIN_LIMIT_MS;
    this.#unanswered.clear();
    await Promise.race([life.up, server.ended, pause(DRAIN_LIMIT_MS, undefined, { ref: false })]);
    // Whoever is not sure that a decision was taken in tells it again.
    for (const told of this.#told.values()) if (told.isNamed) this.#tell(server, told);
    if (this.#dice.chance(0.5)) server.send({ do: 'console', line: 'cmsqueue retry' });
    // What ended before a start, or is made again when it is over, is lifted once the clock has said so for some minutes.
    let lastLift = this.#clock.now() + DOUBT_MS;
    let known = this.#memory.ledger.length;
    for (let quiet = 0; quiet < 3 && performance.now() < limit && server.isAlive; ) {
      await pause(20);
      const asked = ++this.#ledgers;
      server.send({ do: 'ledger', number: asked });
      await Promise.race([life.ledger(asked), server.ended, pause(1_000, undefined, { ref: false })]);
      if (this.#memory.ledger.length > known) {
        known = this.#memory.ledger.length;
        lastLift = Math.max(lastLift, this.#clock.now() + DOUBT_MS);
      }
      const isOver =
        this.#unanswered.size === 0 &&
        this.#clock.now() > Math.max(lastLift, this.#lastExpiry + 20_000) &&
        this.#memory.ledger.every((outcome) => outcome.status !== 'queued' || isKept(outcome));
      quiet = isOver ? quiet + 1 : 0;
    }
    await this.#askWhoIsBanned(server);
    server.kill();
    await server.ended;
    life.end();
    this.#noteDeath();
    const complaints = judge({
      sonoran: this.sonoran,
      people: this.#people,
      memory: this.#memory,
      records: this.#openStore(readRecords),
      told: this.#told,
      banned: this.#banned,
      cancelAsked: this.#cancelAsked,
      readmissions: this.#readmissions,
      deaths: this.#deaths,
    });
    if (this.#unanswered.size > 0)
      complaints.push(`${this.#unanswered.size} export calls were never answered`);
    complaints.push(...this.#judgeStore());
    if (complaints.length === 0) this.#readmit();
    return complaints;
  }

  async close(): Promise<void> {
    await this.sonoran.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #mark(): Mark {
    return { cms: this.sonoran.cms.requests.length, cad: this.sonoran.cad.requests.length };
  }

  #start(plan: RunPlan | undefined, life: Life): GameServerProcess {
    const order = {
      config: join(this.#folder, 'server.cfg'),
      data: this.#data,
      resources: this.#options.resources,
      clock: this.#scale,
      death: plan?.death.by === 'server' ? plan.death.death : null,
      players: [MODERATOR, ...this.#people.filter(({ serverId }) => serverId !== undefined)],
    };
    const server: GameServerProcess = new GameServerProcess(this.#options.entry, order, (report) =>
      this.#hear(report, server, life),
    );
    return server;
  }

  #noteDeath(): void {
    this.#trace.add('— dead');
    this.#deaths.push(this.#mark());
    this.#memory.heardDeath();
  }

  get #data(): string {
    return join(this.#folder, 'data');
  }

  #hear(report: Report, server: GameServerProcess, life: Life): void {
    switch (report.tells) {
      case 'hello':
      case 'knocked':
      case 'connected':
        return;
      case 'up':
        life.setUp();
        server.send({ do: 'console', line: 'cmsqueue' });
        return;
      case 'ledger':
        this.#memory.heardLedger([...(report.outcomes as readonly Outcome[])].reverse());
        life.setLedger(report.number);
        return;
      case 'stray':
        this.#trace.add(report.error);
        this.#memory.complaints.push(report.error);
        return;
      case 'line':
        this.#hearLine(report.resource, report.text, server, life);
    }
  }

  #hearLine(resource: string, text: string, server: GameServerProcess, life: Life): void {
    const accepted = ACCEPTED.exec(text);
    const told = OUTCOME.exec(text) ?? ANSWER.exec(text);
    if (FAULT.test(text)) this.#memory.complaints.push(`${resource} printed: ${text}`);
    if (accepted?.[1]) this.#memory.heardAccepted(accepted[1]);
    const asked = ANSWER.test(text) ? this.#asked.get(Number(told?.[1])) : undefined;
    if (told?.[2] && asked !== undefined) {
      this.#banned.set(asked, JSON.parse(told[2]) as BannedAnswer);
      this.#unanswered.delete(Number(told[1]));
    } else if (told?.[2]) {
      const outcome = JSON.parse(told[2]) as Outcome | { readonly threw: string };
      if ('threw' in outcome) this.#memory.complaints.push(`an export threw: ${outcome.threw}`);
      else this.#memory.heardOutcome(outcome);
      this.#unanswered.delete(Number(told[1]));
    }
    // What is stored has been read now: the state of things before this life changes them much.
    if (QUEUE_LISTED.test(text) && life.count('listed') === 1) {
      server.send({ do: 'ledger', number: ++this.#ledgers });
    }
    if (resource === 'cmsban' || told) this.#trace.add(`  ${text.slice(0, 300)}`);
  }

  /** Asks by each name of everybody. */
  async #askWhoIsBanned(server: GameServerProcess): Promise<void> {
    this.#banned.clear();
    for (const person of this.#people) {
      for (const name of [...person.identifiers, accountNameOf(person)]) {
        if (name === undefined) continue;
        const number = ++this.#calls;
        this.#asked.set(number, name);
        this.#unanswered.add(number);
        server.send({ do: 'call', number, name: 'isBanned', args: [name] });
      }
    }
    const limit = performance.now() + DRAIN_LIMIT_MS;
    while (this.#unanswered.size > 0 && performance.now() < limit && server.isAlive) await pause(5);
  }

  #decide(deed: Deed): Told {
    const person = this.#people[deed.person];
    if (!person) throw new Error(`there is no person ${deed.person}`);
    const seconds = deed.via === 'txadmin' && deed.kind === 'ban' ? deed.forSeconds : undefined;
    const tag = `tag-${this.#told.size + 1}`;
    const told: Told = {
      tag,
      deed,
      person,
      target: this.#targetOf(deed, person),
      revokes:
        deed.via === 'txadmin' && deed.kind === 'unban'
          ? this.#bannedInTxAdmin(deed, person, tag)
          : undefined,
      from: this.#mark(),
      expiresAt: seconds === undefined ? null : (Math.ceil(this.#clock.now() / 1000) + seconds) * 1000,
      isNamed: deed.via === 'txadmin' || (deed.via === 'export' && deed.isNamed),
    };
    this.#told.set(told.tag, told);
    return told;
  }

  #targetOf({ by, which }: Deed, person: Person): string {
    switch (by) {
      case 'all':
        return person.serverId === undefined ? licenseOf(person) : String(person.serverId);
      case 'license':
      case 'steam':
      case 'discord':
        return `${by}:${person.ids[by]}`;
      case 'account':
        return accountNameOf(person) ?? licenseOf(person);
      case 'action': {
        const about = this.#memory.ledger.filter(({ target }) => this.#personOf(target) === person);
        return about[Math.floor(which * about.length)]?.id ?? licenseOf(person);
      }
    }
  }

  /** Which ban it is that txAdmin takes back; one that nobody knows, when there is none. */
  #bannedInTxAdmin({ which }: Deed, person: Person, tag: string): string {
    const bans = [...this.#told.values()].filter(
      (told) => told.person === person && told.deed.via === 'txadmin' && told.deed.kind === 'ban',
    );
    return bans[Math.floor(which * (bans.length + 0.3))]?.tag ?? tag;
  }

  #personOf({ identifiers, account }: Outcome['target']): Person | undefined {
    return this.#people.find(
      (person) =>
        identifiers.some((identifier) => person.identifiers.includes(identifier)) ||
        (account !== null && account === accountNameOf(person)),
    );
  }

  #tell(server: GameServerProcess, told: Told): void {
    for (const order of ordersOf(told, ++this.#calls)) {
      if (order.do === 'call') this.#unanswered.add(order.number);
      this.#trace.add(`> ${JSON.stringify(order)}`);
      server.send(order);
    }
  }

  #repeat(server: GameServerProcess, which: number): void {
    const named = [...this.#told.values()].filter(({ isNamed }) => isNamed);
    const told = named[Math.floor(which * named.length)];
    if (told) this.#tell(server, told);
  }

  /** Somebody takes a ban back that is still on its way. */
  #reverse(server: GameServerProcess, which: number): void {
    const bans = this.#pending.filter(({ action }) => action === 'ban');
    const ban = bans[Math.floor(which * bans.length)];
    const somebody = ban && this.#personOf(ban.target);
    if (!somebody) return;
    const person = this.#people.indexOf(somebody);
    const by = somebody.isMixed ? 'action' : 'license';
    const deed = { at: 0, kind: 'unban', person, via: 'console', by, which, isNamed: false } as const;
    this.#tell(server, this.#decide({ ...deed, products: undefined, forSeconds: undefined }));
  }

  #cancel(server: GameServerProcess, which: number): void {
    const outcome = this.#pending[Math.floor(which * this.#pending.length)];
    if (!outcome) return;
    this.#cancelAsked.add(outcome.id);
    const line = `cmsqueue cancel ${outcome.id}`;
    this.#trace.add(`> ${line}`);
    server.send({ do: 'console', line });
  }

  /** When the last of the temporary bans ends. */
  get #lastExpiry(): number {
    return Math.max(0, ...this.#memory.ledger.map(({ until }) => until ?? 0));
  }

  /** What was still on its way when that was asked last, and has not ended since. */
  get #pending(): readonly Outcome[] {
    const { ledger } = this.#memory;
    return ledger.filter(({ id, products }) =>
      PRODUCTS.some((product) => products[product] && !this.#memory.ending(id, product)),
    );
  }

  #change({ product, change }: Weather): void {
    this.#trace.add(`~ ${product} ${JSON.stringify(change)}`);
    const { cms, cad } = this.sonoran;
    if (change.to !== 'faulty') {
      void this.sonoran[product][change.to]();
      return;
    }
    // Each apart: what the read of a list of banned accounts meets with spares no ban.
    const { fault, times } = change;
    if (product === 'cms') {
      for (const call of ['BAN_ACCOUNT', 'KICK_ACCOUNT', 'accounts'] as const) cms.fault(call, fault, times);
    } else {
      for (const call of ['account-bans', 'accounts'] as const) cad.fault(call, fault, times);
    }
  }

  #link({ person, product, by, isLinked }: LinkChange): void {
    const somebody = this.#people[person];
    if (!somebody) return;
    changeLink(this.sonoran, somebody, product, by, isLinked);
    this.#trace.add(`~ ${somebody.name} is ${isLinked ? '' : 'not '}linked by ${by} in ${product} now`);
  }

  /** Everybody who was removed is let in again, so that there is something to decide about them. */
  #readmit(): void {
    for (const person of this.#people) {
      for (const product of PRODUCTS) {
        const account = person.accounts[product];
        if (!account || stateOf(this.sonoran, product, account.id).member) continue;
        this.sonoran[product].readmit(account.id);
        this.#readmissions.push({ person, product, after: this.#memory.ledger.length });
        this.#trace.add(`${person.name} is let in again in ${product}`);
      }
    }
  }

  #openStore<T>(use: (store: KeyValueStore) => T): T {
    const store = new KeyValueStore(join(this.#data, 'cmsban.kvp'));
    try {
      return use(store);
    } finally {
      store.close();
    }
  }

  #putJunk(text: string): void {
    const key = `action:junk${this.#junk.length}`;
    this.#junk.push(key);
    this.#trace.add(`the record ${key} is ${JSON.stringify(text)}`);
    this.#openStore((store) => store.set(key, { type: 'string', value: text }));
  }

  /** What cannot be read was set aside, and nothing else was. */
  #judgeStore(): string[] {
    const aside = this.#openStore((store) => store.find('unreadable:'));
    const expected = this.#junk.map((key) => `unreadable:${key}`).sort();
    if (aside.join() === expected.join()) return [];
    return [`set aside is ${aside.join(', ')}, and should be ${expected.join(', ')}`];
  }
}

/** Whether all that is on its way waits for the person to link an account. */
function isKept({ products }: Outcome): boolean {
  return PRODUCTS.every(
    (product) => products[product]?.status !== 'queued' || products[product]?.code === 'NOT_LINKED',
  );
}
