import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bucketRouters } from '../../cli/canary/bucket-routers.ts';
import { openPrometheus } from '../../cli/canary/prometheus.ts';
import { rolloutActions } from '../../cli/canary/rollout-actions.ts';
import { runRollout } from '../../cli/canary/rollout-loop.ts';
import { openRollouts } from '../../cli/canary/rollouts.ts';
import { bucketShelf } from '../../cli/canary/shelf.ts';
import { s3Bucket } from '../../cli/clouds/aws/bucket.ts';
import { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
import { openRollout } from '../../rollout/step.ts';
import { routerOf } from '../services/router-agent/bucket.ts';
import { MODEL, untilStatus, withCanaryAt } from '../services/router-agent/support.ts';
import { freePort } from '../support/free-port.ts';
import { Moto } from '../support/moto.ts';
import { until } from '../workloads/router-support.ts';

const region = 'eu-central-1';
const NAME = 'documents';

const moto = new Moto();
const folder = mkdtempSync(join(tmpdir(), 'fleet-canary-aws-'));
let prometheus: ChildProcess | undefined;

beforeAll(async () => {
  await moto.start();
  for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  const s3 = new S3Client({ region, forcePathStyle: true });
  const CreateBucketConfiguration = { LocationConstraint: region } as const;
  await s3.send(new CreateBucketCommand({ Bucket: NAME, CreateBucketConfiguration }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: NAME, VersioningConfiguration }));
}, 600_000);

afterAll(async () => {
  if (prometheus?.exitCode === null) {
    prometheus.kill();
    await once(prometheus, 'exit');
  }
  await moto.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A Prometheus that asks this agent, as the one of an environment asks its routers. */
async function startPrometheus(agentPort: number): Promise<string> {
  const port = await freePort();
  const file = join(folder, 'prometheus.yml');
  mkdirSync(join(folder, 'data'));
  const targets = [`127.0.0.1:${agentPort}`];
  writeFileSync(
    file,
    JSON.stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [
        { job_name: 'router', static_configs: [{ targets, labels: { node: 'i-0123456789abcdef0' } }] },
      ],
    }),
  );
  prometheus = spawn(
    'prometheus',
    [
      ...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'data')}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  return `http://127.0.0.1:${port}`;
}

test('a rollout on aws goes back through the object in S3, without Terraform, within 5 s from the verdict to the router', async () => {
  const bucket = s3Bucket(NAME, region, moto.env);
  const object = { 'nginx.conf': ROUTER_OBJECTS.document, 'servers.json': ROUTER_OBJECTS.servers };
  const { place, want, version } = await routerOf({
    port: Number(new URL(moto.url).port),
    settings: {
      document: `s3://${NAME}/${ROUTER_OBJECTS.document}`,
      servers: `s3://${NAME}/${ROUTER_OBJECTS.servers}`,
      region,
    },
    env: (port) => ({ ...moto.env, AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
    put: (name, text) => bucket.write(object[name], text),
  });
  const prometheusUrl = await startPrometheus(place.agentPort);
  const routers = bucketRouters(bucket, openPrometheus(prometheusUrl));
  const seen = () => routers.versions().catch(() => []);
  await until('Prometheus sees the router', async () => (await seen())[0]?.version === version);

  const rollouts = openRollouts(bucketShelf(bucket));
  const now = () => Date.now() / 1000;
  const { record } = openRollout({
    ...{ id: 'r1', environment: 'staging', model: MODEL, stable: 'v32', canary: 'v33', owner: 'ada' },
    ...{ from: { v32: 10_000, v33: 0 }, salt: 'r1', saltBefore: '1', at: now(), expiresAt: now() + 3600 },
    settings: RolloutSettings.parse({}),
  });
  await rollouts.keepDocument(record, place.render(withCanaryAt(0)).text);
  await rollouts.save(record);
  await untilStatus(place, { version: await want(20), state: 'applied' });

  const deployed: unknown[] = [];
  const sleep = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
  const said: string[] = [];
  const nobody = async () => {
    throw new Error('nobody is asked');
  };
  const perform = rolloutActions({
    ...{ rollouts, routers, by: 'ada', expirySeconds: 3600 },
    sampler: { sample: nobody, baseline: nobody },
    waiting: { until: nobody, end: () => undefined },
    decide: nobody,
    deploy: async (change) => void deployed.push(change),
    need: async () => 0,
    promoted: async () => undefined,
    context: { now: Date.now, sleep, progress: (line) => said.push(line) },
  });
  const verdict = performance.now();
  const back = untilStatus(place, { version, state: 'applied' }).then(
    () => (performance.now() - verdict) / 1000,
  );
  const closed = await runRollout(
    record,
    { event: 'rolled back', at: now(), by: 'ada', reason: 'errors' },
    { save: rollouts.save, perform, told: () => undefined },
  );
  const confirmed = (performance.now() - verdict) / 1000;
  const seconds = await back;
  console.info(`from verdict to the router ${seconds.toFixed(2)} s; ${said.join('; ')}`);
  expect(seconds).toBeLessThanOrEqual(5);
  expect(confirmed).toBeGreaterThanOrEqual(seconds - 0.5);
  expect(closed.state).toMatchObject({ phase: 'closed', outcome: 'rolled-back' });
  expect(await bucket.read(ROUTER_OBJECTS.document)).toBe(place.render(withCanaryAt(0)).text);
  expect(deployed).toMatchObject([
    { model: MODEL, weights: { v32: 10_000, v33: 0 }, roles: { v32: 'stable', v33: 'canary' } },
  ]);
  expect(await rollouts.latest(MODEL)).toEqual(closed);
  expect(await rollouts.history()).toEqual([closed]);
}, 120_000);
