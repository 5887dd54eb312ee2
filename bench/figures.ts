/** The value below which a share of the samples lies. @param share from 0 to 1. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints one figure. */
export function figure(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(62)} ${value.toFixed(2).padStart(9)} ${unit}`);
}

/** Prints the median of several runs, and the lowest and the highest of them. */
export function figureOfRuns(name: string, runs: readonly number[], unit: string): void {
  const digits = Math.max(...runs) < 10 ? 1 : 0;
  const [lowest, highest] = [Math.min(...runs), Math.max(...runs)].map((value) => value.toFixed(digits));
  figure(name, quantile(runs, 0.5), `${unit} (${lowest}–${highest})`);
}
