// npm run bench: what the resource costs. The latest figures are in bench/README.md.

import { cpus } from 'node:os';
import { benchBan } from './ban.ts';
import { benchDrain } from './draining.ts';
import { benchGate } from './gate.ts';
import { benchGrowth } from './growth.ts';
import { benchMirror } from './mirror.ts';
import { benchPending } from './pending.ts';
import { benchPush } from './push.ts';
import { startSonoranProcess } from './sonoran-process.ts';
import { benchStart } from './start.ts';
import { benchWrites } from './writes.ts';

console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
const sonoran = await startSonoranProcess();
try {
  await benchStart(sonoran);
  await benchBan(sonoran);
  await benchWrites(sonoran);
  await benchGrowth(sonoran);
  await benchPush(sonoran);
} finally {
  await sonoran.stop();
}
await benchPending();
await benchDrain();
await benchMirror();
await benchGate();
