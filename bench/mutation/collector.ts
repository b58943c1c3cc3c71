import { format } from 'node:util';
import { expect } from 'vitest';
import { type ParseOptions, parse } from 'yaml';

type Body = (...row: never[]) => unknown;

/** One test of a file that was loaded. Its name is unique. */
export interface CollectedTest {
  readonly id: string;
  readonly run: () => unknown;
}

/**
 * What the tests of `plan/` use of vitest, so that they run without it: a test that is loaded once runs again in well under a
 * millisecond, and thousands of mutants take minutes, not hours. `expect` is vitest's own.
 */
const documents = new Map<string, unknown>();

export class Collector {
  readonly tests: CollectedTest[] = [];
  readonly expect = expect;
  /** YAML, read once for all loads. */
  readonly parse = (text: string, options?: ParseOptions): unknown => {
    if (!documents.has(text)) documents.set(text, parse(text, options));
    return documents.get(text);
  };
  readonly #suites: string[] = [];
  readonly #taken = new Map<string, number>();

  readonly describe = (name: string, body: () => void): void => {
    this.#suites.push(name);
    body();
    this.#suites.pop();
  };

  readonly test = Object.assign((name: string, body: Body) => this.#add(name, body, []), {
    each: (rows: readonly unknown[]) => (name: string, body: Body) => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        const places = name.match(/%[si]/g)?.length ?? 0;
        this.#add(format(name, ...values.slice(0, places)), body, values);
      }
    },
  });

  #add(name: string, body: Body, row: readonly unknown[]): void {
    const title = [...this.#suites, name].join(' ');
    const before = this.#taken.get(title) ?? 0;
    this.#taken.set(title, before + 1);
    this.tests.push({
      id: before === 0 ? title : `${title} (${before + 1})`,
      run: () => body(...(row as readonly never[])),
    });
  }
}
