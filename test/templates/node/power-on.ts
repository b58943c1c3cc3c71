import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { ENGINE_FOLDER } from '../../../contracts/engine-packages.ts';
import { HARMONY_FOLDER, weightsFolder } from '../../../contracts/weights-manifest.ts';
import { freePorts } from '../../cli/support.ts';
import { eventually } from '../../services/gateway/support/eventually.ts';
import { eightGpus } from '../../workloads/node-boot-support.ts';
import { Machine, type MachineOptions } from './machine.ts';

export const BUCKET = 'example-fleet-weights';
export const MODEL = `${BUCKET}/${weightsFolder('openai/gpt-oss-120b')}`;
export const SHARD = 'model-00001-of-00001.safetensors';
export const SHARD_BYTES = 3_000_000;
export const SERVING_MS = 20_000;
/** What stands for packages. */
export const ENGINE = {
  'docker-ce_1_amd64.deb': Buffer.from('docker'),
  'nvidia-container-toolkit_1_amd64.deb': Buffer.from('toolkit'),
};

/** A machine of an 8-GPU release, with its bucket filled. */
export async function powerOn(
  options: Partial<MachineOptions> = {},
  cloud: 'aws' | 'google' = 'google',
): Promise<Machine> {
  const [port = 0, healthPort = 0] = await freePorts(2);
  const made = new Machine({
    ...eightGpus(cloud, `preset: latency, drain: 5, port: ${port}`),
    healthPort,
    localDisks: 2,
    ...options,
  });
  machines.push(made);
  await made.storage.listen();
  made.storage.push(MODEL, { 'config.json': Buffer.from('{}'), [SHARD]: randomBytes(SHARD_BYTES) });
  made.storage.push(`${BUCKET}/${HARMONY_FOLDER}`, { 'o200k_base.tiktoken': Buffer.from('IQ== 0\n') });
  made.storage.push(`${BUCKET}/${ENGINE_FOLDER}`, ENGINE);
  const { metadata } = made.storage;
  metadata.set(
    '/computeMetadata/v1/instance/service-accounts/default/token',
    '{"access_token":"token-of-the-machine","expires_in":9}',
  );
  metadata.set('/latest/api/token', 'session');
  metadata.set('/latest/meta-data/instance-id', 'i-0123456789abcdef0');
  metadata.set('/latest/meta-data/tags/instance/fleet-group', 'the-group');
  return made;
}

export async function serving(node: Machine): Promise<void> {
  await eventually(
    async () => expect(await node.health('/ready')).toEqual({ status: 200, text: 'serving\n' }),
    SERVING_MS,
  );
}

/** What an operator finds when a step has failed for good. */
export async function reported(node: Machine, step: string, reason: RegExp): Promise<void> {
  await eventually(async () => {
    const { text } = await node.health('/metrics');
    expect(text).toContain(`fleet_node_step_failed{step="${step}"} 1\n`);
    expect(text).toContain('fleet_node_state{state="failed"} 1\n');
    expect(node.read('dev/console')).toMatch(new RegExp(`^fleet: ${step} FAILED: .*${reason.source}`, 'm'));
    expect(node.read('journal')).toMatch(new RegExp(`^FLEET_STEP=${step}\nFLEET_STATE=failed$`, 'm'));
  });
}

const machines: Machine[] = [];

/** Ends what a test has started. */
export function powerOff(): void {
  for (const machine of machines.splice(0)) machine.close();
}
