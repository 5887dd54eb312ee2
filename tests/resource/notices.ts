/** What those read who are dropped for a decision that was made here, when no appeal text is set. */

const APPEAL = 'If this is a mistake, contact the staff of this community\\.';
/** Its own id, and txAdmin's when it came from there. */
const ID = '[0-9a-f]{10}(?: \\(txAdmin: [A-Z0-9-]+\\))?';

/** Of a ban for good. */
export function banNotice(reason: string, author: string): RegExp {
  const why = literally(`You are banned from this community. Reason: ${reason} (by ${author}).`);
  return new RegExp(`^${why} Ends: never\\. Ban id: ${ID}\\. ${APPEAL}$`);
}

export function kickNotice(reason: string, author: string): RegExp {
  const why = literally(`You were removed from this community. Reason: ${reason} (by ${author}).`);
  return new RegExp(`^${why} Id: ${ID}\\. ${APPEAL}$`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
