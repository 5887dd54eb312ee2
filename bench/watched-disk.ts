import { Disk } from '../devserver/fxserver/disk.ts';

/** A disk that takes the time of its flushes. */
export class WatchedDisk extends Disk {
  /** When each flush began and ended, on `performance.now`. */
  readonly times: { readonly begin: number; readonly end: number }[] = [];

  override flush(): void {
    const begin = performance.now();
    super.flush();
    this.times.push({ begin, end: performance.now() });
  }

  /** Those that began from then on. */
  since(time: number): { readonly begin: number; readonly end: number }[] {
    return this.times.filter(({ begin }) => begin >= time);
  }

  /** Waits until nothing was written for so long, in real milliseconds. */
  async quiet(ms: number): Promise<void> {
    for (let before = -1; before !== this.flushes; ) {
      before = this.flushes;
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
}
