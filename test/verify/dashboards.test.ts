import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPrometheus, type Window } from '../../cli/dashboard/prometheus.ts';
import { releasesOf, serversOf } from '../../contracts/release.ts';
import { type StandInCollector, standInCollector } from '../support/collector.ts';
import { GithubApi } from '../support/github/api.ts';
import { deliver, pullRequestWebhook } from '../support/github/webhooks.ts';
import { LocalProject, ROOT } from '../support/local-project.ts';
import { addLocalReviewer } from '../support/local-reviewer.ts';
import { mixedLoad } from '../support/mixed-load.ts';
import { RealPrometheus } from '../support/real-prometheus.ts';
import { CHANGED_CART, SHOP, SHOP_ANSWERS } from '../support/reviewed-shop.ts';
import { withTracing } from '../support/tracing.ts';
import { ENVIRONMENTS, filled, queriesOf, withPrices } from '../workloads/dashboards/plans.ts';

const LOAD_SECONDS = 300;
/** Then there is traffic before and after the change to be compared. */
const CHANGE_AFTER_SECONDS = 120;
const STEP = 15;
const SECRET = 'webhook-secret-of-the-tests';
const PULL_REQUESTS = 4;

let project: LocalProject;
let github: GithubApi;
let collector: StandInCollector;
let exporter: Server;
let gpus: RealPrometheus;
let window: Window;
let sent: number;

beforeAll(async () => {
  github = await new GithubApi().start();
  project = await LocalProject.create();
  const { port } = await addLocalReviewer(project, { github, secret: SECRET, answers: SHOP_ANSWERS });
  collector = await standInCollector();
  project.edit((text) => withTracing(collector.url)(withPrices(text)));
  const up = await project.fleet('up');
  if (up.code !== 0) throw new Error(up.stderr);
  exporter = await serveGpus();
  gpus = await watchGpus();
  const change = new Promise((done) => setTimeout(done, 1000 * CHANGE_AFTER_SECONDS)).then(() =>
    project.fleet('canary', 'set', 'local', 'gpt-oss-120b', 'canary=30'),
  );
  const load = { baseUrl: project.baseUrl, requestsPerSecond: 5, seconds: LOAD_SECONDS, seed: 1 };
  const reviews = openPullRequests(`http://127.0.0.1:${port}`);
  const [requests, { code, stderr }] = await Promise.all([mixedLoad(load), change, reviews]);
  if (code !== 0) throw new Error(stderr);
  sent = requests;
  const to = Math.floor(Date.now() / 1000);
  window = { from: to - LOAD_SECONDS, to, step: STEP };
}, 600_000);

afterAll(async () => {
  await gpus?.remove();
  exporter?.close();
  await project?.remove();
  await github?.stop();
  await collector?.close();
});

test('the load was one', () => expect(sent).toBeGreaterThan(500));

describe('every query of every dashboard gives numbers', () => {
  test.each(queriesOf(ENVIRONMENTS.priced ?? expect.fail()))('$place', async ({ expr }) => {
    const url = `http://127.0.0.1:${project.environment.prometheus.port}`;
    await expect(numbersOf(url, expr)).resolves.toBeGreaterThan(0);
  });

  const onGpus = queriesOf(ENVIRONMENTS.prod ?? expect.fail()).filter(({ place }) =>
    place.startsWith('GPU:'),
  );
  test.each(onGpus)('$place', async ({ expr }) => {
    await expect(numbersOf(gpus.url, expr)).resolves.toBeGreaterThan(0);
  });
});

/** One after the other, so that there are readings between them. */
async function openPullRequests(url: string): Promise<void> {
  const base = github.repository.commit(SHOP);
  for (let number = 1; number <= PULL_REQUESTS; number += 1) {
    const head = github.repository.commit({ 'src/cart.js': CHANGED_CART, 'notes.txt': `${number}\n` }, base);
    const pull = github.open(number, base, head);
    const { status } = await deliver(url, pullRequestWebhook('opened', pull), { secret: SECRET });
    expect(status).toBe(202);
    await new Promise((done) => setTimeout(done, (1000 * LOAD_SECONDS) / (2 * PULL_REQUESTS)));
  }
}

/** How many finite values a query has had while the load ran. */
async function numbersOf(url: string, expr: string): Promise<number> {
  const series = await createPrometheus(url).over(filled(expr, '1m'), window);
  return series.flatMap(({ values }) => values).filter(([, value]) => Number.isFinite(Number(value))).length;
}

/** A node's exporter, as far as Prometheus can tell. */
async function serveGpus(): Promise<Server> {
  const page = readFileSync(join(ROOT, 'test/fixtures/dcgm-exporter-4.2/metrics.prom'));
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(page);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What Prometheus sees of a cloud's nodes: GPU metrics beside those of the servers, with the same labels. */
async function watchGpus(): Promise<RealPrometheus> {
  const { port } = exporter.address() as AddressInfo;
  const targets = releasesOf(project.environment).flatMap((release) =>
    serversOf(release, true).map((server) => ({
      targets: [`127.0.0.1:${server.port}`],
      labels: { model: release.model, release: release.name, node: String(server.node) },
    })),
  );
  const node = targets[0] ?? expect.fail('no servers');
  const prometheus = await RealPrometheus.create();
  prometheus.configure({
    global: { scrape_interval: '5s' },
    scrape_configs: [
      { job_name: 'vllm', static_configs: targets },
      { job_name: 'dcgm', static_configs: [{ targets: [`127.0.0.1:${port}`], labels: node.labels }] },
    ],
  });
  await prometheus.start();
  return prometheus;
}
