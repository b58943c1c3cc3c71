import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type At, LOAD_CPU, load, prompt, streams, type Values, warmUp, wrk } from './gateway/measure.ts';
import { bundled, untilAnswers } from './gateway/programs.ts';
import { type Measured, nothing, quantile, report } from './gateway/report.ts';
import { DIRECT, FLEET, litellm, PIPE, portkey, type Subject } from './gateway/subjects.ts';
import { startUpstream, type Upstream } from './gateway/upstream.ts';

const SUBJECT_CPU = 0;
const FIRST_PORT = 28_100;
const SUBJECT_PORT = 28_110;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
/** No round is begun after that long: the run is over at most one round later. */
const MINUTES = Number(process.env.BENCH_MINUTES ?? 10);
/** Waited for one after the other, on one connection: the processor sleeps in between. */
const FIRST_TOKENS = 100;

/** The gateway against a bare pipe, Portkey and LiteLLM, the same upstream, one core each, interleaved rounds. */
export async function gatewayBenchmark(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
  const upstream = await bundled('pipe', 'load').then(() => startUpstream(folder, FIRST_PORT, LOAD_CPU));
  try {
    const peers = [portkey(process.env.BENCH_PORTKEY ?? ''), litellm(process.env.BENCH_LITELLM ?? '')].filter(
      (peer) => peer !== undefined,
    );
    const subjects = [undefined, PIPE, FLEET, ...peers];
    const results = new Map(subjects.map((subject) => [subject?.name ?? DIRECT, nothing()]));
    const lastBegin = performance.now() + MINUTES * 60_000;
    for (let round = 0; round < ROUNDS && (round === 0 || performance.now() < lastBegin); round += 1) {
      for (const subject of subjects) {
        if (round >= (subject?.rounds ?? ROUNDS)) continue;
        process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${subject?.name ?? DIRECT}\n`);
        await measure(subject, upstream, folder, results.get(subject?.name ?? DIRECT) ?? nothing());
      }
    }
    return report(results, [PIPE, FLEET, ...peers]);
  } finally {
    upstream.stop();
    rmSync(folder, { recursive: true, force: true });
  }
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
    const small = prompt(1000, false);
    await warmUp(at, () => wrk(at, folder, small, 32, 1));
    const many = await perCpu(at, () => wrk(at, folder, small, 32, SECONDS));
    into.perSecond1k.push(many.perSecond);
    into.perCpu1k.push(many.perCpuSecond);
    const alone = await wrk(at, folder, small, 1, SECONDS);
    into.p50.push(alone.p50);
    into.p99.push(alone.p99);
    const large = prompt(100_000, false);
    await wrk(at, folder, large, 8, 1);
    const big = await perCpu(at, () => wrk(at, folder, large, 8, SECONDS));
    into.perSecond100k.push(big.perSecond);
    into.perCpu100k.push(big.perCpuSecond);
  });
  await against('fast', async (at) => {
    await warmUp(at, () => streams(at));
    const { perSecond } = await load<{ perSecond: number }>(at, 'chunks', prompt(1000, true), 16, SECONDS);
    into.burst.push(perSecond);
  });
  await against('brief', async (at) => {
    await warmUp(at, () => streams(at));
    await load(at, 'first', prompt(4000, true), 4, 10);
    const { values } = await load<Values>(at, 'first', prompt(4000, true), 1, FIRST_TOKENS);
    into.firstToken.push(quantile(values, 0.5));
  });
  await against('timed', async (at) => {
    await warmUp(at, () => streams(at));
    const gaps = await load<Values>(at, 'gaps', prompt(1000, true), 50, 2);
    into.gap50.push(quantile(gaps.values, 0.5));
    into.gap99.push(quantile(gaps.values, 0.99));
  });
  await against('paced', async (at) => {
    const { program } = at;
    if (program === undefined) return;
    await warmUp(at, () => streams(at));
    const before = program.cpuSeconds();
    const { events } = await streams(at);
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

/** Requests for each second of processor time, which a busy machine disturbs less than requests a second. */
async function perCpu(
  { program }: At,
  task: () => Promise<{ readonly perSecond: number; readonly requests: number }>,
): Promise<{ readonly perSecond: number; readonly perCpuSecond: number }> {
  const before = program?.cpuSeconds() ?? 0;
  const { perSecond, requests } = await task();
  const used = (program?.cpuSeconds() ?? 0) - before;
  return { perSecond, perCpuSecond: program === undefined ? Number.NaN : requests / used };
}
