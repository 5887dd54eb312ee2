import type { FxServer } from '../fxserver/server.ts';
import { describeRequest, describeResponse } from '../sonoran/describe.ts';
import type { RecordedPush } from '../sonoran/pushes.ts';
import type { RecordedRequest } from '../sonoran/recorded-request.ts';
import { line } from './screen.ts';
import type { Stage } from './stage.ts';

/** Shows what has happened since it was asked last: on the wire, in chat, and who is gone. */
export class Witness {
  readonly #stage: Pick<Stage, 'fx' | 'sonoran'>;
  readonly #shownRequests = { cms: 0, cad: 0 };
  #shownPushes = 0;
  readonly #shownChat = new Map<object, number>();
  readonly #shownGone = new Set<object>();
  readonly #everybody = new Set<FxPlayer>();

  constructor(stage: Pick<Stage, 'fx' | 'sonoran'>) {
    this.#stage = stage;
    // What was before has been told, or is nobody's concern.
    for (const product of ['cms', 'cad'] as const) {
      this.#shownRequests[product] = this.#answered(product).length;
    }
    this.#shownPushes = this.#pushes().length;
    // Whoever is here is watched from now on, also after they are gone.
    for (const player of this.#players()) this.#shownChat.set(player, player.chat.length);
  }

  /** Whether there is something new that {@link show} would print. */
  get hasNews(): boolean {
    return (
      (['cms', 'cad'] as const).some((product) =>
        this.#answered(product).slice(this.#shownRequests[product]).some(isOwnLine),
      ) ||
      this.#pushes().length > this.#shownPushes ||
      this.#players().some(
        (player) =>
          player.chat.length > (this.#shownChat.get(player) ?? 0) ||
          (player.dropReason !== null && !this.#shownGone.has(player)),
      )
    );
  }

  /** Prints the news. */
  show(): void {
    const told = [...this.#freshRequests('cms'), ...this.#freshPushes()];
    // In the order in which it happened; what a push sets off comes after it.
    for (const { print } of told.sort((one, other) => one.at - other.at)) print();
    for (const { print } of this.#freshRequests('cad')) print();
    for (const player of this.#players()) {
      if (player.dropReason !== null && !this.#shownGone.has(player)) {
        this.#shownGone.add(player);
        line('gone', `${player.name} is gone`, player.dropReason);
      }
      for (const text of player.chat.slice(this.#shownChat.get(player) ?? 0)) {
        line('sees', `${player.name} sees`, text);
      }
      this.#shownChat.set(player, player.chat.length);
    }
  }

  #freshRequests(product: 'cms' | 'cad'): readonly News[] {
    const requests = this.#answered(product);
    const fresh = requests.slice(this.#shownRequests[product]);
    this.#shownRequests[product] = requests.length;
    const name = product.toUpperCase();
    const news: News[] = fresh.filter(isOwnLine).map((request) => ({
      at: request.at,
      print: () => {
        line('wire', `to ${name}`, describeRequest(request));
        line('answer', `${name} answers`, describeResponse(request));
      },
    }));
    const reads = Map.groupBy(
      fresh.filter((request) => !isOwnLine(request)),
      ({ path }) => path,
    );
    for (const [path, [first, ...others]] of reads) {
      if (first === undefined) continue;
      const statuses = [...new Set([first, ...others].map(({ response }) => response?.status))].join(', ');
      const print = () => line('wire', `to ${name}`, `GET ${path} (${1 + others.length} ×): ${statuses}`);
      news.push({ at: first.at, print });
    }
    return news;
  }

  #freshPushes(): readonly News[] {
    const pushes = this.#pushes();
    const fresh = pushes.slice(this.#shownPushes);
    this.#shownPushes = pushes.length;
    return fresh.map(({ at, type, accountId, url, status, answer, error }) => ({
      at,
      print: () => {
        const { accName } = this.#stage.sonoran.cms.account(accountId);
        const result = error ?? `${status} ${answer}`;
        line('wire', 'CMS pushes', `POST ${new URL(url).pathname} ${type} (${accName}): ${result}`);
      },
    }));
  }

  /** Requests count once they are answered, in order: a later one is not shown before an earlier one. */
  #answered(product: 'cms' | 'cad'): readonly RecordedRequest[] {
    const { requests } = this.#stage.sonoran[product];
    const open = requests.findIndex(({ response }) => response === undefined);
    return open < 0 ? requests : requests.slice(0, open);
  }

  /** Push events count once it is known what came of them, in order. */
  #pushes(): readonly RecordedPush[] {
    const { pushes } = this.#stage.sonoran.cms;
    const open = pushes.findIndex(({ status, error }) => status === undefined && error === undefined);
    return open < 0 ? pushes : pushes.slice(0, open);
  }

  /** Also those who have left meanwhile. */
  #players(): readonly FxPlayer[] {
    for (const player of this.#stage.fx.players.values()) this.#everybody.add(player);
    return [...this.#everybody];
  }
}

/** Something that happened on the wire. */
interface News {
  /** Wall clock, in ms. */
  readonly at: number;
  print(): void;
}

/** Lists of accounts, and the details of one in a list. */
const BACKGROUND = /^\/v2\/(community|general)\/accounts(\/[0-9a-f-]{36})?$/;

/** Reading those goes on in the background, and is one line, however often. */
function isOwnLine({ path }: RecordedRequest): boolean {
  return !BACKGROUND.test(path);
}

type FxPlayer = FxServer['players'] extends ReadonlyMap<number, infer P> ? P : never;
