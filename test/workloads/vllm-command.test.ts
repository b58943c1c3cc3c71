import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { releasesOfModel } from '../../contracts/release.ts';
import { simulatedEndpointArguments, vllmArguments, vllmEnvironment } from '../../workloads/vllm-command.ts';
import { ROOT } from '../support/local-project.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { withTracing } from '../support/tracing.ts';

const help = readFileSync(join(ROOT, 'test/fixtures/vllm-0.32/vllm-serve-help.txt'), 'utf8');
const local = shippedEnvironment('local');
const [stable] = releasesOfModel(local, 'gpt-oss-120b');
if (stable === undefined) throw new Error('local has no release of gpt-oss-120b');
const args = vllmArguments(local, { release: stable, address: '127.0.0.1', port: 8101 });
const endpointArgs = simulatedEndpointArguments(local, 'public', {
  address: '127.0.0.1',
  certificate: 'a.pem',
  privateKey: 'a.key',
});

const traced = shippedEnvironment('local', (text) =>
  withTracing('http://10.0.0.9:4318/')(text).replace('count: 2,', 'count: 2, traced: true,'),
);
const [tracedStable] = releasesOfModel(traced, 'gpt-oss-120b');
if (tracedStable === undefined) throw new Error('local has no release of gpt-oss-120b');
const tracedArgs = vllmArguments(traced, { release: tracedStable, address: '127.0.0.1', port: 8101 });

test('a server that is traced is told where to, and to speak HTTP', () => {
  expect(tracedArgs.slice(-2)).toEqual(['--otlp-traces-endpoint', 'http://10.0.0.9:4318/v1/traces']);
  expect(tracedArgs.slice(0, -2)).toEqual(args);
  expect(vllmEnvironment(tracedStable)).toMatchObject({
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
  });
  expect(Object.keys(vllmEnvironment(stable)).filter((name) => name.startsWith('OTEL'))).toEqual([]);
});

describe('every flag exists in the help of the pinned version', () => {
  const flags = [...new Set([...tracedArgs, ...endpointArgs].filter((arg) => arg.startsWith('--')))];
  test.each(flags)('%s', (flag) => {
    expect(help).toMatch(new RegExp(`^  ${flag}[ ,]`, 'm'));
  });
});

test('the tool parser is one that vLLM has', () => {
  const parser = args[args.indexOf('--tool-call-parser') + 1];
  const choices = /--tool-call-parser \{([^}]+)\}/.exec(help)?.[1]?.split(',');
  expect(choices).toContain(parser);
});

test.each([
  ['--tensor-parallel-size', '8'],
  ['--served-model-name', 'gpt-oss-120b'],
  ['--max-model-len', '131072'],
  ['--shutdown-timeout', '5'],
  ['--port', '8101'],
])('%s is %s', (flag, value) => {
  expect(args[args.indexOf(flag) + 1]).toBe(value);
});

test.each(['--enable-prefix-caching', '--enable-prompt-tokens-details', '--enable-auto-tool-choice'])(
  '%s is explicit',
  (flag) => {
    expect(args).toContain(flag);
  },
);

test.each([
  ['latency', '0.9', '8192'],
  ['throughput', '0.95', '1024'],
])(
  'the memory settings of preset %s are those that the fit rules count with',
  (preset, utilization, tokens) => {
    const environment = shippedEnvironment('local', (text) =>
      text.replace('count: 2, version', `preset: ${preset}, version`),
    );
    const [release] = releasesOfModel(environment, 'gpt-oss-120b');
    if (release === undefined) throw new Error('local has no release of gpt-oss-120b');
    const settings = vllmArguments(environment, { release, address: '127.0.0.1', port: 8101 });
    expect(settings[settings.indexOf('--gpu-memory-utilization') + 1]).toBe(utilization);
    expect(settings[settings.indexOf('--max-num-batched-tokens') + 1]).toBe(tokens);
  },
);

test('a simulated endpoint knows the models by their ids at that host', () => {
  const from = endpointArgs.indexOf('--served-model-name') + 1;
  expect(endpointArgs.slice(from, from + 2)).toEqual(['openai/gpt-oss-120b', 'example/gpt-oss-7b']);
});
