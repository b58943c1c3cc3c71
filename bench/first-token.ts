import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type At, LOAD_CPU, prompt, streams, warmUp } from './gateway/measure.ts';
import { bundled, untilAnswers } from './gateway/programs.ts';
import { quantile } from './gateway/report.ts';
import { FLEET, PIPE, type Subject } from './gateway/subjects.ts';
import { startUpstream } from './gateway/upstream.ts';

const ROOT = resolve(import.meta.dirname, '..');
const SUBJECT_CPU = 0;
const FIRST_PORT = 28_140;
const SUBJECT_PORT = 28_150;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const TURNS = 100;
const PROMPTS = [100, 1_000, 4_000];

/**
 * What the gateway adds to a first token beyond the bare pipe. Both run all the time and are asked in turn, so that a
 * slow minute of the machine, which adds more than either, hits both.
 */
export async function firstTokenBenchmark(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-first-token-'));
  await bundled('pipe', 'load', 'turns');
  const upstream = await startUpstream(folder, FIRST_PORT, LOAD_CPU);
  const started: At[] = [];
  const start = async (subject: Subject): Promise<At> => {
    const port = SUBJECT_PORT + started.length;
    const own = join(folder, String(port));
    mkdirSync(own);
    const program = subject.start({ folder: own, port, upstreamPort: upstream.brief, cpu: SUBJECT_CPU });
    const at = { port, headers: subject.headers(upstream.brief), program };
    started.push(at);
    await untilAnswers(port, subject.startSeconds);
    await warmUp(at, () => streams(at));
    return at;
  };
  try {
    const direct = { port: upstream.brief, headers: {}, program: undefined };
    const [pipe, fleet] = [await start(PIPE), await start(FLEET)];
    const lines = [...HOW];
    for (const tokens of PROMPTS) lines.push(...(await rounds(tokens, [direct, pipe, fleet])));
    return lines.join('\n');
  } finally {
    for (const { program } of started) await program?.stop();
    upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function rounds(tokens: number, subjects: readonly At[]): Promise<readonly string[]> {
  const medians: number[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    process.stderr.write(`${tokens} tokens, round ${round + 1} of ${ROUNDS}\n`);
    // Whoever comes after the other finds its own code and data gone from the caches; so they change places.
    const order = round % 2 === 0 ? [0, 1, 2] : [0, 2, 1];
    const seen = await turns(
      order.flatMap((index) => subjects[index] ?? []),
      prompt(tokens, true),
    );
    medians.push(order.map((_, index) => quantile(seen[order.indexOf(index)] ?? [], 0.5)));
  }
  const over = (a: number, b: number) =>
    medians.map((round) => (round[a] ?? Number.NaN) - (round[b] ?? Number.NaN));
  const text = (values: readonly number[]) =>
    `${quantile(values, 0.5).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;
  return [
    '',
    `prompt of ${tokens} tokens: milliseconds, median of ${ROUNDS} rounds of ${TURNS} turns (least to most)`,
    `  the pipe, over the upstream alone     ${text(over(1, 0))}`,
    `  the gateway, over the upstream alone  ${text(over(2, 0))}`,
    `  the gateway, over the pipe            ${text(over(2, 1))}`,
  ];
}

async function turns(targets: readonly At[], body: string): Promise<readonly (readonly number[])[]> {
  const order = JSON.stringify({
    targets: targets.map(({ port, headers }) => ({ port, headers })),
    ...{ body, turns: TURNS },
  });
  const { stdout } = await promisify(execFile)('taskset', [
    ...['-c', String(LOAD_CPU), process.execPath, join(ROOT, 'dist/bench/turns.js'), order],
  ]);
  return JSON.parse(stdout) as readonly (readonly number[])[];
}

const HOW = [
  'Upstream, pipe and gateway are asked in turn for a stream, one request at a time; its first token comes after 20 ms.',
  'Pipe and gateway (as in gateway.md: keys, all limits, metrics, cost, ledger) share one core, which sleeps in between;',
  'nginx (the upstream) and the load have the other. Both were warm, as in gateway.md.',
];
