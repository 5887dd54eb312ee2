import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { ServerDeath } from './death.ts';

/** Ends this process as a power cut does: nothing runs any more, not even another line of this function. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;);
}

/** Counts steps of one kind, and dies around the one that was chosen. */
export function dyingAt(death: ServerDeath | null, at: ServerDeath['at']) {
  let left = death?.at === at ? death.nth : Number.POSITIVE_INFINITY;
  return (step: () => void): void => {
    left -= 1;
    if (left === 0 && death?.when === 'before') die();
    step();
    if (left === 0) die();
  };
}

/**
 * Makes this process die around one of its writes to a file; what writes on the stand-in are the
 * key-value stores alone. Half a write is what a process leaves that dies inside the kernel's.
 */
export function dieWriting(death: ServerDeath): void {
  if (death.at !== 'write') return;
  const write = fs.writeSync;
  let left = death.nth;
  const dyingWrite = (file: number, bytes: Uint8Array, from: number): number => {
    left -= 1;
    if (left === 0 && death.when === 'before') die();
    if (left === 0 && death.when === 'within') {
      write(file, bytes, from, Math.floor((bytes.length - from) / 2));
      die();
    }
    const written = write(file, bytes, from);
    if (left === 0) die();
    return written;
  };
  Object.assign(fs, { writeSync: dyingWrite });
  // Those who imported it by name get the new one as well.
  syncBuiltinESMExports();
}
