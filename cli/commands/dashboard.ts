import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import type { Context } from '../context.ts';
import { type DashboardAnswer, isRange, RANGES, type Range } from '../dashboard/answer.ts';
import { ask } from '../dashboard/ask.ts';
import { createPrometheus, type Prometheus } from '../dashboard/prometheus.ts';
import { type Asset, serveDashboard } from '../dashboard/server.ts';
import { Failure, Interrupted, UsageError } from '../errors.ts';
import { readEnvironment } from '../project.ts';
import { openTunnel } from '../tunnel/open-tunnel.ts';
import { OPENABLE } from './open.ts';

export interface DashboardFlags {
  /** Address of the environment's Prometheus. @default - found, through a tunnel where need be */
  readonly prometheus?: string;
  readonly range: string;
  readonly port: number;
}

/** What the page would show now. @throws UsageError, Failure */
export function dashboardNumbers(
  name: string,
  flags: DashboardFlags,
  context: Context,
): Promise<DashboardAnswer> {
  return withPrometheus(name, flags, context, ({ environment, prometheus, lost }) =>
    saying(environment, () =>
      Promise.race([ask(environment, prometheus, rangeOf(flags), context.now() / 1000), lost]),
    ),
  );
}

/**
 * Serves the page until somebody ends it.
 * @throws UsageError, Failure if Prometheus does not answer or the port is taken, else Interrupted
 */
export function dashboard(
  name: string,
  flags: DashboardFlags,
  onReady: (url: string) => void,
  context: Context,
): Promise<never> {
  return withPrometheus(name, flags, context, async ({ environment, prometheus, lost }) => {
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
    let unregister = () => {};
    const interrupted = new Promise<void>((done) => {
      unregister = context.onInterrupt(done);
    });
    try {
      await Promise.race([interrupted, lost]);
    } finally {
      unregister();
      await server.close();
    }
    throw new Interrupted('');
  });
}

interface Reached {
  readonly environment: Environment;
  readonly prometheus: Prometheus;
  /** Rejects when the way there breaks. */
  readonly lost: Promise<never>;
}

/** Does something with the environment's Prometheus, through a tunnel where there is no other way. */
async function withPrometheus<T>(
  name: string,
  flags: DashboardFlags,
  context: Context,
  work: (reached: Reached) => Promise<T>,
): Promise<T> {
  const environment = readEnvironment(context.project, name);
  rangeOf(flags);
  const given = flags.prometheus;
  if (given !== undefined) {
    if (!/^https?:\/\/./.test(given))
      throw new UsageError(`--prometheus: an address such as http://127.0.0.1:9090, got ${given}`);
    return work({ environment, prometheus: createPrometheus(given), lost: new Promise(() => undefined) });
  }
  const { port } = environment.prometheus;
  const tunnel = await openTunnel({ environment, port, local: 0, probe: OPENABLE.prometheus }, context);
  try {
    return await work({ environment, prometheus: createPrometheus(tunnel.url), lost: tunnel.ended });
  } finally {
    await tunnel.close();
  }
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
