import { Failure } from '../errors.ts';

/** Prometheus answers in milliseconds, or it is in trouble. */
const PATIENCE_MS = 10_000;

export interface PrometheusSeries {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix seconds and a number as text. */
  readonly values: readonly (readonly [number, string])[];
}

/** Times of a query over a range, in Unix seconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** Asks one Prometheus. Each method throws Failure, with what to do, when it does not answer or refuses the query. */
export interface Prometheus {
  readonly url: string;
  over(expr: string, window: Window): Promise<readonly PrometheusSeries[]>;
  /** The first series' value at a time; undefined without one. */
  at(expr: string, time: number): Promise<number | undefined>;
}

export function createPrometheus(url: string): Prometheus {
  async function ask(path: string, parameters: Readonly<Record<string, string>>): Promise<unknown[]> {
    const target = new URL(`api/v1/${path}`, `${url.replace(/\/$/, '')}/`);
    const response = await fetch(target, {
      method: 'POST',
      body: new URLSearchParams(parameters),
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).catch(() => {
      throw new Failure(`Prometheus at ${url} does not answer`);
    });
    const answer = (await response.json().catch(() => undefined)) as
      | { status?: string; error?: string; data?: { result?: unknown[] } }
      | undefined;
    if (answer?.status === 'success') return answer.data?.result ?? [];
    throw new Failure(
      answer?.error === undefined
        ? `what answers at ${url} is not Prometheus (HTTP ${response.status})`
        : `Prometheus at ${url} refuses a query: ${answer.error}`,
    );
  }
  return {
    url,
    over: async (query, { from, to, step }) =>
      (await ask('query_range', {
        query,
        start: String(from),
        end: String(to),
        step: String(step),
      })) as PrometheusSeries[],
    async at(query, time) {
      const [first] = (await ask('query', { query, time: String(time) })) as {
        value: [number, string];
      }[];
      return first === undefined ? undefined : Number(first.value[1]);
    },
  };
}
