/** Tells all who listen that something has happened. */
export interface Signal {
  tell(): void;
  onTold(callback: () => void): void;
}

export function createSignal(): Signal {
  const callbacks: Array<() => void> = [];
  return {
    tell() {
      for (const callback of callbacks) callback();
    },
    onTold: (callback) => callbacks.push(callback),
  };
}
