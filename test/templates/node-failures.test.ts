import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { eventually } from '../services/gateway/support/eventually.ts';
import type { Machine } from './node/machine.ts';
import { BUCKET, MODEL, powerOff, powerOn, reported, SHARD, SHARD_BYTES, serving } from './node/power-on.ts';

afterEach(powerOff);

describe('a failed step ends in a state that says what happened', () => {
  test('a wrong checksum: tried once more, no server starts, the machine is not exchanged', async () => {
    const node = await powerOn();
    node.storage.objects.set(`/${MODEL}/${SHARD}`, randomBytes(SHARD_BYTES));
    await node.boot();
    await reported(node, 'weights', /safetensors: wrong checksum, expected [0-9a-f]{64}, got [0-9a-f]{64}/);
    expect(node.storage.sentOf(SHARD)).toBe(2 * SHARD_BYTES);
    expect(node.units.stateOf('fleet-vllm@1.service')).toBe('dependency');
    expect((await node.health('/health')).status).toBe(200);
    expect((await node.health('/ready')).status).toBe(503);
  });

  test('no bucket: the message names the command that fills it', async () => {
    const node = await powerOn();
    node.storage.objects.clear();
    await node.boot();
    await reported(node, 'weights', /manifest\.json \(`fleet weights push` writes it\): HTTP 404/);
  });

  test('no GPU driver: another machine is asked for', async () => {
    const node = await powerOn({ gpus: 'none' });
    await node.boot();
    await reported(node, 'gpus', /the GPU driver did not answer within 1 s: NVIDIA-SMI has failed/);
    expect(await node.health('/health')).toEqual({ status: 503, text: 'failed\n' });
  });

  test('4 of 8 GPUs: on AWS the group is told', async () => {
    const node = await powerOn({ gpus: 4 }, 'aws');
    await node.boot();
    await reported(node, 'gpus', /4 of 8 GPUs answer/);
    expect(node.read('calls')).toMatch(
      /^aws autoscaling set-instance-health .*--health-status Unhealthy .*--instance-id i-0123456789abcdef0$/m,
    );
  });

  test('GPU memory that cannot be repaired', async () => {
    const node = await powerOn({ env: { FLEET_TEST_REMAP_FAILURE: 'Yes' } });
    await node.boot();
    await reported(node, 'gpus', /broken GPU memory: GPU-0000-0/);
  });

  test('no local disk where the machine type has some', async () => {
    const node = await powerOn({ localDisks: 0 });
    await node.boot();
    await reported(node, 'disks', /no local disk appeared within 1 s/);
    expect((await node.health('/health')).status).toBe(503);
  });

  test('a machine image of your own without NVIDIA’s toolkit', async () => {
    const node = await powerOn({}, 'aws');
    node.remove('bin/nvidia-ctk');
    await node.boot();
    await reported(
      node,
      'engine',
      /the machine image lacks nvidia-ctk, and is none that fleet installs them on: see docs\/operations/,
    );
    expect(node.units.stateOf('fleet-image.service')).toBe('dependency');
  });

  test('no container engine in machine image and bucket: the message names the command that brings it', async () => {
    const node = await powerOn({ engine: false });
    node.storage.objects.delete(`/${BUCKET}/engine/manifest.json`);
    await node.boot();
    await reported(node, 'engine', /engine\/manifest\.json \(`fleet weights push` writes it\): HTTP 404/);
    expect(node.units.stateOf('fleet-image.service')).toBe('dependency');
    expect((await node.health('/health')).status).toBe(200);
  });

  test('a package of the container engine with a wrong checksum is not installed', async () => {
    const node = await powerOn({ engine: false });
    node.storage.objects.set(`/${BUCKET}/engine/docker-ce_1_amd64.deb`, Buffer.from('another'));
    await node.boot();
    await reported(node, 'engine', /docker-ce_1_amd64\.deb: wrong checksum, expected [0-9a-f]{64}/);
    expect(node.read('calls')).not.toContain('apt-get');
  });

  test('packages that cannot be installed', async () => {
    const node = await powerOn({ engine: false });
    node.write('packages/broken', '');
    await node.boot();
    await reported(node, 'engine', /the container engine could not be installed: E: Unmet dependencies/);
  });

  test('an image that is not there', async () => {
    const node = await powerOn();
    node.write('docker/missing', `${imageOf(node)}\n`);
    await node.boot();
    await reported(node, 'image', /cannot pull us-central1-docker/);
  });

  test('an engine that never starts: five times, then it stays down, and is no reason for another machine', async () => {
    const node = await powerOn();
    node.write('docker/crash', '');
    await node.boot();
    await reported(node, 'vllm@1', /it ended too often or took too long: journalctl -u fleet-vllm@1/);
    expect(node.read('calls').match(/^docker run .*fleet-vllm-1/gm)).toHaveLength(5);
    expect((await node.health('/health')).status).toBe(200);
  });

  test('an engine that has served and cannot any more: another machine is asked for', async () => {
    const node = await powerOn();
    await node.boot();
    await serving(node);
    node.write('docker/crash', '');
    process.kill(Number(node.read('docker/containers/fleet-vllm-1')), 'SIGKILL');
    await reported(node, 'vllm@1', /it ended too often/);
    await eventually(async () => expect((await node.health('/health')).status).toBe(503));
  });
});

function imageOf(node: Machine): string {
  return /^FLEET_IMAGE='(.*)'$/m.exec(node.read('etc/fleet/node.env'))?.[1] ?? '';
}
