import { type Evidence, labelOf, toldOf } from './evidence.ts';
import { causeOf } from './records.ts';

/** One decision, one action, however often it was told; and none that nobody has told, or that has no cause. */
export function judgeTags(evidence: Evidence): string[] {
  const { records, memory } = evidence;
  const seen = new Set<string>();
  const complaints = records.flatMap((action) => {
    const cause = causeOf(action);
    const told = toldOf(evidence, action);
    if (!cause && !told) return [`${labelOf(action)} was never decided`];
    const decision = cause ? (action.key ?? '') : (told?.tag ?? '');
    if (seen.has(decision)) return [`${decision} has a second effect, ${labelOf(action)}`];
    seen.add(decision);
    return [];
  });
  const stored = records.map(({ id }) => id).join(' ');
  const told = memory.ledger.map(({ id }) => id).join(' ');
  return stored === told ? complaints : [...complaints, `stored is ${stored}, and told was ${told}`];
}
