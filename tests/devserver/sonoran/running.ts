import { afterEach } from 'vitest';
import type { SonoranOptions } from '../../../devserver/sonoran/server.ts';
import { Sonoran } from '../../../devserver/sonoran/server.ts';

const running: Sonoran[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((sonoran) => sonoran.stop()));
});

/** Starts a stand-in that ends with the test. Without limits, unless the test asks for them. */
export async function start(options: SonoranOptions = {}): Promise<Sonoran> {
  const sonoran = await Sonoran.start({
    ...options,
    cms: { limits: 'off', ...options.cms },
    cad: { limits: 'off', ...options.cad },
  });
  running.push(sonoran);
  return sonoran;
}
