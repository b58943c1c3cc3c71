import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LAST_SCRAPE_SECONDS, metricsAgentConfig } from '../../workloads/metrics-agent.ts';
import { chat } from '../services/gateway/support/answers.ts';
import { fakeUpstream } from '../services/gateway/support/fake-upstream.ts';
import { edgeConfig } from '../services/gateway/support/start.ts';
import { freePort } from '../support/free-port.ts';
import { ROOT } from '../support/local-project.ts';
import { query } from '../support/prometheus.ts';

const LIFE_MS = 5_000;
const REQUESTS = 7;
const KEY = 'the-key';
const COUNTED = 'sum by (instance) (last_over_time(oss_requests_total{job="gateway",code="200"}[5m]))';

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

/** Starts a gateway as Cloud Run does: its metrics are at `admin`. Resolves with its address when it serves. */
async function startGateway(router: string, admin: string) {
  const cwd = mkdtempSync(join(folder, 'gateway-'));
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  writeFileSync(join(cwd, 'gateway.json'), JSON.stringify(edgeConfig(router)));
  writeFileSync(join(cwd, 'keys.json'), JSON.stringify([{ id: 'a', sha256 }]));
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'dist/services/gateway.js'),
      ...['--config', 'gateway.json', '--listen', '127.0.0.1:0', '--admin', admin],
      ...['--last-scrape', String(LAST_SCRAPE_SECONDS)],
    ],
    { cwd, env: { ROUTER_KEY: 'hop' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  child.stdout.resume();
  return { child, url: `http://${JSON.parse(line.split('\n')[0]).address}/v1/chat/completions` };
}

/** A gateway with its sidecar that lives for five seconds and is asked at their end. @returns How long its end took */
async function live(router: string): Promise<number> {
  const admin = `127.0.0.1:${await freePort()}`;
  const gateway = await startGateway(router, admin);
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
  for (let request = 0; request < REQUESTS; request += 1) {
    const { status } = await fetch(gateway.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ model: 'gpt-oss-120b', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(status).toBe(200);
  }
  const began = Date.now();
  agent.kill('SIGTERM');
  gateway.child.kill('SIGTERM');
  const [[code]] = await Promise.all([once(gateway.child, 'exit'), once(agent, 'exit')]);
  expect(code).toBe(0);
  return Date.now() - began;
}

test('two instances that live for five seconds are two series with all that they counted, within the ten seconds of Cloud Run', async () => {
  const { url: router } = await fakeUpstream(chat(['hi']));
  const took = await Promise.all([live(router), live(router)]);
  expect(Math.max(...took)).toBeLessThan(10_000);
  const series = await query(url, COUNTED);
  expect(series.map(({ value }) => value)).toEqual([REQUESTS, REQUESTS]);
  expect(new Set(series.map(({ metric }) => metric.instance)).size).toBe(2);
  for (const { metric } of series) expect(metric.instance).toMatch(/^gateway-00001-[0-9a-f]{12}$/);
});
