import { loadavg } from 'node:os';
import { DIRECT, PIPE, type Subject } from './subjects.ts';

/** One list for each column, one value for each round. */
export interface Measured {
  perSecond1k: number[];
  perCpu1k: number[];
  perCpu100k: number[];
  perSecond100k: number[];
  p50: number[];
  p99: number[];
  burst: number[];
  paced: number[];
  firstToken: number[];
  gap50: number[];
  gap99: number[];
  mibPer1000Streams: number[];
  lost: number[];
}

export const nothing = (): Measured => ({
  perSecond1k: [],
  perCpu1k: [],
  perCpu100k: [],
  perSecond100k: [],
  p50: [],
  p99: [],
  burst: [],
  paced: [],
  firstToken: [],
  gap50: [],
  gap99: [],
  mibPer1000Streams: [],
  lost: [],
});

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
}

/** Of an even number of values the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Ratios to the pipe are of each round, then their median: a slow minute of the machine hits both. */
export function report(results: ReadonlyMap<string, Measured>, subjects: readonly Subject[]): string {
  const pipe = results.get(PIPE.name) ?? nothing();
  const direct = results.get(DIRECT) ?? nothing();
  const ratio = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
  const added = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, round) => value - (to[round] ?? Number.NaN)));
  const compared = (name: string, of: readonly number[], to: readonly number[]) =>
    of.length === 0
      ? '-'
      : !(median(of) > 0)
        ? name === DIRECT
          ? '-'
          : 'failed'
        : `${median(of).toFixed(0)} (${ratio(of, to).toFixed(2)})`;
  const rows = [...results].map(([name, m]) => [
    name,
    compared(name, m.perSecond1k, pipe.perSecond1k),
    compared(name, m.perCpu1k, pipe.perCpu1k),
    compared(name, m.perSecond100k, pipe.perSecond100k),
    compared(name, m.perCpu100k, pipe.perCpu100k),
    `${added(m.p50, direct.p50).toFixed(2)} / ${added(m.p99, direct.p99).toFixed(2)}`,
    compared(name, m.paced, pipe.paced),
    compared(name, m.burst, pipe.burst),
    m.firstToken.some(Number.isNaN) ? 'failed' : added(m.firstToken, direct.firstToken).toFixed(2),
    m.gap50.some(Number.isNaN) ? 'failed' : `${median(m.gap50).toFixed(2)} / ${median(m.gap99).toFixed(2)}`,
    m.mibPer1000Streams.length === 0
      ? '-'
      : `${median(m.mibPer1000Streams).toFixed(0)} (${Math.max(...m.lost)} lost)`,
  ]);
  const columns = [
    'subject',
    'requests/s, 1K prompt, 32 connections',
    'the same per CPU second',
    'requests/s, 100K prompt, 8 connections',
    'the same per CPU second',
    'added p50 / p99 ms, 1 connection',
    'chunks per CPU second, 300 streams of 200 chunks, one each 20 ms',
    'chunks/s, 16 streams of 1,000 chunks at once',
    'added first token ms, 4K prompt',
    'gap p50 / p99 ms, 50 streams, 20 ms',
    'MiB per 1,000 open streams',
  ];
  return [...HOW, loadLine(), '', ...about(results, subjects), '', ...table(columns, rows)].join('\n');
}

const HOW = [
  'Every subject alone on one core, started anew for each kind of answer; nginx (the upstream) and the load on the other core.',
  'Rounds are interleaved. Numbers are medians of the rounds; in brackets the ratio to the bare pipe in the same round, median too.',
  'Nothing but memory is measured before a subject has used 3 s of its processor, or been busy for 10 s: until then code is being compiled.',
  'Added: over the upstream alone. Prompts have 4 bytes a token. A chunk carries one token and leaves nginx by itself, as from vLLM,',
  'except in the column of streams at once: there 1,000 come in one piece, which a pipe passes on without looking and no model server sends.',
  'Requests and chunks per CPU second are of the processor time that the subject used, so that a busy machine disturbs them less.',
  '',
  'Run it: npm run evidence -- gateway (needs wrk, nginx with its njs module, taskset). Peers are taken if they are installed:',
  '  mkdir portkey && cd portkey && npm init -y && npm install --ignore-scripts @portkey-ai/gateway@1.15.2   then BENCH_PORTKEY=.../portkey',
  '  python3 -m venv litellm && litellm/bin/pip install "litellm[proxy]==1.106.0"                            then BENCH_LITELLM=.../litellm',
  'Portkey 1.15.2: its postinstall calls patch-package, and the package has no patches, hence --ignore-scripts. It answers streams with 500',
  'under Node 20: "TypeError: immutable", where it appends to the headers of a response of fetch.',
  'BENCH_ROUNDS, BENCH_SECONDS and BENCH_MINUTES (no round begins later) bound the time.',
];

/** Above what the benchmark itself keeps busy, something else ran: then absolute numbers and latencies say little. */
function loadLine(): string {
  const [, , average = Number.NaN] = loadavg();
  return `Load average of the last 15 minutes when it ended: ${average.toFixed(1)} (about 2 come from the benchmark itself).`;
}

function about(results: ReadonlyMap<string, Measured>, subjects: readonly Subject[]): readonly string[] {
  return subjects.map(({ name, about: text }) => {
    const rounds = results.get(name)?.perSecond1k.length ?? 0;
    return `${name}: ${text}. ${rounds} round${rounds === 1 ? '' : 's'}.`;
  });
}

/** Columns become lines: there are more of them than subjects. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const lines = columns.map((column, index) => [column, ...rows.map((row) => row[index] ?? '')]);
  const widths = (lines[0] ?? []).map((_, index) =>
    Math.max(...lines.map((line) => line[index]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
}
