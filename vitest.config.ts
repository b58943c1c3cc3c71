import { defineConfig } from 'vitest/config';

/** Three tiers: `unit` and `system` are `npm test`, `verify` is everything long. System tests run one at a time. */
export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: ['test/system/**', 'test/verify/**'] },
      },
      {
        extends: true,
        test: { name: 'system', include: ['test/system/**/*.test.ts'], fileParallelism: false },
      },
      {
        extends: true,
        test: {
          name: 'verify',
          include: ['test/verify/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
