import { Registry } from 'prom-client';
import type { ReviewModel } from '../../review/model.ts';
import { createAdminHandler } from '../common/admin.ts';
import { createConfigMetrics } from '../common/config-metrics.ts';
import { createAskGoogle } from '../common/google.ts';
import type { Address, Handler } from '../common/http/server.ts';
import { serve } from '../common/http/server.ts';
import { createLastScrape } from '../common/last-scrape.ts';
import { createProcessMetrics } from '../common/process-metrics.ts';
import { type Log, type Runtime, systemRuntime } from '../common/runtime.ts';
import type { Sources } from '../common/sources.ts';
import { loadState, type ReviewerState } from './config.ts';
import { createGithub, type Github } from './github/app.ts';
import { createReviewMetrics, type ReviewMetrics } from './metrics.ts';
import type { Pipeline } from './pipeline.ts';
import { type FolderQueue, folderQueue } from './queue/folder-queue.ts';
import type { Queue } from './queue/queue.ts';
import { tasksQueue } from './queue/tasks-queue.ts';
import { createPace } from './receive/pace.ts';
import { createReceiver } from './receive/receiver.ts';
import { bucketStore } from './store/bucket-store.ts';
import { folderStore } from './store/folder-store.ts';
import { ownLeases, sharedLeases } from './store/leases.ts';
import { createWorkHandler } from './work/work-handler.ts';
import { createWorker, type Worker } from './work/worker.ts';

export interface ReviewerOptions extends Sources {
  /** Path of reviewer.json; read again at every reload. */
  readonly configPath: string;
  readonly listen: Address;
  /** Where metrics and status are. */
  readonly admin: Address;
  /** What reviews, and what it thinks with. */
  readonly pipeline: Pipeline;
  /** Base URL of who works on what is received here, where that is another program. */
  readonly workerUrl?: string;
  readonly log: Log;
  /** Seconds from the signal to the end, at most, that are waited for metrics to be read once more. @default 0 */
  readonly lastScrapeSeconds?: number;
  /** See `GithubSettings.patient`. @default true */
  readonly patient?: boolean;
  /** @default - the system's clock, timers and randomness */
  readonly runtime?: Runtime;
}

export interface Reviewer {
  readonly address: string;
  readonly adminAddress: string;
  /** Reads configuration and secrets again. A bad one is refused and the old one stays. Never throws. */
  reload(): Promise<void>;
  /** Takes nothing more, lets reviews end for `drainSeconds`, puts off the rest. */
  stop(): Promise<void>;
}

/** @throws Error if the configuration is bad */
export async function startReviewer(options: ReviewerOptions): Promise<Reviewer> {
  const { configPath, log, pipeline, lastScrapeSeconds = 0, patient, runtime = systemRuntime } = options;
  const registry = new Registry();
  createProcessMetrics(registry, performance.timeOrigin);
  const configMetrics = createConfigMetrics(registry);
  const metrics = createReviewMetrics(registry);
  let state = await loadState(configPath, options);
  configMetrics.loaded(state.version);
  let refusal: string | undefined;
  let ready = true;
  const ending = new AbortController();
  const ask = createAskGoogle();
  const { receive, work, queue: waits, store: place } = state.config;
  const store = 'folder' in place ? folderStore(place.folder) : bucketStore(ask, place.bucket);
  const now = () => runtime.date().toISOString();

  const githubs = new WeakMap<ReviewerState, Github>();
  function github(): Github {
    const { config, privateKey } = state;
    if (config.work === undefined || privateKey === undefined)
      throw new Error('this program does not review');
    const { api, appId } = config.work.github;
    const say = (event: string) => log({ ts: now(), event });
    const found = githubs.get(state) ?? createGithub({ api, appId, privateKey, log: say, patient });
    githubs.set(state, found);
    return found;
  }

  function model(): ReviewModel {
    const { config, gatewayKey } = state;
    if (config.work === undefined || gatewayKey === undefined)
      throw new Error('this program does not review');
    return pipeline.model(config.work, gatewayKey);
  }

  const worker: Worker | undefined =
    work &&
    createWorker({
      ...{ store, github, model, metrics, runtime, log },
      modelName: () => state.config.work?.model ?? '',
      pipeline,
      ...{ reviewsPerHour: work.reviewsPerHour, longestSeconds: work.longestSeconds },
      leases: 'folder' in place ? ownLeases() : sharedLeases(store, runtime),
    });
  const own: FolderQueue | undefined =
    worker && work && waits.kind === 'folder'
      ? folderQueue({ store, worker, parallel: work.parallel, metrics, runtime, log })
      : undefined;
  const queue = own ?? cloudQueue();

  function cloudQueue(): Queue | undefined {
    if (receive === undefined) return undefined;
    const { workerUrl } = options;
    if (waits.kind === 'folder') throw new Error('receive: a queue in a folder needs `work` beside it');
    if (workerUrl === undefined) throw new Error('receive: say where the worker is, by --worker URL');
    return tasksQueue({ ask, name: waits.name, caller: waits.caller, worker: workerUrl });
  }

  const handler =
    receive && queue ? receiver(queue, metrics) : worker && createWorkHandler(worker, ending.signal);
  if (handler === undefined) throw new Error('nothing to do');

  function receiver(to: Queue, counts: ReviewMetrics): Handler {
    return createReceiver({
      secret: () => state.webhookSecret ?? '',
      repositories: () => state.config.receive?.repositories ?? [],
      pace: createPace(receive?.requestsPerMinute ?? 1, runtime),
      ...{ queue: to, metrics: counts, runtime, log },
    });
  }

  const api = await serve(handler, options.listen, runtime);
  const lastScrape = createLastScrape(runtime);
  const status = () => ({ version: state.version, error: refusal });
  const admin = createAdminHandler({
    ...{ registry, status, isReady: () => ready, wasScraped: lastScrape.seen },
  });
  const side = await serve(admin, options.admin, runtime);
  await own?.start();
  let reloading = Promise.resolve();

  async function reload(): Promise<void> {
    try {
      const next = await loadState(configPath, options);
      const changed = JSON.stringify(next) !== JSON.stringify(state) || refusal !== undefined;
      if (changed) {
        state = next;
        log({ ts: now(), event: 'reloaded', version: next.version });
      }
      refusal = undefined;
      configMetrics.loaded(next.version);
    } catch (error) {
      refusal = error instanceof Error ? error.message : String(error);
      configMetrics.refused();
      log({ ts: now(), event: 'reload_refused', error: refusal });
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
      const { drainSeconds } = state.config;
      const lastMoment = runtime.now() + lastScrapeSeconds * 1000;
      const cancel = runtime.after(drainSeconds * 1000, () => ending.abort(new Error('shutting down')));
      await Promise.all([api.drain(drainSeconds + 1), own?.stop(drainSeconds)]);
      cancel();
      await lastScrape.before(lastMoment);
      await side.drain(0);
    },
  };
}
