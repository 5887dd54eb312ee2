/** Tells all who listen that something has happened, and what. */
export interface Signal<T = void> {
  tell(news: T): void;
  onTold(callback: (news: T) => void): void;
}

export function createSignal<T = void>(): Signal<T> {
  const callbacks: Array<(news: T) => void> = [];
  return {
    tell(news) {
      for (const callback of callbacks) callback(news);
    },
    onTold: (callback) => callbacks.push(callback),
  };
}
