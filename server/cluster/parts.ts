import type { Parts } from '../community.ts';
import { namesOf } from '../moderation/action.ts';
import type { Moderation } from '../moderation/contract.ts';
import type { Asking } from './asking/asking.ts';
import type { Generations } from './generations.ts';
import type { ClusterOptions } from './options.ts';
import { through } from './through.ts';

/** What they take. */
export interface PartsOptions extends Pick<ClusterOptions, 'outcomeOf'> {
  readonly generations: Generations;
  readonly asking: Pick<Asking, 'waiting' | 'verdictOn'>;
  readonly submit: Moderation['submit'];
  /** Resolves when decisions are taken. */
  readonly ready: Promise<void>;
}

/** What the rest of this server holds for good: the generation that counts, and with it what waits to be taken in. */
export function createParts({ generations, asking, submit, outcomeOf, ready }: PartsOptions): Parts {
  const work = () => generations.current().work;
  const { waiting } = asking;
  /** It was decided after all that is known here. */
  const latest = () => [...waiting()].reverse();

  return {
    lines: work().lines,
    ledger: through(() => work().ledger, {
      byId: (id) => work().ledger.byId(id) ?? waiting().find((action) => action.id === id),
      pending: () => [...work().ledger.pending(), ...waiting()],
      latest: (limit) => [...latest(), ...work().ledger.latest(limit)].slice(0, limit),
      about: (names) => [
        ...work().ledger.about(names),
        ...waiting().filter(({ person }) => namesOf(person).some((name) => names.includes(name))),
      ],
    }),
    ties: through(() => work().ties),
    bans: through(() => work().bans, { onBanned: generations.onBanned, onLate: generations.onLate }),
    here: { find: (names) => asking.verdictOn(names, work().here.find(names)) },
    own: through(() => work().own),
    known: (product, person) => work().known(product, person),
    moderation: through(() => work().moderation, {
      submit,
      pending: () => [...waiting().map(outcomeOf), ...work().moderation.pending()],
      history: (limit) => [...latest().map(outcomeOf), ...work().moderation.history(limit)].slice(0, limit),
    }),
    outbox: through(() => work().outbox),
    kept: through(() => work().kept),
    records: through(() => work().records),
    notices: through(() => work().notices),
    ready,
    tried: (identifiers) => work().tried(identifiers),
    follow(line) {
      const same = work().lines.find((each) => each.product.api.product === line.product.api.product);
      return work().follow(same ?? line);
    },
    onFollow: generations.onFollow,
  };
}
