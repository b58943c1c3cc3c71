import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { sha256 } from '../../workloads/document.ts';
import { routerFiles } from '../../workloads/router-boot.ts';
import { freePorts } from '../cli/support.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { oneGpu, templates } from '../workloads/node-boot-support.ts';
import type { Machine } from './node/machine.ts';
import {
  ENGINE,
  MODEL,
  powerOff,
  powerOn,
  SERVING_MS,
  SHARD,
  SHARD_BYTES,
  serving,
} from './node/power-on.ts';

afterEach(powerOff);

describe('a fresh boot', () => {
  test('ends with a server that has completed a token, and says so everywhere', async () => {
    const node = await powerOn();
    await node.boot();
    await serving(node);
    expect(node.read('dev/console')).toMatch(/^fleet: server 1 of gpt-oss-120b v32 serves$/m);
    expect(node.metrics('node')).toContain('fleet_node_state{state="serving"} 1');
    expect(node.metrics('node')).toContain('fleet_node_server_ready{server="1"} 1');
    for (const step of ['gpus', 'disks', 'engine', 'image', 'weights']) {
      expect(node.metrics(`step-${step}`)).toContain(`fleet_node_step_failed{step="${step}"} 0\n`);
    }
    expect((await node.health('/health')).status).toBe(200);
  });

  test('joins the local disks, and runs the server without rights on its own GPUs', async () => {
    const node = await powerOn();
    await node.boot();
    await serving(node);
    const calls = node.read('calls');
    expect(calls).toMatch(/^mdadm --create \/dev\/md\/fleet .*--level=0 --raid-devices=2 /m);
    expect(calls).toMatch(/^mkfs\.ext4 .*-L fleet-data .*\/dev\/md\/fleet$/m);
    const run = /^docker run .*fleet-vllm-1.*$/m.exec(calls)?.[0];
    for (const part of [
      '--gpus "device=0,1,2,3,4,5,6,7"',
      '--user 2000:0 --cap-drop ALL',
      '--read-only',
      '--stop-timeout 15',
      `serve /weights/models/openai/gpt-oss-120b --served-model-name gpt-oss-120b`,
    ])
      expect(run).toContain(part);
  });

  test('sends the journal to the cloud and leaves no credential on the disk', async () => {
    const node = await powerOn();
    await node.boot();
    await eventually(() => expect(node.read('cloud-log')).toContain('fleet gpus: done'));
    expect(node.read('run/fleet/docker/config.json')).toBe('token-of-the-machine');
    expect(node.read('calls')).not.toContain('token-of');
  });
});

test('a reboot serves again, and asks neither bucket nor registry', async () => {
  const node = await powerOn();
  await node.boot();
  await serving(node);
  await node.units.stopAll();
  node.storage.requests.length = 0;
  const before = node.read('calls').length;
  await node.boot();
  await serving(node);
  expect(node.storage.requests).toEqual([]);
  expect(node.read('calls').slice(before)).not.toMatch(/docker pull|mkfs|mdadm --create/);
});

test('weights that broke off go on where they stopped, byte for byte', async () => {
  const node = await powerOn();
  node.storage.cuts.set(`/${MODEL}/${SHARD}`, 2_000_000);
  await node.boot();
  await serving(node);
  expect(node.storage.sentOf(SHARD)).toBe(SHARD_BYTES);
});

test('weights that a power cut left half are taken up at the next boot', async () => {
  const node = await powerOn();
  const half = node.storage.objects.get(`/${MODEL}/${SHARD}`)?.subarray(0, 1_000_000);
  node.write(`var/lib/fleet/data/weights/models/openai/gpt-oss-120b/${SHARD}.part`, half ?? '');
  await node.boot();
  await serving(node);
  expect(node.storage.sentOf(SHARD)).toBe(SHARD_BYTES - 1_000_000);
});

test('from the publishers: at one commit of the hub, each file by the hash that the hub gives, with a token that is kept nowhere', async () => {
  const [port = 0] = await freePorts(1);
  const node = await powerOn({ ...oneGpu('google', port), gpus: 1, localDisks: 0, engine: false });
  const { objects, url } = node.storage;
  objects.clear();
  const shard = randomBytes(1000);
  const answer = (path: string, value: unknown) => objects.set(path, Buffer.from(JSON.stringify(value)));
  answer('/v1/projects/example-project/secrets/fleet-hub-token/versions/latest:access', {
    payload: { data: Buffer.from('hf-secret\n').toString('base64') },
  });
  answer('/api/models/openai/gpt-oss-20b', { sha: 'c0ffee' });
  answer('/api/models/openai/gpt-oss-20b/tree/c0ffee', [
    { type: 'file', path: 'config.json', size: 2, oid: '9e26dfeeb6e641a33dae4961196235bdb965b21b' },
    { type: 'file', path: 'model.safetensors', size: 1000, oid: 'x', lfs: { oid: sha256(shard) } },
    { type: 'file', path: 'original/model.bin', size: 9, oid: 'x' },
  ]);
  objects.set('/openai/gpt-oss-20b/resolve/c0ffee/config.json', Buffer.from('{}'));
  objects.set('/openai/gpt-oss-20b/resolve/c0ffee/model.safetensors', shard);
  objects.set('/public/o200k_base.tiktoken', Buffer.from('IQ== 0\n'));
  objects.set('/public/docker-ce.deb', Buffer.from('docker'));
  const engine = [{ path: 'docker-ce.deb', sha256: sha256('docker'), source: `${url}/public/docker-ce.deb` }];
  const facts = JSON.parse(node.read('etc/fleet/fetch.json'));
  const vocabulary = { path: 'o200k_base.tiktoken', source: `${url}/public/o200k_base.tiktoken` };
  node.write(
    'etc/fleet/fetch.json',
    JSON.stringify({
      ...facts,
      published: { harmony: [{ ...vocabulary, sha256: sha256('IQ== 0\n') }], engine },
    }),
  );
  await node.boot();
  await serving(node);
  expect(node.storage.requests).toContain(
    'GET /openai/gpt-oss-20b/resolve/c0ffee/config.json Bearer hf-secret',
  );
  expect(node.storage.requests).toContain('GET /public/o200k_base.tiktoken');
  expect(node.read('calls')).toMatch(/^apt-get .*\/docker-ce\.deb$/m);
  expect(node.storage.sentOf('model.bin')).toBe(0);
  expect(node.units.output.join('')).not.toContain('hf-secret');
});

test('a server that hangs is killed and serves again', async () => {
  const node = await powerOn({ env: { FLEET_HANG_SECONDS: '1' } });
  await node.boot();
  await serving(node);
  const pid = node.read('docker/containers/fleet-vllm-1');
  process.kill(Number(pid), 'SIGSTOP');
  await eventually(() => expect(node.read('docker/containers/fleet-vllm-1')).not.toBe(pid), SERVING_MS);
  await serving(node);
  expect(node.read('dev/console')).toMatch(/server 1 has not answered for \d+ s: killing it/);
});

describe('a machine image without container engine', () => {
  test('gets it from the bucket, once', async () => {
    const node = await powerOn({ engine: false });
    await node.boot();
    await serving(node);
    const packages = Object.keys(ENGINE).map((file) => `${node.root}/var/cache/fleet/engine/${file}`);
    expect(node.read('calls')).toMatch(
      new RegExp(`^apt-get -q install -y --no-install-recommends .* ${packages.join(' ')}$`, 'm'),
    );
    await node.units.stopAll();
    node.storage.requests.length = 0;
    const before = node.read('calls').length;
    await node.boot();
    await serving(node);
    expect(node.storage.requests).toEqual([]);
    expect(node.read('calls').slice(before)).not.toContain('apt-get');
  });

  test('has lost its power while installing: it goes on at the next boot', async () => {
    const node = await powerOn();
    node.write('var/lib/fleet/engine-begun', '');
    await node.boot();
    await serving(node);
    expect(node.read('calls')).toMatch(/^dpkg --configure --pending\napt-get -q install /m);
    expect(node.exists('var/lib/fleet/engine-begun')).toBe(false);
  });

  test('of a router, too', async () => {
    const environment = shippedEnvironment('prod');
    const google = { kind: 'gce', project: 'example-project', zones: ['us-central1-a'] } as const;
    const topology = new CloudTopology(environment, google, (secret) => ({ env: secret }));
    const node = await powerOn({ engine: false, files: routerFiles({ environment, topology, templates }) });
    await node.boot('fleet-engine.service');
    expect(node.read('run/fleet/reason/engine')).toBe('');
    expect(node.units.stateOf('fleet-engine.service')).toBe('active');
    expect(node.read('calls')).toMatch(/^apt-get .*\/docker-ce_1_amd64\.deb/m);
  });
});

describe('a machine that goes', () => {
  test('is not ready first, then lets its server finish what it has begun', async () => {
    const node = await powerOn();
    await node.boot();
    await serving(node);
    const answer = chat(node, 200);
    const stopped = node.units.stopAll();
    await eventually(async () =>
      expect(await node.health('/ready/1')).toEqual({ status: 503, text: 'draining\n' }),
    );
    expect((await answer).choices[0].finish_reason).toBe('length');
    await stopped;
    const { history } = node.units;
    expect(history.indexOf('fleet-leave.service stopped')).toBeLessThan(
      history.indexOf('fleet-vllm@1.service stopped'),
    );
  });

  test('tells the group of AWS when it has drained', async () => {
    const node = await powerOn({}, 'aws');
    node.storage.metadata.set('/latest/meta-data/autoscaling/target-lifecycle-state', 'InService');
    await node.boot();
    await serving(node);
    node.storage.metadata.set('/latest/meta-data/autoscaling/target-lifecycle-state', 'Terminated');
    await eventually(
      () =>
        expect(node.read('calls')).toMatch(
          /^aws autoscaling complete-lifecycle-action .*--lifecycle-hook-name drain --auto-scaling-group-name the-group --instance-id i-0123456789abcdef0$/m,
        ),
      SERVING_MS,
    );
    expect(node.units.stateOf('fleet-vllm@1.service')).toBe('inactive');
  });
});

async function chat(node: Machine, tokens: number) {
  const port = /^FLEET_PORTS='(\d+)'$/m.exec(node.read('etc/fleet/node.env'))?.[1];
  const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      model: 'gpt-oss-120b',
      max_tokens: tokens,
      messages: [{ role: 'user', content: 'count' }],
    }),
  });
  return (await response.json()) as { choices: [{ finish_reason: string }] };
}
