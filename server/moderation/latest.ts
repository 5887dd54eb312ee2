/**
 * The places, in the order of decisions, of the latest lift that was not of one ban alone, and of the ban that was told
 * last: what was decided since may turn out to be of the same person.
 */
export interface Latest {
  /** 0 when there is none. */
  placeOf(kind: 'ban' | 'unban'): number;
  note(kind: 'ban' | 'unban', place: number): void;
}

export function createLatest(): Latest {
  const places = { ban: 0, unban: 0 };
  return {
    placeOf: (kind) => places[kind],
    note(kind, place) {
      places[kind] = Math.max(places[kind], place);
    },
  };
}
