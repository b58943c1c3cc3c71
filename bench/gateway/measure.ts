import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Program } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The core of the load and of the upstream. */
export const LOAD_CPU = 1;
/** Until then a program's code has been compiled. */
const WARM_CPU_SECONDS = 3;
const LONGEST_WARM_UP_SECONDS = 10;
/** At 20 ms a chunk: 15,000 chunks a second in all. */
const PACED_STREAMS = 300;
const run = promisify(execFile);

/** Where the load goes. */
export interface At {
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly program: Program | undefined;
}

export interface Values {
  readonly values: readonly number[];
}

/** The body of a request, of about 4 bytes a token. */
export function prompt(tokens: number, stream: boolean): string {
  const content = 'word '.repeat(tokens).slice(0, tokens * 4);
  return JSON.stringify({ model: 'gpt-oss-120b', stream, messages: [{ role: 'user', content }] });
}

export async function load<Result>(
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

/** Does it until the program is warm, once at least. */
export async function warmUp({ program }: At, task: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + LONGEST_WARM_UP_SECONDS * 1000;
  const isCold = () => program !== undefined && program.cpuSeconds() < WARM_CPU_SECONDS;
  do await task();
  while (isCold() && performance.now() < deadline);
}

/** One stream on each of many connections, to its end. */
export function streams(at: At): Promise<{ readonly events: number }> {
  return load(at, 'hold', prompt(1000, true), PACED_STREAMS, 0);
}

/** A request that fails makes all numbers NaN: what is fast because it fails is not fast. */
export async function wrk(
  { port, headers }: At,
  folder: string,
  body: string,
  connections: number,
  seconds: number,
): Promise<{
  readonly perSecond: number;
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
}> {
  const script = join(folder, 'post.lua');
  const lines = Object.entries({ 'content-type': 'application/json', ...headers }).map(
    ([name, value]) => `wrk.headers["${name}"] = "${value}"`,
  );
  writeFileSync(
    script,
    `wrk.method = "POST"\nwrk.body = [[${body}]]\n${lines.join('\n')}
done = function(summary, latency)
  io.write(string.format("RESULT %f %d %f %f %d\\n", summary.requests / summary.duration * 1e6, summary.requests,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end\n`,
  );
  const { stdout } = await run('taskset', [
    ...['-c', String(LOAD_CPU), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s'],
    ...['-s', script, `http://127.0.0.1:${port}/v1/chat/completions`],
  ]);
  const [
    perSecond = Number.NaN,
    requests = Number.NaN,
    p50 = Number.NaN,
    p99 = Number.NaN,
    errors = Number.NaN,
  ] = (/^RESULT (\S+) (\d+) (\S+) (\S+) (\d+)/m.exec(stdout)?.slice(1) ?? []).map(Number);
  if (errors === 0) return { perSecond, requests, p50, p99 };
  process.stderr.write(`wrk saw errors:\n${stdout}`);
  return { perSecond: Number.NaN, requests: Number.NaN, p50: Number.NaN, p99: Number.NaN };
}
