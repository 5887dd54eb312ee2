/**
 * A part as whoever holds it for good sees it: everything goes to the one that counts in that moment. What is taken
 * out of it, a function above all, goes on to do so.
 *
 * @param now the one that counts.
 * @param instead what is done otherwise.
 */
export function through<T extends object>(now: () => T, instead: Partial<T> = {}): T {
  return new Proxy({} as T, {
    get(_, name) {
      if (name in instead) return Reflect.get(instead, name);
      const value: unknown = Reflect.get(now(), name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const method: unknown = Reflect.get(now(), name);
        return typeof method === 'function' ? Reflect.apply(method, now(), args) : undefined;
      };
    },
  });
}
