import type { Clock } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { CadHost } from './cad-host.ts';
import { CmsHost } from './cms-host.ts';
import type { CommunitySettings } from './community.ts';
import { communitySettings } from './community.ts';

/** How to start the stand-in; everything has a default. */
export interface SonoranOptions {
  /** For limits, latencies and times; the system's unless given. */
  readonly clock?: Clock;
  readonly cms?: Partial<CommunitySettings>;
  readonly cad?: Partial<CommunitySettings>;
  /** 0 (the default) lets the system choose. */
  readonly cmsPort?: number;
  readonly cadPort?: number;
  /** Decides the generated ids: the same seed, the same ids. */
  readonly seed?: string;
}

/**
 * A stand-in for Sonoran: two real HTTP servers on loopback, one per product, as the vendor has two
 * hosts. It answers as the public documentation says, and where that is silent it is rather stricter
 * than kinder.
 */
export class Sonoran {
  readonly cms: CmsHost;
  readonly cad: CadHost;

  private constructor(cms: CmsHost, cad: CadHost) {
    this.cms = cms;
    this.cad = cad;
  }

  /** @returns the stand-in, listening. @throws when a port that was asked for is taken. */
  static async start(options: SonoranOptions = {}): Promise<Sonoran> {
    const { clock = systemClock, seed = 'sonoran' } = options;
    const sonoran = new Sonoran(
      new CmsHost(clock, communitySettings('cms', options.cms), seed, options.cmsPort ?? 0),
      new CadHost(clock, communitySettings('cad', options.cad), seed, options.cadPort ?? 0),
    );
    try {
      await sonoran.cms.up();
      await sonoran.cad.up();
    } catch (error) {
      await sonoran.stop();
      throw error;
    }
    return sonoran;
  }

  /** Ends both hosts; no timer and no socket of theirs is left. */
  async stop(): Promise<void> {
    await Promise.all([this.cms.down(), this.cad.down()]);
  }
}
