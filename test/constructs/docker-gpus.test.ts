import { describe, expect, test } from 'vitest';
import { shippedEnvironment } from '../support/synth.ts';
import { attributes, containers, gpuHost, synthDocker } from './docker-support.ts';

const BALANCED =
  '      v32: { weight: 100, role: stable, nodes: { machine: 8x-h100, preset: balanced, version: 0.32.0 } }';

describe('vLLM on a host with GPUs', () => {
  const stack = synthDocker(gpuHost(BALANCED));
  const servers = containers(stack).filter(([address]) => address.includes('nodes_'));

  test('gives each server GPUs of its own', () => {
    const visible = servers.map(([, { env }]) =>
      (env as string[]).find((entry) => entry.startsWith('NVIDIA_VISIBLE_DEVICES=')),
    );
    expect(visible).toEqual([
      'NVIDIA_VISIBLE_DEVICES=0,1',
      'NVIDIA_VISIBLE_DEVICES=2,3',
      'NVIDIA_VISIBLE_DEVICES=4,5',
      'NVIDIA_VISIBLE_DEVICES=6,7',
    ]);
  });

  test('runs the image of the release with the command line of all platforms', () => {
    const server = attributes(stack, 'docker_container.nodes_gpt-oss-20b_v32_1-1');
    expect(attributes(stack, 'docker_image.nodes_gpt-oss-20b_v32_image')).toEqual({
      name: 'vllm/vllm-openai:v0.32.0',
      keep_locally: true,
    });
    expect(server).toMatchObject({ entrypoint: ['vllm'], runtime: 'nvidia' });
    expect((server.command as string[]).slice(0, 2)).toEqual(['serve', 'openai/gpt-oss-20b']);
  });

  test('keeps weights for all servers and compiled kernels for each in one volume', () => {
    for (const [address, { volumes }] of servers)
      expect(volumes, address).toEqual([
        { volume_name: `\${docker_volume.cache.name}`, container_path: '/var/cache/fleet' },
      ]);
    const roots = servers.map(([, { env }]) =>
      (env as string[]).find((entry) => entry.startsWith('VLLM_CACHE_ROOT=')),
    );
    expect(new Set(roots).size).toBe(servers.length);
    expect(
      servers.every(([, { env }]) => (env as string[]).includes('HF_HOME=/var/cache/fleet/huggingface')),
    ).toBe(true);
  });

  test('has the environment of all platforms', () => {
    for (const [address, { env }] of servers)
      expect(env, address).toEqual(
        expect.arrayContaining(['VLLM_NO_USAGE_STATS=1', 'VLLM_MAX_N_SEQUENCES=128']),
      );
  });

  test('may lock memory and share it between its workers', () => {
    expect(attributes(stack, 'docker_container.nodes_gpt-oss-20b_v32_1-1')).toMatchObject({
      shm_size: 16_384,
      ulimit: [
        { name: 'memlock', soft: -1, hard: -1 },
        { name: 'stack', soft: 67_108_864, hard: 67_108_864 },
      ],
    });
  });
});

describe('what one Docker host cannot run is refused at synth', () => {
  test('two releases on the same GPUs', () => {
    const canary = BALANCED.replace('v32', 'v33')
      .replace('stable', 'canary')
      .replace('weight: 100', 'weight: 0')
      .replace('version: 0.32.0', 'version: 0.33.0, port: 8010');
    expect(() => synthDocker(gpuHost(`${BALANCED}\n${canary}`))).toThrow(
      'models.gpt-oss-20b.releases.v33.nodes: node 1 server 1 needs GPU 0, 1 of the one host, already used by models.gpt-oss-20b.releases.v32.nodes (environments/gpu-host.yaml)',
    );
  });

  test('two machines of one release', () => {
    expect(() => synthDocker(gpuHost(BALANCED.replace('8x-h100', '8x-h100, count: 2')))).toThrow(
      'node 2 server 1 needs GPU 0, 1 of the one host',
    );
  });

  test('a simulated endpoint that other containers cannot reach', () => {
    const environment = shippedEnvironment('dev', (text) =>
      text.replace('https://public-endpoint:8443', 'https://localhost:8443'),
    );
    expect(() => synthDocker(environment)).toThrow(
      'endpoints.public.url: other containers cannot reach localhost; give it a name in the network, such as https://public-endpoint:8443/v1',
    );
  });

  test('a private certificate authority', () => {
    const environment = shippedEnvironment('dev', (text) =>
      text.replace('simulated: true', 'certificateAuthority: ca.pem'),
    );
    expect(() => synthDocker(environment)).toThrow(
      'endpoints.public.certificateAuthority: platform docker cannot deliver the file yet',
    );
  });

  test('simulated servers take no GPUs', () => {
    expect(() => synthDocker(shippedEnvironment('dev'))).not.toThrow();
  });
});
