import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build as esbuild } from 'esbuild';
import { type Program, untilAnswers } from './gateway/programs.ts';
import { DIRECT, FLEET, litellm, PIPE, portkey, type Subject } from './gateway/subjects.ts';
import { startUpstream, type Upstream } from './gateway/upstream.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SUBJECT_CPU = 0;
const LOAD_CPU = 1;
const FIRST_PORT = 28_100;
const SUBJECT_PORT = 28_110;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 6);
/** At 20 ms a chunk: 15,000 chunks a second in all. */
const PACED_STREAMS = 300;
const run = promisify(execFile);

/** About 4 bytes a token. */
function prompt(tokens: number, stream: boolean): string {
  const content = 'word '.repeat(tokens).slice(0, tokens * 4);
  return JSON.stringify({ model: 'gpt-oss-120b', stream, messages: [{ role: 'user', content }] });
}

interface Measured {
  perSecond1k: number[];
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

const nothing = (): Measured => ({
  perSecond1k: [],
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

/** The gateway against a bare pipe, Portkey and LiteLLM, the same upstream, one core each, interleaved rounds. */
export async function gatewayBenchmark(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
  const upstream = await bundled().then(() => startUpstream(folder, FIRST_PORT, LOAD_CPU));
  try {
    const peers = [portkey(process.env.BENCH_PORTKEY ?? ''), litellm(process.env.BENCH_LITELLM ?? '')].filter(
      (peer) => peer !== undefined,
    );
    const subjects = [undefined, PIPE, FLEET, ...peers];
    const results = new Map(subjects.map((subject) => [subject?.name ?? DIRECT, nothing()]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const subject of subjects) {
        process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${subject?.name ?? DIRECT}\n`);
        await measure(subject, upstream, folder, results.get(subject?.name ?? DIRECT) ?? nothing());
      }
    }
    return report(results);
  } finally {
    upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function bundled(): Promise<void> {
  await esbuild({
    entryPoints: { pipe: join(ROOT, 'bench/gateway/pipe.ts'), load: join(ROOT, 'bench/gateway/load.ts') },
    outdir: join(ROOT, 'dist/bench'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
}

async function measure(
  subject: Subject | undefined,
  upstream: Upstream,
  folder: string,
  into: Measured,
): Promise<void> {
  const against = async (kind: Exclude<keyof Upstream, 'stop'>, task: (at: At) => Promise<void>) => {
    const upstreamPort = upstream[kind];
    if (subject === undefined) return task({ port: upstreamPort, headers: {}, program: undefined });
    const program = subject.start({ folder, port: SUBJECT_PORT, upstreamPort, cpu: SUBJECT_CPU });
    try {
      await untilAnswers(SUBJECT_PORT, subject.startSeconds);
      await task({ port: SUBJECT_PORT, headers: subject.headers(upstreamPort), program });
    } finally {
      await program.stop();
    }
  };
  await against('whole', async (at) => {
    await wrk(at, folder, prompt(1000, false), 32, 2);
    into.perSecond1k.push((await wrk(at, folder, prompt(1000, false), 32, SECONDS)).perSecond);
    const alone = await wrk(at, folder, prompt(1000, false), 1, SECONDS);
    into.p50.push(alone.p50);
    into.p99.push(alone.p99);
    into.perSecond100k.push((await wrk(at, folder, prompt(100_000, false), 8, SECONDS)).perSecond);
  });
  await against('fast', async (at) => {
    const { perSecond } = await load<{ perSecond: number }>(at, 'chunks', prompt(1000, true), 16, SECONDS);
    into.burst.push(perSecond);
  });
  await against('timed', async (at) => {
    await load(at, 'first', prompt(4000, true), 4, 3);
    const { values } = await load<Values>(at, 'first', prompt(4000, true), 1, 10);
    into.firstToken.push(quantile(values, 0.5));
    const gaps = await load<Values>(at, 'gaps', prompt(1000, true), 50, 2);
    into.gap50.push(quantile(gaps.values, 0.5));
    into.gap99.push(quantile(gaps.values, 0.99));
    const { program } = at;
    if (program === undefined) return;
    const before = program.cpuSeconds();
    const { events } = await load<{ events: number }>(at, 'hold', prompt(1000, true), PACED_STREAMS, 0);
    into.paced.push(events / (program.cpuSeconds() - before));
  });
  await against('open', async (at) => {
    const { program } = at;
    if (program === undefined) return;
    const idle = program.residentMiB();
    let most = idle;
    const watch = setInterval(() => {
      most = Math.max(most, program.residentMiB());
    }, 1000);
    const { lost } = await load<{ lost: number }>(at, 'hold', prompt(1000, true), 1000, 0);
    clearInterval(watch);
    into.mibPer1000Streams.push(most - idle);
    into.lost.push(lost);
  });
}

interface At {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly program: Program | undefined;
}

interface Values {
  readonly values: readonly number[];
}

async function load<Result>(
  { port, headers }: At,
  mode: string,
  body: string,
  connections: number,
  amount: number,
): Promise<Result> {
  const order = JSON.stringify({ port, headers, body, mode, connections, amount });
  const { stdout } = await run(
    'taskset',
    ['-c', String(LOAD_CPU), process.execPath, join(ROOT, 'dist/bench/load.js'), order],
    { maxBuffer: 256 * 1024 * 1024 },
  );
  return JSON.parse(stdout) as Result;
}

async function wrk(
  { port, headers }: At,
  folder: string,
  body: string,
  connections: number,
  seconds: number,
): Promise<{ readonly perSecond: number; readonly p50: number; readonly p99: number }> {
  const script = join(folder, 'post.lua');
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(
    ([name, value]) => `wrk.headers["${name}"] = "${value}"`,
  );
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = [[${body}]]\n${lines.join('\n')}
done = function(summary, latency)
  io.write(string.format("RESULT %f %f %f %d\\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end\n`,
  );
  const { stdout } = await run('taskset', [
    ...['-c', String(LOAD_CPU), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s'],
    ...['-s', script, `http://127.0.0.1:${port}/v1/chat/completions`],
  ]);
  const [, perSecond, p50, p99, errors] = /^RESULT (\S+) (\S+) (\S+) (\d+)/m.exec(stdout) ?? [];
  if (Number(errors) > 0) throw new Error(`wrk saw ${errors} errors:\n${stdout}`);
  return { perSecond: Number(perSecond), p50: Number(p50), p99: Number(p99) };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Ratios to the pipe are of each round, then their median: a slow minute of the machine hits both. */
function report(results: ReadonlyMap<string, Measured>): string {
  const pipe = results.get(PIPE.name) ?? nothing();
  const direct = results.get(DIRECT) ?? nothing();
  const ratio = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, round) => value / (to[round] ?? Number.NaN)));
  const added = (of: readonly number[], to: readonly number[]) =>
    median(of.map((value, round) => value - (to[round] ?? Number.NaN)));
  const compared = (of: readonly number[], to: readonly number[]) =>
    of.length === 0
      ? '-'
      : median(of) === 0
        ? 'failed'
        : `${median(of).toFixed(0)} (${ratio(of, to).toFixed(2)})`;
  const rows = [...results].map(([name, m]) =>
    [
      name.padEnd(24),
      compared(m.perSecond1k, pipe.perSecond1k),
      compared(m.perSecond100k, pipe.perSecond100k),
      `${added(m.p50, direct.p50).toFixed(2)} / ${added(m.p99, direct.p99).toFixed(2)}`,
      compared(m.paced, pipe.paced),
      compared(m.burst, pipe.burst),
      m.firstToken.some(Number.isNaN) ? 'failed' : added(m.firstToken, direct.firstToken).toFixed(2),
      m.gap50.some(Number.isNaN) ? 'failed' : `${median(m.gap50).toFixed(2)} / ${median(m.gap99).toFixed(2)}`,
      m.mibPer1000Streams.length === 0
        ? '-'
        : `${median(m.mibPer1000Streams).toFixed(0)} (${Math.max(...m.lost)} lost)`,
    ].join(' | '),
  );
  return [
    `${ROUNDS} interleaved rounds, medians; the gateway alone on one core, nginx and the load on the other.`,
    'In brackets: ratio to the bare pipe in the same round. Added: over the upstream alone.',
    '',
    [
      'subject'.padEnd(24),
      'requests/s, 1K prompt, 32 connections',
      'requests/s, 100K prompt, 8 connections',
      'added p50 / p99 ms, 1 connection',
      `chunks per CPU second, ${PACED_STREAMS} streams of 20 ms`,
      'chunks/s, 16 streams in bursts',
      'added first token ms, 4K prompt',
      'gap p50 / p99 ms, 50 streams of 20 ms',
      'MiB per 1,000 open streams',
    ].join(' | '),
    ...rows,
  ].join('\n');
}
