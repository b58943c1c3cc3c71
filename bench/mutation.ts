import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const run = promisify(execFile);

const ROOT = resolve(import.meta.dirname, '..');
/** Below the project, so that its packages are found; git does not see it. */
const FOLDER = join(ROOT, 'dist/mutation');
/** Not a dependency of the project: 200 packages that nothing else needs. */
const STRYKER = '@stryker-mutator/core@9.6.1';
const COPIED = [
  'contracts',
  'docs/operations',
  'environments',
  'plan',
  'test/fixtures/plan',
  'test/plan',
  'test/rendered/plan',
  'test/support/local-project.ts',
  'test/support/plans',
];
/** The corpus is another proof, and slow: its plans hit everything, so each survivor would run all of them. */
const LEFT_OUT = ['test/plan/corpus.test.ts'];

interface Mutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: { readonly line: number } };
}

interface Counts {
  readonly file: string;
  readonly killed: number;
  readonly endless: number;
  readonly survived: number;
  readonly uncovered: number;
}

/**
 * Mutates everything in `plan/` and counts what its tests do not see. `FLEET_MUTATE=plan/cost.ts,…` takes some files alone,
 * `FLEET_MUTATION_SURVIVORS=1` names the survivors.
 */
export async function mutationEvidence(): Promise<string> {
  await prepare();
  const begin = performance.now();
  await run(join(FOLDER, 'node_modules/.bin/stryker'), ['run', 'stryker.json'], {
    cwd: FOLDER,
    maxBuffer: 1e9,
  });
  const minutes = (performance.now() - begin) / 60_000;
  const { files } = JSON.parse(readFileSync(join(FOLDER, 'report.json'), 'utf8')) as {
    readonly files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>;
  };
  const counts = Object.entries(files)
    .map(([file, { mutants }]) => countsOf(file, mutants))
    .toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return [
    `${STRYKER}, every mutator, what is computed while loading included; tests: test/plan without ${LEFT_OUT.join(', ')}`,
    `${minutes.toFixed(0)} minutes`,
    '',
    `${'file'.padEnd(34)} score  killed endless survived uncovered`,
    ...[...counts, total(counts)].map(shown),
    ...(process.env.FLEET_MUTATION_SURVIVORS === undefined ? [] : ['', ...survivors(files)]),
  ].join('\n');
}

async function prepare(): Promise<void> {
  for (const path of COPIED) {
    rmSync(join(FOLDER, path), { recursive: true, force: true });
    cpSync(join(ROOT, path), join(FOLDER, path), { recursive: true });
  }
  for (const path of LEFT_OUT) rmSync(join(FOLDER, path));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  if (!existsSync(join(FOLDER, 'node_modules/.bin/stryker')))
    await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--no-package-lock', STRYKER], {
      cwd: FOLDER,
    });
  await build({
    entryPoints: [join(ROOT, 'bench/mutation/test-runner.ts')],
    outfile: join(FOLDER, 'test-runner.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    packages: 'external',
  });
  writeFileSync(
    join(FOLDER, 'stryker.json'),
    JSON.stringify({
      mutate: process.env.FLEET_MUTATE?.split(',') ?? ['plan/**/*.ts'],
      plugins: [join(FOLDER, 'test-runner.mjs')],
      testRunner: 'plan',
      coverageAnalysis: 'perTest',
      concurrency: 2,
      maxTestRunnerReuse: 500,
      timeoutMS: 60_000,
      tsconfigFile: 'none.json',
      reporters: ['json', 'progress-append-only'],
      jsonReporter: { fileName: 'report.json' },
    }),
  );
}

function countsOf(file: string, mutants: readonly Mutant[]): Counts {
  const having = (status: string) => mutants.filter((mutant) => mutant.status === status).length;
  const counts = {
    file,
    killed: having('Killed'),
    endless: having('Timeout'),
    survived: having('Survived'),
    uncovered: having('NoCoverage'),
  };
  const counted = counts.killed + counts.endless + counts.survived + counts.uncovered;
  if (counted !== mutants.length)
    throw new Error(`${file}: ${mutants.length - counted} mutants have no answer`);
  return counts;
}

function total(counts: readonly Counts[]): Counts {
  const sum = (key: 'killed' | 'endless' | 'survived' | 'uncovered') =>
    counts.reduce((all, one) => all + one[key], 0);
  return {
    file: 'all',
    killed: sum('killed'),
    endless: sum('endless'),
    survived: sum('survived'),
    uncovered: sum('uncovered'),
  };
}

function shown({ file, killed, endless, survived, uncovered }: Counts): string {
  const score = ((100 * (killed + endless)) / Math.max(1, killed + endless + survived + uncovered)).toFixed(
    1,
  );
  const numbers = [killed, endless, survived, uncovered].map((count, index) =>
    String(count).padStart([7, 7, 8, 9][index] ?? 0),
  );
  return `${file.padEnd(34)} ${score.padStart(5)} ${numbers.join(' ')}`;
}

function survivors(files: Readonly<Record<string, { readonly mutants: readonly Mutant[] }>>): string[] {
  return Object.entries(files).flatMap(([file, { mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(
        ({ location, mutatorName, replacement = '', status }) =>
          `${file}:${location.start.line} ${status} ${mutatorName} → ${replacement.replaceAll('\n', ' ').slice(0, 90)}`,
      ),
  );
}
