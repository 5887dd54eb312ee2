import { measureDrain } from './drain.ts';
import { figure } from './figures.ts';

const BANS = 100;

/** How long a hundred bans take through the documented limits, in virtual time, beside what the limits demand. */
export async function benchDrain(): Promise<void> {
  const { cad, cms } = await measureDrain(BANS);
  figure('100 bans, CAD v2 at 10 a minute: virtual time', cad.tookMs / 1_000, 's');
  figure('100 bans, CAD v2: what the limit demands', cad.demandedMs / 1_000, 's');
  figure('100 bans, CMS v1 at one a second: virtual time', cms.tookMs / 1_000, 's');
  figure('100 bans, CMS v1: what the limit demands', cms.demandedMs / 1_000, 's');
  figure('100 bans: calls refused for coming too fast', cad.refusals + cms.refusals, '');
}
