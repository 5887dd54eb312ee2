/** A step of the game server's own at which it dies: the n-th of its kind since it was started. */
export interface ServerDeath {
  readonly at: 'write' | 'accepted' | 'outcome';
  readonly nth: number;
  /** Right before it, right after it, or (writes alone) with half of the bytes in the file. */
  readonly when: 'before' | 'within' | 'after';
}

/** How a run ends. */
export type Death =
  /** So many real milliseconds after the process was started. */
  | { readonly by: 'time'; readonly ms: number }
  /** The n-th request has arrived at Sonoran, or has been answered; then so many real milliseconds later. */
  | { readonly by: 'request' | 'answer'; readonly nth: number; readonly ms: number }
  | { readonly by: 'server'; readonly death: ServerDeath };
