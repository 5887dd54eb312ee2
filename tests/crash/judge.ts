import { PRODUCTS } from '../../server/moderation/action.ts';
import { judgeDoor } from './door.ts';
import type { Evidence } from './evidence.ts';
import { judgeLastDecisions } from './last-decision.ts';
import { judgeLines } from './lines.ts';
import { judgeOwn } from './own-actions.ts';
import { judgeTags } from './tags.ts';

/** What is wrong; empty when every promise was kept. To be asked when nothing is on its way any more. */
export function judge(evidence: Evidence): string[] {
  const complaints = [...evidence.memory.complaints];
  for (const { id, status, code, products } of evidence.memory.ledger) {
    if (status === 'queued' && code !== 'NOT_LINKED') complaints.push(`${id} is still on its way: ${code}`);
    for (const product of PRODUCTS) {
      const share = products[product];
      if (share?.status === 'refused' && !EXPECTED_REFUSALS.has(share.code) && !isLostKick(share)) {
        complaints.push(`${id} was refused in ${product}: ${share.code} ${share.message}`);
      }
    }
  }
  complaints.push(...judgeTags(evidence), ...judgeOwn(evidence));
  for (const person of evidence.people) {
    const judgePerson = person.isMixed ? judgeLastDecisions : judgeLines;
    complaints.push(...judgePerson(evidence, person), ...judgeDoor(evidence, person));
  }
  return complaints;
}

const EXPECTED_REFUSALS: ReadonlySet<string> = new Set(['NOT_LINKED', 'UNSUPPORTED', 'CANCELLED']);

/** A kick that may have worked, and was not made under another name. */
export function isLostKick({ message }: { readonly message: string }): boolean {
  return message.includes('the answer to the kick was lost');
}
