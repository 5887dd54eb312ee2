import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    globalSetup: [
      'tests/shown/report.ts',
      'tests/left-out/report.ts',
      'tests/mysql/global-setup.ts',
      'tests/panel/global-setup.ts',
    ],
    setupFiles: ['tests/shown/setup.ts'],
    // Worlds hold real sockets; on a busy machine a test may wait for its turn.
    testTimeout: 20_000,
    hookTimeout: 20_000,
    expect: { poll: { timeout: 10_000, interval: 20 } },
  },
});
