import type { Phase } from './engine.ts';

/** One ended request. Never holds prompts, answers or keys. */
export interface RequestRecord {
  /** X-Request-Id of the client, or the id that the simulator made. */
  readonly id: string;
  readonly path: string;
  /** As the client named it; empty if the request could not be read. */
  readonly model: string;
  readonly stream: boolean;
  /** HTTP status; 0 if none was sent. */
  readonly status: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly firstTokenAt?: number;
  readonly endedAt: number;
  /**
   * `completed`: the whole answer was sent; `aborted`: the client left, or the server was shut down;
   * `failed`: a simulated fault ended it; `rejected`: answered with an error (or, while shutting down, with nothing).
   */
  readonly outcome: 'completed' | 'aborted' | 'failed' | 'rejected';
  /** Where the request was when it was aborted; `sending`: generated, but not yet taken by the client. */
  readonly abortedPhase?: 'receiving' | Exclude<Phase, 'finished'> | 'sending';
  /** Of the request: `x-request-id`, those of W3C's trace context and all that begin with `x-fleet-`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Takes lines of text to keep outside, and promises when all are there. */
export interface RecordSink {
  write(line: string): void;
  close(): Promise<void>;
}

/** What the simulator takes from the file system. */
export interface Files {
  /** @throws if it cannot be read */
  read(path: string): string;
  appendTo(path: string): RecordSink;
}

/** The newest `limit` records, in order. */
export class RecordStore {
  readonly #limit: number;
  readonly #sink: RecordSink | undefined;
  #records: RequestRecord[] = [];

  constructor(limit: number, sink?: RecordSink) {
    this.#limit = limit;
    this.#sink = sink;
  }

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length >= 2 * this.#limit) this.#records = this.#records.slice(-this.#limit);
    this.#sink?.write(`${JSON.stringify(record)}\n`);
  }

  all(): readonly RequestRecord[] {
    return this.#records.slice(-this.#limit);
  }

  async close(): Promise<void> {
    await this.#sink?.close();
  }
}

const KEPT = ['x-request-id', 'traceparent', 'tracestate'];

/** The request headers that records keep. */
export function headersOfInterest(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => KEPT.includes(name) || name.startsWith('x-fleet-'));
  return Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
}
