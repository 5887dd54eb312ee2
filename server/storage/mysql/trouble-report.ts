import type { Failure, Trouble } from './trouble.ts';

/** Told of every answer; passes on what is new. */
export type NoteAnswer = (answer: { readonly ok: true } | Failure) => void;

/**
 * Tells of a database's trouble once per kind, until it is over.
 *
 * @param onTrouble null: it is over.
 */
export function createTroubleReport(onTrouble: (trouble: Failure | null) => void): NoteAnswer {
  const told = new Set<Trouble>();
  return (answer) => {
    if (answer.ok) {
      if (told.size > 0) onTrouble(null);
      told.clear();
    } else if (!told.has(answer.trouble)) {
      told.add(answer.trouble);
      onTrouble(answer);
    }
  };
}
