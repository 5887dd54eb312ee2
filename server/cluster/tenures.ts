import {
  createLease,
  type Lease,
  type LeaseOptions,
  type LeaseState,
  type Term,
} from '../storage/mysql/lease.ts';
import type { OwnServer } from './options.ts';

/** A term of the lease here. */
export interface Tenure {
  readonly term: Term;
  /** Resolves when it is over. */
  readonly ended: Promise<void>;
}

/** The times for which this server has the lease. */
export interface Tenures {
  /** The one that is going on. */
  current(): Tenure | undefined;
  /** Tries for one, until it is stopped. */
  start(): void;
  isStarted(): boolean;
  /** To be told what the database has said. */
  heard(state: LeaseState): void;
  /** The database has said that this term is over. */
  giveUp(term: Term): void;
  /** Ends the one that is going on, in this turn, and tries for no other. */
  stop(): void;
}

/** What they take. */
export interface TenuresOptions
  extends Pick<LeaseOptions, 'database' | 'community' | 'lengthMs' | 'clock' | 'onTrouble'> {
  readonly server: OwnServer;
  readonly onGained: (tenure: Tenure) => void;
  /** Not called for one that was stopped. */
  readonly onLost: () => void;
}

export function createTenures({ server, onGained, onLost, ...options }: TenuresOptions): Tenures {
  let lease: Lease | undefined;
  let current: (Tenure & { readonly end: () => void }) | undefined;

  function end(): void {
    current?.end();
    current = undefined;
  }

  function create(): Lease {
    return createLease({
      ...options,
      server: { id: server.id, name: server.name ?? '' },
      onGained(term) {
        const { promise: ended, resolve } = Promise.withResolvers<void>();
        current = { term, ended, end: resolve };
        onGained(current);
      },
      onLost() {
        end();
        onLost();
      },
    });
  }

  return {
    current: () => current,
    start() {
      lease ??= create();
      lease.start();
    },
    isStarted: () => lease !== undefined,
    heard: (state) => lease?.heard(state),
    giveUp: (term) => lease?.giveUp(term),
    stop() {
      end();
      void lease?.stop();
      lease = undefined;
    },
  };
}
