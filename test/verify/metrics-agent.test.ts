import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { metricsAgentConfig } from '../../workloads/metrics-agent.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT } from '../support/local-project.ts';
import { query } from '../support/prometheus.ts';

const LIFE_MS = 5_000;
const REQUESTS = 7;
const LAST_SCRAPE_MS = 8_000;

const folder = mkdtempSync(join(tmpdir(), 'fleet-agent-'));
let central: ChildProcess;
let url: string;

function start(command: string, args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(command, [...args], { stdio: 'ignore', env: { ...process.env, ...env } });
}

beforeAll(async () => {
  url = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'central.yml'), 'storage: { tsdb: { out_of_order_time_window: 30m } }\n');
  central = start('prometheus', [
    ...[`--config.file=${folder}/central.yml`, `--storage.tsdb.path=${folder}/central`],
    ...[`--web.listen-address=${new URL(url).host}`, '--web.enable-remote-write-receiver'],
  ]);
  const ready = () =>
    fetch(`${url}/-/ready`).then(
      ({ status }) => status,
      () => 0,
    );
  await vi.waitUntil(async () => (await ready()) === 200, { timeout: 20_000 });
});

afterAll(async () => {
  central.kill('SIGTERM');
  await once(central, 'exit');
  rmSync(folder, { recursive: true });
});

/** What the sidecar sees of a gateway: counters, and an end that waits to be read once more, as `--last-scrape` does. */
class Instance {
  requests = 0;
  #scraped = () => {};
  readonly server: Server = createServer((req, res) => {
    if (req.url === '/metrics')
      res.end(`# TYPE oss_requests_total counter\noss_requests_total ${this.requests}\n`, () =>
        this.#scraped(),
      );
    else res.end('{}');
  });

  async end(): Promise<void> {
    await Promise.race([
      new Promise<void>((done) => {
        this.#scraped = done;
      }),
      pause(LAST_SCRAPE_MS, undefined, { ref: false }),
    ]);
    this.server.close();
    this.server.closeAllConnections();
  }
}

async function live(): Promise<number> {
  const instance = new Instance();
  const port = await freePort();
  instance.server.listen(port, '127.0.0.1');
  const admin = `127.0.0.1:${port}`;
  const agent = start(
    'sh',
    [
      join(ROOT, 'templates/gateway/metrics.sh'),
      // Prometheus 2.42's word for what 3 calls --agent.
      ...['--enable-feature=agent', '--scrape.discovery-reload-interval=100ms'],
      `--web.listen-address=127.0.0.1:${await freePort()}`,
    ],
    {
      FLEET_METRICS_CONFIG: Buffer.from(metricsAgentConfig(`${url}/api/v1/write`, admin)).toString('base64'),
      FLEET_METRICS_FOLDER: mkdtempSync(join(folder, 'agent-')),
      FLEET_GATEWAY_ADMIN: admin,
      K_REVISION: 'gateway-00001',
    },
  );
  await pause(LIFE_MS);
  instance.requests = REQUESTS;
  const began = Date.now();
  agent.kill('SIGTERM');
  await Promise.all([instance.end(), once(agent, 'exit')]);
  return Date.now() - began;
}

test('two instances that live for five seconds are two series with all that they counted, within the ten seconds of Cloud Run', async () => {
  const took = await Promise.all([live(), live()]);
  expect(Math.max(...took)).toBeLessThan(10_000);
  const series = await query(url, 'last_over_time(oss_requests_total{job="gateway"}[5m])');
  expect(series.map(({ value }) => value)).toEqual([REQUESTS, REQUESTS]);
  expect(new Set(series.map(({ metric }) => metric.instance)).size).toBe(2);
  for (const { metric } of series) expect(metric.instance).toMatch(/^gateway-00001-[0-9a-f]{12}$/);
});
