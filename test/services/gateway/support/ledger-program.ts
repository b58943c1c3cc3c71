import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EdgeConfig } from '../../../../contracts/gateway-config.ts';
import { LedgerLine } from '../../../../contracts/ledger.ts';
import { CHAT } from './edge.ts';
import { eventually } from './eventually.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from './fake-upstream.ts';
import { edgeConfig } from './start.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../../dist/services/gateway.js');
export const LEDGER = { file: 'ledger/ledger.jsonl', rotateMegabytes: 64 };

export interface Program {
  readonly child: ChildProcess;
  readonly router: FakeUpstream;
  readonly folder: string;
  readonly address: string;
  readonly stdout: () => string;
  post(body: unknown): Promise<Response>;
  metrics(): Promise<string>;
  /** Ends it as an operator does; everything it owes to the disk is there then. */
  stop(): Promise<number | null>;
  ledger(): LedgerLine[];
}

/** The gateway as a program of its own, before a fake router. */
export async function gateway(
  respond: Respond,
  more: Partial<EdgeConfig> = { ledger: LEDGER },
  nodeFlags: readonly string[] = [],
): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-ledger-'));
  const router = await fakeUpstream(respond);
  const sha256 = createHash('sha256').update('the-key').digest('hex');
  await writeFile(join(folder, 'gateway.json'), JSON.stringify(edgeConfig(router.url, more)));
  await writeFile(join(folder, 'keys.json'), JSON.stringify([{ id: 'team-a', sha256 }]));
  const flags = ['--config', 'gateway.json', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const child = spawn(process.execPath, [...nodeFlags, PROGRAM, ...flags], {
    cwd: folder,
    env: { ROUTER_KEY: 'hop' },
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
    await rm(folder, { recursive: true });
  });
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  const { address, admin } = await eventually(() => JSON.parse(stdout.split('\n')[0] ?? ''));
  return {
    ...{ child, router, folder, address },
    stdout: () => stdout,
    post: (body) =>
      fetch(`http://${address}${CHAT}`, {
        method: 'POST',
        headers: { authorization: 'Bearer the-key' },
        body: JSON.stringify(body),
      }),
    metrics: async () => (await fetch(`http://${admin}/metrics`)).text(),
    stop() {
      child.kill('SIGTERM');
      return exit;
    },
    ledger: () => linesOf(readFileSync(join(folder, LEDGER.file), 'utf8')),
  };
}

/** @throws Error for a line that is not a ledger's */
export function linesOf(text: string): LedgerLine[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => LedgerLine.parse(JSON.parse(line)));
}

/** A `usage` object as vLLM writes it; without `cached` it does not say. */
export function usage(prompt: number, cached: number | undefined, completion: number) {
  const details = cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } };
  return { prompt_tokens: prompt, completion_tokens: completion, ...details };
}

/** The value of a series, labels in the order of the page. */
export function sampleOf(metrics: string, series: string): number {
  return Number(
    metrics
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1),
  );
}
