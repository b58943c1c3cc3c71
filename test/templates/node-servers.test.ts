import { afterEach, describe, expect, test } from 'vitest';
import { freePorts } from '../cli/support.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { eightGpus } from '../workloads/node-boot-support.ts';
import type { Machine } from './node/machine.ts';
import { powerOff, powerOn, SERVING_MS, serving } from './node/power-on.ts';

afterEach(powerOff);

/** Servers take ports that follow each other: a first one after which as many are free as a rule. */
async function splitNode(settings: string): Promise<Machine> {
  const [port = 0] = await freePorts(1);
  const first = 20_000 + (port % 10_000);
  return powerOn(eightGpus('google', `${settings}, drain: 5, port: ${first}`));
}

const gpusOf = (node: Machine) =>
  [...node.read('calls').matchAll(/^docker run --rm --name (fleet-vllm-\d) .*--gpus "device=([\d,]+)"/gm)]
    .map(([, name, gpus]) => `${name} ${gpus}`)
    .toSorted();

describe('a node of several servers', () => {
  test.each([
    ['tensorParallel: 4, servers: 2', ['fleet-vllm-1 0,1,2,3', 'fleet-vllm-2 4,5,6,7']],
    ['preset: balanced', ['fleet-vllm-1 0,1', 'fleet-vllm-2 2,3', 'fleet-vllm-3 4,5', 'fleet-vllm-4 6,7']],
  ])('%s: each serves on GPUs and a port of its own', async (settings, gpus) => {
    const node = await splitNode(settings);
    await node.boot();
    await serving(node);
    expect(gpusOf(node)).toEqual(gpus);
    const ports = /^FLEET_PORTS='(.*)'$/m.exec(node.read('etc/fleet/node.env'))?.[1]?.split(' ') ?? [];
    expect(new Set(ports).size).toBe(gpus.length);
    for (const [index, port] of ports.entries()) {
      expect((await node.health(`/ready/${index + 1}`)).status).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
    }
  });

  test('one that cannot start leaves the others serving, and the node says which it is', async () => {
    const node = await splitNode('tensorParallel: 4, servers: 2');
    await node.boot();
    await serving(node);
    node.write('docker/crash', '');
    process.kill(Number(node.read('docker/containers/fleet-vllm-2')), 'SIGKILL');
    await eventually(() => expect(node.read('dev/console')).toMatch(/^fleet: vllm@2 FAILED: /m), SERVING_MS);
    await eventually(async () => expect((await node.health('/ready/2')).status).toBe(503), SERVING_MS);
    expect((await node.health('/ready/1')).status).toBe(200);
    expect((await node.health('/ready')).status).toBe(503);
    expect(node.metrics('node')).toContain('fleet_node_server_ready{server="1"} 1');
    expect(node.metrics('node')).toContain('fleet_node_server_ready{server="2"} 0');
  });
});

test('a spot machine of AWS that is taken back leaves the routers, stops its server, and asks no group', async () => {
  const node = await powerOn({}, 'aws');
  node.storage.metadata.set('/latest/meta-data/autoscaling/target-lifecycle-state', 'InService');
  await node.boot();
  await serving(node);
  node.storage.metadata.set(
    '/latest/meta-data/spot/instance-action',
    '{"action":"terminate","time":"2026-11-24T12:00:00Z"}',
  );
  await eventually(() => expect(node.units.history).toContain('fleet-vllm@1.service stopped'), SERVING_MS);
  const { history } = node.units;
  expect(history.indexOf('fleet-leave.service stopped')).toBeLessThan(
    history.indexOf('fleet-vllm@1.service stopped'),
  );
  expect(node.read('dev/console')).not.toContain('FAILED');
  expect(node.read('calls')).not.toContain('complete-lifecycle-action');
});

test('a GPU machine of Google whose host is maintained drains at the notice, an hour before it is stopped', async () => {
  const node = await powerOn();
  node.storage.metadata.set('/computeMetadata/v1/instance/maintenance-event', 'NONE');
  await node.boot();
  await serving(node);
  expect(node.units.stateOf('fleet-vllm@1.service')).toBe('active');
  node.storage.metadata.set(
    '/computeMetadata/v1/instance/maintenance-event',
    'TERMINATE_ON_HOST_MAINTENANCE',
  );
  await eventually(() => expect(node.units.history).toContain('fleet-vllm@1.service stopped'), SERVING_MS);
  const { history } = node.units;
  expect(history.indexOf('fleet-leave.service stopped')).toBeLessThan(
    history.indexOf('fleet-vllm@1.service stopped'),
  );
  expect(node.read('calls')).not.toContain('aws autoscaling');
});
