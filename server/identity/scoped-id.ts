/** Stands between an id that callers and txAdmin give on one server, and that server's, which has none. */
const MARK = '@';

/** An id that others give is each server's own: this one is no other's in the community. */
export function scopedId(id: string, serverId: string): string {
  return `${id}${MARK}${serverId}`;
}

/** An id of txAdmin's, which has none either, as it was given. */
export function givenId(id: string): string {
  const at = id.lastIndexOf(MARK);
  return at < 0 ? id : id.slice(0, at);
}
