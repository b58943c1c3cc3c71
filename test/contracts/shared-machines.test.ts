import { describe, expect, test } from 'vitest';
import { HostRules } from '../../constructs/docker/host-rules.ts';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { releasesOf, serversOf } from '../../contracts/release.ts';
import { problemsWith } from './nodes-support.ts';

/** One Docker host with eight GPUs: a large model and a small one. */
function host(large: object, small: object): Environment {
  const release = (nodes: object, port: number) => ({
    releases: {
      v32: { role: 'stable', weight: 100, nodes: { machine: '8x-h100', version: '0.32.0', port, ...nodes } },
    },
  });
  return parseEnvironment({
    path: 'environments/host.yaml',
    text: JSON.stringify({
      class: 'development',
      platform: 'docker',
      models: { 'gpt-oss-120b': release(large, 8100), 'gpt-oss-20b': release(small, 8200) },
      secrets: { keys: { file: 'keys.json' }, hop: { file: 'hop-key' } },
      gateway: { keys: 'keys' },
      router: { key: 'hop' },
    }),
  });
}

describe('releases on one machine', () => {
  test('take the GPUs from their first one on', () => {
    const environment = host({ tensorParallel: 4 }, { firstGpu: 4, tensorParallel: 1, servers: 4 });
    const gpus = releasesOf(environment).map((release) =>
      serversOf(release, true).map((server) => server.gpus),
    );
    expect(gpus).toEqual([[[0, 1, 2, 3]], [[4], [5], [6], [7]]]);
  });

  test('share a Docker host when their GPUs differ', () => {
    const environment = host({ tensorParallel: 4 }, { firstGpu: 4, tensorParallel: 1, servers: 4 });
    expect(new HostRules(environment).validate()).toEqual([]);
  });

  test('do not share a GPU', () => {
    const environment = host({ tensorParallel: 4 }, { firstGpu: 3, tensorParallel: 1, servers: 4 });
    expect(new HostRules(environment).validate()).toEqual([
      expect.stringMatching(
        /gpt-oss-20b.* needs GPU 3 of the one host, already used by models\.gpt-oss-120b/,
      ),
    ]);
  });

  test('end at the last GPU of the machine', () => {
    const nodes = { tensorParallel: 2, servers: 2 };
    expect(problemsWith({ nodes: { ...nodes, firstGpu: 4 } })).toEqual([]);
    expect(problemsWith({ nodes: { ...nodes, firstGpu: 5 } })).toEqual([
      'nodes.firstGpu: 2 × tensor parallel 2 from GPU 5 on needs GPUs up to 8, 8x-h100 has 0 to 7',
    ]);
  });
});
