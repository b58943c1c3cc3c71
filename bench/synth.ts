import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build as esbuild } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const ROUNDS = 7;

/** Milliseconds that a program takes from start to exit. */
function milliseconds(args: readonly string[], env: Readonly<Record<string, string>>): number {
  const started = performance.now();
  execFileSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return performance.now() - started;
}

/** Synthesizing all environments against a bare cdktf program with the same resources, interleaved in one run. */
export async function synthBenchmark(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-bench-'));
  try {
    const bare = join(ROOT, 'dist', 'bench-bare.js');
    await esbuild({
      entryPoints: [join(ROOT, 'bench/bare.ts')],
      outfile: bare,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    const ours = join(folder, 'ours');
    const rounds = Array.from({ length: ROUNDS }, () => {
      const fleet = milliseconds([join(ROOT, 'dist/main.js')], { CDKTF_OUTDIR: ours });
      const baseline = milliseconds([bare, join(ours, 'stacks'), join(folder, 'bare')], {});
      return { fleet, baseline };
    });
    const median = (values: readonly number[]) =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
    const ratios = rounds.map(({ fleet, baseline }) => fleet / baseline);
    return [
      `synth of all environments, ${ROUNDS} interleaved rounds`,
      `fleet: ${median(rounds.map(({ fleet }) => fleet)).toFixed(0)} ms (median)`,
      `bare cdktf program, same resources: ${median(rounds.map(({ baseline }) => baseline)).toFixed(0)} ms (median)`,
      `ratio: ${median(ratios).toFixed(2)} (median), ${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
    ].join('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
