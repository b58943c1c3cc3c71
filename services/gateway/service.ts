import { Registry } from 'prom-client';
import { createAdminHandler } from '../common/admin.ts';
import { createConfigMetrics } from '../common/config-metrics.ts';
import { type Address, serve } from '../common/http/server.ts';
import { createLastScrape } from '../common/last-scrape.ts';
import { createProcessMetrics } from '../common/process-metrics.ts';
import { type Log, type Runtime, systemRuntime } from '../common/runtime.ts';
import type { Sources } from '../common/sources.ts';
import { type GatewayState, loadState } from './config.ts';
import { createEdgeRole } from './edge/role.ts';
import { createEgressRole } from './egress/role.ts';
import { reaches } from './http/reaches.ts';
import { createTokenCounter } from './tokens/counter.ts';

/** Shorter than the patience of whoever asks. */
const CONNECT_MS = 2_000;

export interface GatewayOptions extends Sources {
  /** Path of gateway.json; read again at every reload. */
  readonly configPath: string;
  /** Where requests come in. */
  readonly listen: Address;
  /** Where metrics and status are. */
  readonly admin: Address;
  readonly log: Log;
  /** The program that counts tokens; it is started when the first text is to be counted. */
  readonly tokenProgram: URL;
  /** Seconds from the signal to the end, at most, that are waited for metrics to be read once more. @default 0 */
  readonly lastScrapeSeconds?: number;
  /** @default - the system's clock, timers and randomness */
  readonly runtime?: Runtime;
}

export interface Gateway {
  /** `host:port` of the API. */
  readonly address: string;
  /** `host:port` of metrics and status. */
  readonly adminAddress: string;
  /** Reads configuration, keys and secrets again. A bad one is refused and the old one stays. Never throws. */
  reload(): Promise<void>;
  /** Accepts nothing new, lets requests finish for `drainSeconds`, cuts the rest short. */
  stop(): Promise<void>;
}

/** Starts one gateway in the role that its configuration names. @throws Error if the configuration is bad. */
export async function startGateway({
  configPath,
  listen,
  admin,
  log,
  tokenProgram,
  lastScrapeSeconds = 0,
  runtime = systemRuntime,
  ...sources
}: GatewayOptions): Promise<Gateway> {
  const registry = new Registry();
  const metrics = createConfigMetrics(registry);
  createProcessMetrics(registry, performance.timeOrigin);
  let state = await loadState(configPath, sources);
  let refusal: string | undefined;
  let ready = true;
  const counter = createTokenCounter({
    program: tokenProgram,
    runtime,
    onFailure: (error) =>
      log({ ts: runtime.date().toISOString(), event: 'token_counter_failed', error: codeOf(error) }),
  });
  const tools = { registry, runtime, log, counter };
  const role = state.role === 'edge' ? createEdgeRole(state, tools) : createEgressRole(state, tools);
  metrics.loaded(state.version);

  const api = await serve(role.handler, listen, runtime);
  const status = () => ({
    role: state.role,
    version: state.version,
    keys: state.role === 'edge' ? state.keysVersion : undefined,
    error: refusal,
  });
  const reachesRouter = () =>
    state.role === 'edge' ? reaches(state.router.url, CONNECT_MS) : Promise.resolve(false);
  const lastScrape = createLastScrape(runtime);
  const adminHandler = createAdminHandler({
    registry,
    status,
    isReady: () => ready,
    wasScraped: lastScrape.seen,
    reachesRouter: state.role === 'edge' ? reachesRouter : undefined,
  });
  const side = await serve(adminHandler, admin, runtime);
  let reloading = Promise.resolve();

  async function reload(): Promise<void> {
    try {
      const next = await loadState(configPath, sources);
      role.adopt(next);
      const changed = versionsOf(next) !== versionsOf(state) || refusal !== undefined;
      state = next;
      refusal = undefined;
      metrics.loaded(next.version);
      if (changed) log({ ts: runtime.date().toISOString(), event: 'reloaded', version: next.version });
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
      metrics.refused();
      log({ ts: runtime.date().toISOString(), event: 'reload_refused', error: refusal });
    }
  }

  return {
    address: api.address,
    adminAddress: side.address,
    reload() {
      reloading = reloading.then(reload);
      return reloading;
    },
    async stop() {
      ready = false;
      const lastMoment = runtime.now() + lastScrapeSeconds * 1000;
      await api.drain(state.drainSeconds);
      await role.close();
      await counter.close();
      // Nothing is counted any more: whoever reads the metrics now has all of them.
      await lastScrape.before(lastMoment);
      await side.drain(0);
    },
  };
}

/** What may stand in a log of an error whose message could quote a prompt. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error ? String(error.code) : error.name;
}

/** A changed secret beside the keys shows in neither. */
function versionsOf(state: GatewayState): string {
  return `${state.version} ${state.role === 'edge' ? state.keysVersion : ''}`;
}
