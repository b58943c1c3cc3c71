import { defineConfig } from 'vitest/config';

const UNIT = ['test/**/*.test.ts'];
const LONG = ['test/system/**', 'test/verify/**'];
/** They hold something to a time, so nothing runs beside them. */
const TIMED = ['canary', 'cost-of-judging', 'local-traffic'].map((name) => `test/system/${name}.test.ts`);

/**
 * Three tiers: `unit` and `system` (two projects, `--project 'system*'`) are `npm test`, `verify` is everything long,
 * one file at a time.
 *
 * Files of `unit` share a process and what it imported, since importing was a third of their time. So a file leaves the
 * process as it found it: what it starts it ends, and what it changes of the environment it changes back.
 */
export default defineConfig({
  test: {
    globalSetup: ['test/support/build.ts'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: 'unit', include: UNIT, exclude: LONG, isolate: false } },
      { extends: true, test: { name: 'system', include: ['test/system/**/*.test.ts'], exclude: TIMED } },
      { extends: true, test: { name: 'system-timed', include: TIMED, fileParallelism: false } },
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
