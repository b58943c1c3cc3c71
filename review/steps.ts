import type { z } from 'zod';
import { type Asked, NO_USAGE, sum, type Usage, UsageSchema } from './ask.ts';
import { type Job, type Journal, jobName, type StepRecord } from './journal.ts';

/** The steps of one job: each is done once, whatever ends the program between two of them. */
export class Steps {
  readonly #job: string;
  readonly #journal: Journal;
  readonly #signal: AbortSignal;
  readonly #records: Map<string, unknown>;
  #usage: Usage;

  private constructor(job: string, journal: Journal, signal: AbortSignal, records: readonly StepRecord[]) {
    this.#job = job;
    this.#journal = journal;
    this.#signal = signal;
    this.#records = new Map(records.map(({ step, value }) => [step, value]));
    this.#usage = records.reduce((usage, { value }) => sum(usage, usageIn(value)), NO_USAGE);
  }

  /** @throws what the journal throws */
  static async of(job: Job, journal: Journal, signal: AbortSignal): Promise<Steps> {
    const name = jobName(job);
    return new Steps(name, journal, signal, await journal.read(name));
  }

  /** What asking took so far, in this run and those before it. */
  get usage(): Usage {
    return this.#usage;
  }

  has(step: string): boolean {
    return this.#records.has(step);
  }

  /** The value of a step that is done; undefined: it is not. @throws when the journal holds something else */
  read<Value>(step: string, schema: z.ZodType<Value>): Value | undefined {
    return this.#records.has(step) ? schema.parse(this.#records.get(step)) : undefined;
  }

  /** The value of the step, from the journal or made now. @throws what `make` and the journal throw; nothing is kept then */
  async once<Value>(step: string, schema: z.ZodType<Value>, make: () => Promise<Value>): Promise<Value> {
    const done = this.read(step, schema);
    if (done !== undefined) return done;
    this.#signal.throwIfAborted();
    const value = await make();
    await this.#append(step, value);
    return value;
  }

  /** The same for what a model is asked: what it took is kept beside the value. */
  async asking<Value>(
    step: string,
    schema: z.ZodType<Value>,
    make: () => Promise<Asked<Value>>,
  ): Promise<Value | undefined> {
    const done = this.#records.get(step);
    if (isRecord(done)) return done.value === undefined ? undefined : schema.parse(done.value);
    this.#signal.throwIfAborted();
    const { value, usage } = await make();
    await this.#append(step, { value, usage });
    this.#usage = sum(this.#usage, usage);
    return value;
  }

  async #append(step: string, value: unknown): Promise<void> {
    await this.#journal.append(this.#job, { step, value });
    this.#records.set(step, value);
  }
}

function usageIn(value: unknown): Usage {
  return (isRecord(value) ? UsageSchema.safeParse(value.usage).data : undefined) ?? NO_USAGE;
}

function isRecord(value: unknown): value is { readonly value?: unknown; readonly usage?: unknown } {
  return typeof value === 'object' && value !== null;
}
