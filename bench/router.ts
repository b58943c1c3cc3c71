import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../test/support/seeded.ts';
import { LOAD_CPU, wrk } from './gateway/measure.ts';
import type { Program } from './gateway/programs.ts';
import { HEADERS, MODEL, type Place, startAnswering, startProxy, startRouter } from './router/nginxes.ts';
import { type CacheResult, prefixCacheRun, WORKLOAD } from './router/prefix-cache.ts';

const ROUTER_CPU = 0;
const SERVER_PORT = 28_200;
const SUBJECT_PORT = 28_210;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const CACHE_ROUNDS = 3;

const BODY = JSON.stringify({
  model: MODEL,
  messages: [{ role: 'user', content: 'word '.repeat(800) }],
});

type Start = (place: Place, servers: readonly number[]) => Promise<Program>;
const KEPT = 'plain proxy_pass, connections kept';
const CLOSED = 'plain proxy_pass, a connection for each request';
const ROUTER = 'the router';
const SUBJECTS: Readonly<Record<string, Start>> = {
  [KEPT]: (place, servers) => startProxy(place, servers, 75),
  [CLOSED]: (place, servers) => startProxy(place, servers, 0),
  [ROUTER]: startRouter,
};

interface Round {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly p50: number;
  readonly p99: number;
}

/** The router against plain proxying, then sticky routing against round robin; rounds are interleaved. */
export async function routerBenchmark(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
  try {
    const speed = await compareSpeed(folder);
    return [...speed, '', ...(await compareCaches(folder)), '', loadLine()].join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function compareSpeed(folder: string): Promise<string[]> {
  const server = await startAnswering({ folder, port: SERVER_PORT, cpu: LOAD_CPU });
  const rounds = new Map(Object.keys(SUBJECTS).map((name) => [name, [] as Round[]]));
  try {
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [name, start] of Object.entries(SUBJECTS)) {
        process.stderr.write(`round ${round + 1} of ${ROUNDS}: ${name}\n`);
        const program = await start({ folder, port: SUBJECT_PORT, cpu: ROUTER_CPU }, [SERVER_PORT]);
        rounds.get(name)?.push(await measure(program, folder));
        await program.stop();
      }
  } finally {
    await server.stop();
  }
  return speedTable(rounds);
}

async function measure(program: Program, folder: string): Promise<Round> {
  const at = { port: SUBJECT_PORT, headers: { ...HEADERS, 'x-fleet-routing-key': 'benchmark' }, program };
  await wrk(at, folder, BODY, 32, 1);
  const before = program.cpuSeconds();
  const { perSecond, requests } = await wrk(at, folder, BODY, 32, SECONDS);
  const cpuMicroseconds = ((program.cpuSeconds() - before) / requests) * 1e6;
  const { p50, p99 } = await wrk(at, folder, BODY, 1, SECONDS);
  return { perSecond, cpuMicroseconds, p50, p99 };
}

function speedTable(rounds: ReadonlyMap<string, readonly Round[]>): string[] {
  const lines = [KEPT, CLOSED, ROUTER].map((name) => {
    const own = rounds.get(name) ?? [];
    const ratio = (base: string, of: keyof Round) =>
      median(own.map((round, index) => round[of] / (rounds.get(base)?.[index]?.[of] ?? Number.NaN)));
    const show = (of: keyof Round, digits: number) => median(own.map((round) => round[of])).toFixed(digits);
    const added = median(own.map(({ p50 }, index) => p50 - (rounds.get(KEPT)?.[index]?.p50 ?? Number.NaN)));
    return [
      name.padEnd(48),
      `${show('perSecond', 0)} (${ratio(KEPT, 'perSecond').toFixed(2)}, ${ratio(CLOSED, 'perSecond').toFixed(2)})`.padEnd(
        24,
      ),
      `${show('cpuMicroseconds', 1)} (${ratio(KEPT, 'cpuMicroseconds').toFixed(2)}, ${ratio(CLOSED, 'cpuMicroseconds').toFixed(2)})`.padEnd(
        22,
      ),
      `${show('p50', 3)} / ${show('p99', 3)}`.padEnd(16),
      `${added.toFixed(3)}`,
    ].join(' | ');
  });
  return [
    'The router against a plain proxy_pass: one nginx worker on one core; server (nginx, answers at once) and load (wrk) on the other.',
    `POST of a 1K-token prompt, ${ROUNDS} interleaved rounds of ${SECONDS} s. Medians; in brackets the ratio to each plain proxy_pass in the same round, median too.`,
    'The router logs each request; the plain ones do not.',
    '',
    [
      'subject'.padEnd(48),
      'requests/s, 32 at a time'.padEnd(24),
      'processor µs/request'.padEnd(22),
      'p50 / p99 ms, 1'.padEnd(16),
      'added p50 ms',
    ].join(' | '),
    ...lines,
  ];
}

async function compareCaches(folder: string): Promise<string[]> {
  const pairs: (readonly [CacheResult, CacheResult])[] = [];
  for (let round = 0; round < CACHE_ROUNDS; round += 1) {
    process.stderr.write(`prefix cache, round ${round + 1} of ${CACHE_ROUNDS}\n`);
    const through = (start: Start) =>
      prefixCacheRun(
        async (servers) => {
          const program = await start({ folder, port: SUBJECT_PORT, cpu: ROUTER_CPU }, servers);
          return { port: SUBJECT_PORT, stop: () => program.stop() };
        },
        seeded(round + 1),
      );
    pairs.push([await through(startRouter), await through(SUBJECTS[KEPT] ?? startRouter)]);
  }
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = pairs.map(([sticky, robin], index) =>
    [
      `round ${index + 1}`,
      `${percent(sticky.hitRate)} against ${percent(robin.hitRate)} (${(sticky.hitRate / robin.hitRate).toFixed(2)})`,
      `${percent(1 - sticky.hitRate)} against ${percent(1 - robin.hitRate)} (${((1 - sticky.hitRate) / (1 - robin.hitRate)).toFixed(2)})`,
      `${sticky.firstTokenMs.toFixed(0)} against ${robin.firstTokenMs.toFixed(0)} (${(sticky.firstTokenMs / robin.firstTokenMs).toFixed(2)})`,
    ].join(' | '),
  );
  return [
    `Sticky routing against weighted round robin of nginx (all weights equal), the same requests: ${WORKLOAD}.`,
    '',
    'round | prompt tokens from the prefix cache | prompt tokens computed | mean first token ms',
    ...lines,
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

function loadLine(): string {
  return `Load average of the last 5 minutes when it ended: ${(loadavg()[1] ?? Number.NaN).toFixed(1)} (about 2 come from the benchmark itself).`;
}
