import { LedgerLine } from '../../contracts/ledger.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { readLedger } from '../ledger-files.ts';
import { environmentFile, readEnvironment } from '../project.ts';

/** What one line of the result stands for. Days are those of UTC. */
export type Grouping = 'key' | 'model' | 'release' | 'day';

/** Requests added up. */
export interface CostRow {
  /** A key's id, a model, `model release`, or a day: what was grouped by. */
  readonly group: string;
  readonly requests: number;
  /** Prompt tokens that did not come from the prefix cache, as far as known. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  /** Exact sum in US dollars: `0.0123`. */
  readonly usd: string;
  /** Requests whose client left. */
  readonly aborted: number;
  /** Requests with tokens that could not be counted or priced: they are missing in the sums. */
  readonly usageMissing: number;
}

export interface CostResult {
  readonly environment: string;
  readonly by: Grouping;
  /** Only requests that ended then or later. Absent: all. */
  readonly since?: string;
  /** The files that were read, oldest first. */
  readonly files: readonly string[];
  /** In the order of their groups. */
  readonly rows: readonly CostRow[];
  readonly total: CostRow;
  /** Lines that are not a ledger's; they are missing in the sums. */
  readonly brokenLines: number;
}

/**
 * Adds up the ledger of an environment, in memory that does not grow with it.
 * @throws EnvironmentError, UsageError, Failure where there is no ledger file that can be read from here
 */
export async function cost(
  name: string,
  { by, since }: { readonly by: Grouping; readonly since?: string },
  { project, now }: Pick<Context, 'project' | 'now'>,
): Promise<CostResult> {
  const begin = since === undefined ? undefined : parseSince(since, now());
  const { platform, gateway } = readEnvironment(project, name);
  if (platform !== 'process') {
    throw new Failure(
      `${name} is on platform ${platform}; \`fleet cost\` reads only process environments so far`,
    );
  }
  if (gateway.ledger === undefined) {
    throw new Failure(
      `${name} keeps no ledger file; add \`ledger: { file: .fleet/${name}/ledger/ledger.jsonl }\` under \`gateway\` in ${environmentFile(name)}`,
    );
  }
  const groups = new Map<string, Sum>();
  const total = new Sum();
  let brokenLines = 0;
  const files = await readLedger(project, gateway.ledger.file, (text) => {
    const line = parseLine(text);
    if (line === undefined) brokenLines += 1;
    else if (begin === undefined || Date.parse(line.ts) >= begin) {
      const group = groupOf(line, by);
      const sum = groups.get(group) ?? new Sum();
      groups.set(group, sum);
      sum.add(line);
      total.add(line);
    }
  });
  return {
    environment: name,
    by,
    since: begin === undefined ? undefined : new Date(begin).toISOString(),
    files,
    rows: [...groups.keys()].toSorted().flatMap((group) => groups.get(group)?.row(group) ?? []),
    total: total.row('total'),
    brokenLines,
  };
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * `90m`, `24h` and `7d` before now; `2026-11-01` and `2026-11-01T12:00:00Z` as they are, in UTC.
 * @throws UsageError
 */
export function parseSince(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d+)([mhd])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new UsageError(
    `--since: must be a span such as 90m, 24h, 7d, or a time in UTC such as 2026-11-01 or 2026-11-01T12:00Z, got ${text}`,
  );
}

/** Pico-dollars as dollars, exactly, with at least two decimals: `12300000000n` → `0.0123`. */
export function exactDollars(picoDollars: bigint): string {
  const digits = picoDollars.toString().padStart(13, '0');
  const decimals = digits.slice(-12).replace(/0+$/, '').padEnd(2, '0');
  return `${digits.slice(0, -12)}.${decimals}`;
}

class Sum {
  #requests = 0;
  #input = 0;
  #cached = 0;
  #output = 0;
  #picoDollars = 0n;
  #aborted = 0;
  #usageMissing = 0;

  add({ promptTokens, cachedTokens, completionTokens, amount, aborted, usageMissing }: LedgerLine): void {
    const cached = cachedTokens ?? 0;
    this.#requests += 1;
    this.#input += (promptTokens ?? 0) - cached;
    this.#cached += cached;
    this.#output += completionTokens ?? 0;
    this.#picoDollars += BigInt(amount?.total ?? 0);
    if (aborted !== null) this.#aborted += 1;
    if (usageMissing) this.#usageMissing += 1;
  }

  row(group: string): CostRow {
    return {
      group,
      requests: this.#requests,
      inputTokens: this.#input,
      cachedInputTokens: this.#cached,
      outputTokens: this.#output,
      usd: exactDollars(this.#picoDollars),
      aborted: this.#aborted,
      usageMissing: this.#usageMissing,
    };
  }
}

function groupOf({ key, model, release, ts }: LedgerLine, by: Grouping): string {
  if (by === 'key') return key;
  if (by === 'day') return new Date(ts).toISOString().slice(0, 10);
  return by === 'model' ? model : `${model} ${release}`;
}

function parseLine(text: string): LedgerLine | undefined {
  return LedgerLine.safeParse(parseJson(text)).data;
}
