// npm run bench: what the resource costs. The latest figures are in bench/README.md.

import { cpus } from 'node:os';
import { benchBan } from './ban.ts';
import { benchCluster } from './cluster.ts';
import { benchDrain } from './draining.ts';
import { benchGate } from './gate.ts';
import { benchGrowth } from './growth.ts';
import { benchMirror } from './mirror.ts';
import { benchPending } from './pending.ts';
import { benchPush } from './push.ts';
import { startSonoranProcess } from './sonoran-process.ts';
import { benchStart } from './start.ts';
import { benchWrites } from './writes.ts';

const withSonoran = {
  start: benchStart,
  ban: benchBan,
  writes: benchWrites,
  growth: benchGrowth,
  push: benchPush,
};
const alone = {
  pending: benchPending,
  drain: benchDrain,
  mirror: benchMirror,
  gate: benchGate,
  cluster: benchCluster,
};

/** All of them, or those that are named: `npm run bench -- start cluster`. */
const named = process.argv.slice(2);
const isWanted = ([name]: readonly [string, unknown]) => named.length === 0 || named.includes(name);

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
const first = Object.entries(withSonoran).filter(isWanted);
if (first.length > 0) {
  const sonoran = await startSonoranProcess();
  try {
    for (const [, bench] of first) await bench(sonoran);
  } finally {
    await sonoran.stop();
  }
}
for (const [, bench] of Object.entries(alone).filter(isWanted)) await bench();
