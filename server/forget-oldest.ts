/** Bounds what is remembered: of a map or set, in the order in which it was filled, only the latest stay. */
export function forgetOldest<T>(
  remembered: { readonly size: number; keys(): Iterable<T>; delete(key: T): unknown },
  most: number,
): void {
  for (const oldest of remembered.keys()) {
    if (remembered.size <= most) return;
    remembered.delete(oldest);
  }
}
