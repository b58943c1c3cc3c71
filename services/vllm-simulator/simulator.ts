import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { ScriptedAnswer } from './answers.ts';
import { type Clock, systemClock } from './clock.ts';
import { parseCommandLine } from './command-line.ts';
import { Engine } from './engine.ts';
import { createFailurePlan } from './failures.ts';
import { vllmFlags } from './flags.ts';
import { createHandler } from './http/handler.ts';
import { createHttpMetrics } from './metrics/http-metrics.ts';
import { createProcessMetrics, type ProcessFacts } from './metrics/process-metrics.ts';
import { createVllmMetrics } from './metrics/vllm-metrics.ts';
import { files, processFacts, randomId } from './platform.ts';
import { PrefixCache } from './prefix-cache.ts';
import { type Files, RecordStore, type RequestRecord } from './record.ts';
import { type ServerOptions, serverOptions } from './server-options.ts';
import { checked, parseAnswers, type SimulationInput, SimulationOptions } from './simulation-options.ts';

export interface SimulatorOptions {
  /** Arguments as of `vllm`: `['serve', 'openai/gpt-oss-20b', '--port', '0']`. Port 0 takes a free one. */
  readonly args: readonly string[];
  /** @default - the defaults of {@link SimulationOptions} */
  readonly simulation?: SimulationInput;
  /** `VLLM_API_KEY` of the environment. @default - only `--api-key` counts */
  readonly vllmApiKey?: string;
  /** @default - the machine's clock */
  readonly clock?: Clock;
  /** Gives 16 hex digits, new each time. @default - random ones */
  readonly randomId?: () => string;
  /** @default - the machine's file system */
  readonly files?: Files;
  /** Takes lines about faults of the simulator itself. @default - they go to stderr */
  readonly log?: (line: string) => void;
  /** Facts for `process_*` metrics. @default - those of this process */
  readonly processFacts?: () => ProcessFacts;
}

export interface Simulator {
  readonly server: Server;
  readonly options: ServerOptions;
  /** Ended requests, oldest first. */
  readonly records: readonly RequestRecord[];
  /** Waits `startSeconds`, then serves. Rejects if the address cannot be taken. `url` has no slash at its end. */
  listen(): Promise<{ url: string; port: number }>;
  /** What SIGTERM does: no new requests, then `--shutdown-timeout` for the running ones, then {@link close}. */
  shutdown(): Promise<void>;
  /** Breaks what is open and writes the record file out. */
  close(): Promise<void>;
}

/**
 * A stand-in for `vllm serve`, not listening yet. Several can run in one process.
 *
 * @throws CommandLineError, ServerOptionsError, SimulationOptionsError
 */
export function createSimulator({
  args,
  simulation: input = {},
  vllmApiKey,
  clock = systemClock,
  randomId: newId = randomId,
  files: disk = files,
  processFacts: facts = processFacts,
  log = console.error,
}: SimulatorOptions): Simulator {
  let simulation = checked(SimulationOptions, input, 'simulation');
  const { startSeconds, recordFile, recordLimit, kvCacheBlocks, answers: source } = simulation;
  const options = serverOptions(parseCommandLine(args, vllmFlags), {
    flags: vllmFlags,
    kvCacheBlocks,
    vllmApiKey,
  });
  const answers: readonly ScriptedAnswer[] =
    typeof source === 'string' ? parseAnswers(disk.read(source), source) : source;
  const records = new RecordStore(
    recordLimit,
    recordFile === undefined ? undefined : disk.appendTo(recordFile),
  );
  const cache = new PrefixCache({
    blockSize: options.blockSize,
    capacity: options.kvCacheBlocks,
    enabled: options.prefixCaching,
  });
  const seconds = () => clock.wall() / 1000;
  const vllmMetrics = createVllmMetrics({
    server: options,
    gauges: () => ({
      running: engine.running,
      waiting: engine.waiting,
      kvCacheUsage: cache.usedBlocks / cache.capacity,
    }),
    seconds,
    countClientAborts: () => simulation.countClientAborts,
  });
  const engine = new Engine({
    clock,
    cache,
    stats: vllmMetrics,
    maxSequences: options.maxNumSeqs,
    speed: () => simulation,
  });
  const httpMetrics = createHttpMetrics(seconds);
  const families = [...createProcessMetrics(facts), ...vllmMetrics.families, ...httpMetrics.families];
  let failureFor = createFailurePlan(simulation.failures);
  const handle = createHandler({
    server: options,
    engine,
    clock,
    records,
    answers,
    randomId: newId,
    answerTokens: () => simulation.answerTokens,
    failureFor: (subject) => failureFor(subject),
    rejected: vllmMetrics.rejected,
    answeringModel: (requested) =>
      simulation.answersAs === 'requested' && requested
        ? requested
        : (options.servedModelNames[0] ?? options.model),
    healthy: () => simulation.healthy,
    metricsPage: () => families.map((family) => family.render()).join(''),
    httpMetrics,
    log,
    admin: {
      records,
      options: () => simulation,
      change(change) {
        simulation = { ...simulation, ...change };
        if (change.failures) failureFor = createFailurePlan(change.failures);
      },
    },
  });

  const { tls } = options;
  const server: Server = tls
    ? createTlsServer({
        cert: disk.read(tls.certFile),
        key: disk.read(tls.keyFile),
        ca: tls.caFile === undefined ? undefined : disk.read(tls.caFile),
        requestCert: tls.requireClientCertificate,
      })
    : createHttpServer();
  // uvicorn's: idle connections live 5 s (VLLM_HTTP_TIMEOUT_KEEP_ALIVE), requests as long as they take.
  server.keepAliveTimeout = 5000;
  server.requestTimeout = 0;
  const open = new Set<object>();
  let notifyIdle = () => {};
  server.on('request', (request, response) => {
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      if (open.size === 0) notifyIdle();
    });
    void handle(request, response);
  });

  const close = async () => {
    engine.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    await records.close();
  };
  const idleOrLate = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const cancel = clock.schedule(resolve, milliseconds);
      notifyIdle = () => {
        cancel();
        resolve();
      };
      if (open.size === 0) notifyIdle();
    });
  return {
    server,
    options,
    get records() {
      return records.all();
    },
    async listen() {
      if (startSeconds > 0)
        await new Promise<void>((resolve) => clock.schedule(resolve, startSeconds * 1000));
      await new Promise<void>((resolve, fail) => {
        server.once('error', fail);
        const address =
          options.uds === undefined ? { port: options.port, host: options.host } : { path: options.uds };
        server.listen(address, () => {
          server.off('error', fail);
          resolve();
        });
      });
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const host = options.host === '0.0.0.0' ? '127.0.0.1' : options.host;
      const shown = host.includes(':') ? `[${host}]` : host;
      return { url: options.uds ?? `${tls ? 'https' : 'http'}://${shown}:${port}`, port };
    },
    async shutdown() {
      engine.drain();
      if (options.shutdownTimeout === 0) engine.abortAll();
      await idleOrLate(options.shutdownTimeout === 0 ? 1000 : options.shutdownTimeout * 1000);
      await close();
    },
    close,
  };
}
