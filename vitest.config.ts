import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    // Worlds hold real sockets; on a busy machine a test may wait for its turn.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
