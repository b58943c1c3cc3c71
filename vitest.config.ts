import { defineConfig } from 'vitest/config';

const UNIT = ['test/**/*.test.ts'];
const LONG = ['test/system/**', 'test/verify/**'];
/** They change nothing that another file sees, so files share a process and its imports, which is most of their time. */
const PURE = ['constructs', 'contracts', 'plan', 'rollout', 'stacks', 'workloads'].map(
  (room) => `test/${room}/**/*.test.ts`,
);

/**
 * Three tiers: `unit` (two projects, `--project 'unit*'`) and `system` are `npm test`, `verify` is everything long.
 * System tests run one at a time.
 */
export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, exclude: [...LONG, ...PURE] } },
      { extends: true, test: { name: 'unit-pure', include: PURE, isolate: false } },
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
