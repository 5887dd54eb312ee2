import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import type { Dice } from '../dice.ts';
import type { ClusterServer } from './cluster-server.ts';
import { addPerson, type Person } from './people.ts';
import { CONTESTED, type Deed } from './plan.ts';

/** A decision that a server was told of. */
export interface Decision {
  /** Unlike any other's; stands in the reason. */
  readonly tag: string;
  readonly deed: Deed;
  readonly person: Person;
  readonly server: ClusterServer;
  /** When it was told first, in Unix milliseconds. */
  readonly at: number;
  /** What was answered first, and when; undefined while nothing was, and for what was typed. */
  answer: { readonly outcome: Outcome; readonly at: number } | undefined;
}

/** All that is decided in a world. */
export class Decisions {
  readonly #sonoran: Sonoran;
  readonly #servers: readonly ClusterServer[];
  readonly #note: (text: string) => void;
  readonly #complain: (text: string) => void;
  readonly all: Decision[] = [];
  readonly people: Person[];
  /** Calls that have not been answered, and whose server has not died. */
  open = 0;

  constructor(
    sonoran: Sonoran,
    servers: readonly ClusterServer[],
    dice: Dice,
    note: (text: string) => void,
    complain: (text: string) => void,
  ) {
    this.#sonoran = sonoran;
    this.#servers = servers;
    this.#note = note;
    this.#complain = complain;
    this.people = Array.from({ length: CONTESTED }, (_, number) =>
      addPerson(sonoran, number, {
        isContested: true,
        products: dice.chance(0.3) ? ['cms', 'cad'] : ['cad'],
      }),
    );
  }

  /** Somebody decides something, if the server is there. */
  decide(deed: Deed): void {
    const server = this.#servers[deed.server];
    if (!server || (server.state !== 'up' && server.state !== 'paused')) return;
    const person = deed.person === undefined ? this.#newPerson() : this.people[deed.person];
    if (!person) throw new Error(`there is no person ${deed.person}`);
    const tag = `tag-${this.all.length + 1}`;
    const decision: Decision = { tag, deed, person, server, at: Date.now(), answer: undefined };
    this.all.push(decision);
    this.tell(decision);
  }

  #newPerson(): Person {
    const person = addPerson(this.#sonoran, this.people.length, {
      isContested: false,
      products: ['cms', 'cad'],
    });
    this.people.push(person);
    return person;
  }

  /** Tells it, for the first time or once more. */
  tell(decision: Decision): void {
    const { tag, deed, person, server } = decision;
    const { kind, forSeconds, isNamed } = deed;
    this.#note(
      `> ${server.name}: ${kind} ${person.name} (${tag})${forSeconds === undefined ? '' : ` for ${forSeconds} s`}`,
    );
    if (deed.via === 'console') {
      server.console(`cms${kind} ${person.license} ${tag}`);
      return;
    }
    const options = {
      ...(isNamed ? { id: tag } : {}),
      ...(forSeconds === undefined ? {} : { duration: forSeconds }),
    };
    this.open++;
    void server.call(`${kind}Player`, person.license, tag, options).then((answer) => {
      this.open--;
      if (answer === undefined) return;
      const outcome = answer as Outcome | { readonly threw: string };
      if ('threw' in outcome) return this.#complain(`${kind}Player threw for ${tag}: ${outcome.threw}`);
      const { id, status, code, again = false } = outcome;
      this.#note(`< ${server.name}: ${tag} is ${id}, ${status} (${code})${again ? ', again' : ''}`);
      decision.answer ??= { outcome, at: Date.now() };
    });
  }

  /** Those that can be told again without a second effect. */
  get named(): readonly Decision[] {
    return this.all.filter(({ deed }) => deed.via === 'export' && deed.isNamed);
  }
}
