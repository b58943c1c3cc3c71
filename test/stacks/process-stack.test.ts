import { describe, expect, test } from 'vitest';
import { ProcessPlatform } from '../../constructs/process/process-platform.ts';
import { Part } from '../../contracts/part.ts';
import { difference, shippedEnvironment, synthEnvironment, TEST_TOOLKIT } from '../support/synth.ts';

const synthLocal = (change?: (text: string) => string) =>
  synthEnvironment(
    shippedEnvironment('local', change),
    (stack, environment) => new ProcessPlatform(stack, environment, TEST_TOOLKIT),
  );
const local = synthLocal();
const partOf = (name: string, synthesized = local) =>
  Part.parse(JSON.parse(synthesized.files.get(`${name}/part.json`) ?? ''));

test('needs no provider', () => {
  expect([...local.resources.keys()].filter((address) => !address.startsWith('terraform_data.'))).toEqual([]);
  expect(local.json.provider).toBeUndefined();
});

test('keeps its state below the project', () => {
  expect(local.json.terraform).toEqual({
    backend: { local: { path: '../../../.fleet/local/terraform.tfstate' } },
  });
});

test('runs every part', () => {
  const parts = [...local.files.keys()]
    .filter((path) => path.endsWith('/part.json'))
    .map((path) => path.split('/')[0]);
  expect(parts.toSorted()).toEqual([
    'alertmanager',
    'egress',
    'endpoint-public',
    'gateway',
    'prometheus',
    'router',
    'router-agent',
    'vllm-gpt-oss-120b-v32-1-1',
    'vllm-gpt-oss-120b-v32-2-1',
    'vllm-gpt-oss-120b-v33-1-1',
    'vllm-gpt-oss-20b-v32-1-1',
  ]);
});

test('the guard watches over every part and has no create provisioner', () => {
  const guard = local.resources.get('terraform_data.guard');
  for (const path of local.files.keys()) expect(guard?.for_each).toContain(`"${path.split('/')[0]}"`);
  expect(guard?.provisioner).toEqual([{ 'local-exec': expect.objectContaining({ when: 'destroy' }) }]);
});

describe('what a change touches', () => {
  test.each<[string, (text: string) => string, string[]]>([
    [
      'weights',
      (text) => text.replace('weight: 80', 'weight: 75').replace('weight: 15', 'weight: 20'),
      ['terraform_data.router_weights'],
    ],
    [
      'one more server',
      (text) =>
        text.replace(
          'nodes: { machine: 8x-h100, version: 0.32.0, port: 8111',
          'nodes: { machine: 8x-h100, count: 2, version: 0.32.0, port: 8111',
        ),
      [
        'terraform_data.guard',
        'terraform_data.nodes_gpt-oss-120b_v33_2-1',
        'terraform_data.prometheus_config',
        'terraform_data.router_servers',
      ],
    ],
    [
      'a price',
      (text) => text.replace('price: { input: 0.15', 'price: { input: 0.2'),
      ['terraform_data.gateway_config'],
    ],
    [
      'the scrape interval',
      (text) => text.replace('scrapeInterval: 2s', 'scrapeInterval: 5s'),
      ['terraform_data.prometheus_config'],
    ],
    [
      'the key at an endpoint',
      (text) => text.replaceAll('public-endpoint-key', 'other-endpoint-key'),
      ['terraform_data.egress_config', 'terraform_data.endpoints_public'],
    ],
  ])('%s', (_what, change, addresses) => {
    expect(difference(local, synthLocal(change))).toEqual(addresses);
  });

  test('a new program restarts what runs it', () => {
    const newer = synthEnvironment(
      shippedEnvironment('local'),
      (stack, environment) =>
        new ProcessPlatform(stack, environment, {
          ...TEST_TOOLKIT,
          programHash: (service) => (service === 'gateway' ? 'newer' : TEST_TOOLKIT.programHash(service)),
        }),
    );
    expect(difference(local, newer)).toEqual(['terraform_data.egress', 'terraform_data.gateway']);
  });
});

test('weights are delivered only once nginx runs', () => {
  expect(local.resources.get('terraform_data.router_weights')?.depends_on).toContain(
    'terraform_data.router_nginx',
  );
});

test('every port names the key that sets it', () => {
  expect(partOf('router').listens).toEqual([
    { address: '127.0.0.1', port: 8090, key: 'router.port' },
    { address: '127.0.0.1', port: 8092, key: 'router.adminPort' },
  ]);
});

test('the same command line starts the simulator and the real engine', () => {
  const simulator = partOf('vllm-gpt-oss-20b-v32-1-1').command;
  const real = partOf(
    'vllm-gpt-oss-20b-v32-1-1',
    synthLocal((text) => text.replace('engine: simulator', 'engine: vllm')),
  ).command;
  expect(simulator.slice(0, 2)).toEqual(['node', '{toolkit}/dist/services/vllm-simulator.js']);
  expect(real).toEqual(['vllm', ...simulator.slice(2)]);
});

test('secrets are named, never held', () => {
  expect(partOf('endpoint-public').secretEnv).toEqual({
    VLLM_API_KEY: { file: '.fleet/local/secrets/public-endpoint-key' },
  });
  expect(partOf('endpoint-public').generates).toContainEqual({
    secret: '.fleet/local/secrets/public-endpoint-key',
  });
});
