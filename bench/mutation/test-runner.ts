import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { type CollectedTest, Collector } from './collector.ts';

/** What Stryker's instrumented code and this runner say to each other. */
interface Namespace {
  activeMutant?: string;
  currentTestId?: string;
  mutantCoverage?: unknown;
  hitCount?: number;
  hitLimit?: number;
}

interface MutantRun {
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly activeMutant: { readonly id: string };
  readonly mutantActivation: 'runtime' | 'static';
}

interface Failure {
  readonly id: string;
  readonly message: string;
}

const TESTS = 'test/plan';
/** Where the test files find the tree's root two folders above them. */
const BUNDLE = `test/support/mutation-${process.pid}.mjs`;
/** Mutants until the tests are run without one, to see that none has left something behind. */
const CONTROL_EVERY = 400;

const global = globalThis as unknown as { __stryker__?: Namespace; collector?: Collector };

/** A test runner of Stryker that keeps the tests loaded, and loads them anew only for what is computed while loading. */
class PlanTestRunner {
  #collector = new Collector();
  /** How long tests took when they ran last: the quick ones are asked first. */
  readonly #milliseconds = new Map<string, number>();
  #loads = 0;
  #mutants = 0;

  get #namespace(): Namespace {
    global.__stryker__ ??= {};
    return global.__stryker__;
  }

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    const files = readdirSync(TESTS).filter((name) => name.endsWith('.test.ts'));
    await build({
      absWorkingDir: process.cwd(),
      stdin: {
        contents: files.map((file) => `import './${TESTS}/${file}';`).join('\n'),
        resolveDir: process.cwd(),
      },
      outfile: BUNDLE,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.18',
      packages: 'external',
      logLevel: 'error',
      plugins: [
        {
          name: 'collector',
          setup({ onResolve, onLoad }) {
            onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, namespace: 'collector' }));
            onResolve({ filter: /^yaml$/ }, ({ path, importer }) =>
              /\/test\/(plan|support\/plans)\//.test(importer) ? { path, namespace: 'collector' } : undefined,
            );
            onLoad({ filter: /.*/, namespace: 'collector' }, () => ({
              contents: 'export const { describe, expect, parse, test } = globalThis.collector;',
            }));
          },
        },
      ],
    });
  }

  async dryRun() {
    await this.#load();
    const tests = [];
    for (const { id, run } of this.#collector.tests) {
      const begin = performance.now();
      this.#namespace.currentTestId = id;
      const failure = await failureOf(id, run);
      this.#namespace.currentTestId = undefined;
      const base = { id, name: id, timeSpentMs: performance.now() - begin };
      // Statuses of Stryker's interface: 0 success, 1 failed.
      tests.push(
        failure === undefined
          ? { ...base, status: 0 }
          : { ...base, status: 1, failureMessage: failure.message },
      );
    }
    return { status: 'complete', tests, mutantCoverage: this.#namespace.mutantCoverage };
  }

  async mutantRun({ testFilter, hitLimit, activeMutant, mutantActivation }: MutantRun) {
    this.#mutants += 1;
    if (this.#mutants % CONTROL_EVERY === 0) await this.#control();
    const isStatic = mutantActivation === 'static';
    Object.assign(this.#namespace, { hitCount: 0, hitLimit });
    this.#namespace.activeMutant = isStatic ? activeMutant.id : undefined;
    try {
      if (isStatic || this.#loads === 0) await this.#load();
      this.#namespace.activeMutant = activeMutant.id;
      return this.#answer(await this.#firstFailure(testFilter), testFilter);
    } catch (error) {
      return this.#answer({ id: 'loading the tests', message: String(error) }, testFilter);
    } finally {
      this.#namespace.activeMutant = undefined;
      this.#namespace.hitCount = undefined;
      if (isStatic) this.#loads = 0;
    }
  }

  async dispose(): Promise<void> {
    if (this.#mutants > 0) await this.#control();
  }

  async #load(): Promise<void> {
    this.#collector = new Collector();
    global.collector = this.#collector;
    PlanTestRunner.#version += 1;
    await import(`${pathToFileURL(join(process.cwd(), BUNDLE)).href}?${PlanTestRunner.#version}`);
    this.#loads += 1;
  }

  static #version = 0;

  async #firstFailure(filter: readonly string[] | undefined): Promise<Failure | undefined> {
    const wanted = filter === undefined ? undefined : new Set(filter);
    const took = ({ id }: CollectedTest) => this.#milliseconds.get(id) ?? 0;
    const tests = this.#collector.tests.filter(({ id }) => wanted === undefined || wanted.has(id));
    for (const { id, run } of tests.toSorted((a, b) => took(a) - took(b))) {
      const begin = performance.now();
      const failure = await failureOf(id, run);
      this.#milliseconds.set(id, performance.now() - begin);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #answer(failure: Failure | undefined, filter: readonly string[] | undefined) {
    const { hitCount = 0, hitLimit = Number.POSITIVE_INFINITY } = this.#namespace;
    const nrOfTests = filter?.length ?? this.#collector.tests.length;
    if (hitCount > hitLimit) return { status: 'timeout', reason: 'the mutant runs for ever' };
    return failure === undefined
      ? { status: 'survived', nrOfTests }
      : { status: 'killed', killedBy: [failure.id], failureMessage: failure.message, nrOfTests };
  }

  async #control(): Promise<void> {
    this.#namespace.activeMutant = undefined;
    this.#namespace.hitCount = undefined;
    if (this.#loads === 0) await this.#load();
    const failure = await this.#firstFailure(undefined);
    if (failure !== undefined) throw new Error(`${failure.id} fails without a mutant: ${failure.message}`);
  }
}

async function failureOf(id: string, run: () => unknown): Promise<Failure | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return { id, message: error instanceof Error ? error.message : String(error) };
  }
}

/** How Stryker finds a test runner in a module. */
export const strykerPlugins = [
  { kind: 'TestRunner', name: 'plan', factory: Object.assign(() => new PlanTestRunner(), { inject: [] }) },
];
