import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import type { Context } from '../context.ts';
import { type DashboardAnswer, isRange, RANGES, type Range } from '../dashboard/answer.ts';
import { ask } from '../dashboard/ask.ts';
import { createPrometheus } from '../dashboard/prometheus.ts';
import { type Asset, serveDashboard } from '../dashboard/server.ts';
import { Failure, Interrupted, UsageError } from '../errors.ts';
import { readEnvironment } from '../project.ts';

export interface DashboardFlags {
  /** Address of the environment's Prometheus, if it is not where it would be on this host. */
  readonly prometheus?: string;
  readonly range: string;
  readonly port: number;
}

/** What the page would show now. @throws UsageError, Failure */
export async function dashboardNumbers(
  name: string,
  flags: DashboardFlags,
  context: Context,
): Promise<DashboardAnswer> {
  const { environment, prometheus } = open(name, flags, context);
  return saying(environment, () => ask(environment, prometheus, rangeOf(flags), context.now() / 1000));
}

/**
 * Serves the page until somebody ends it.
 * @throws UsageError, Failure if Prometheus does not answer or the port is taken, else Interrupted
 */
export async function dashboard(
  name: string,
  flags: DashboardFlags,
  onReady: (url: string) => void,
  context: Context,
): Promise<never> {
  const { environment, prometheus } = open(name, flags, context);
  const range = rangeOf(flags);
  const answers = (chosen: Range) => ask(environment, prometheus, chosen, context.now() / 1000);
  await saying(environment, () => answers(range));
  const server = await serveDashboard({
    assets: page(context.toolkit),
    ask: answers,
    port: flags.port,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Failure(`port ${flags.port} is taken; --port names another, --port 0 takes any that is free`);
  });
  onReady(server.url);
  await new Promise<void>((interrupted) => {
    const unregister = context.onInterrupt(() => {
      unregister();
      interrupted();
    });
  });
  await server.close();
  throw new Interrupted('');
}

function open(name: string, flags: DashboardFlags, context: Context) {
  const environment = readEnvironment(context.project, name);
  return { environment, prometheus: createPrometheus(addressOf(environment, flags.prometheus)) };
}

function addressOf({ name, platform, process, docker, prometheus }: Environment, given?: string): string {
  if (given !== undefined) {
    if (/^https?:\/\/./.test(given)) return given;
    throw new UsageError(`--prometheus: an address such as http://127.0.0.1:9090, got ${given}`);
  }
  const here = platform === 'process' || (platform === 'docker' && !docker?.host?.startsWith('ssh:'));
  const address = process?.address ?? '127.0.0.1';
  if (here) return `http://${address === '0.0.0.0' ? '127.0.0.1' : address}:${prometheus.port}`;
  throw new UsageError(
    `Prometheus of ${name} runs on another machine: make a tunnel to it and name its end, --prometheus http://127.0.0.1:9090`,
  );
}

function rangeOf({ range }: DashboardFlags): Range {
  if (isRange(range)) return range;
  throw new UsageError(`--range: one of ${Object.keys(RANGES).join(', ')}, got ${range}`);
}

/** Adds what to do to the failure of the first question. */
async function saying<T>({ name }: Environment, first: () => Promise<T>): Promise<T> {
  try {
    return await first();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      `${error.message}; does ${name} run? \`fleet status ${name}\` says so, \`fleet up ${name}\` starts it`,
    );
  }
}

/** The files that build.mjs has made of cli/dashboard/page. */
function page(toolkit: string): ReadonlyMap<string, Asset> {
  const file = (name: string, type: string): Asset => ({
    type,
    body: readFileSync(join(toolkit, 'dist/dashboard', name), 'utf8'),
  });
  return new Map([
    ['/', file('index.html', 'text/html')],
    ['/page.js', file('page.js', 'text/javascript')],
    ['/page.css', file('page.css', 'text/css')],
  ]);
}
