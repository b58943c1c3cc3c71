import { describe, expect, test } from 'vitest';
import {
  CommandLineError,
  humanInt,
  parseCommandLine,
} from '../../../services/vllm-simulator/command-line.ts';
import { expandConfigFile } from '../../../services/vllm-simulator/config-file.ts';
import { vllmFlags } from '../../../services/vllm-simulator/flags.ts';
import { flagsFromHelp } from '../../../services/vllm-simulator/flags-from-help.ts';
import { ServerOptionsError, serverOptions } from '../../../services/vllm-simulator/server-options.ts';
import { recorded } from './support.ts';

const parse = (...args: string[]) => parseCommandLine(['serve', ...args], vllmFlags);
const options = (...args: string[]) =>
  serverOptions(parse(...args), { flags: vllmFlags, kvCacheBlocks: 1000 });

function refusal(...args: string[]): string {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof CommandLineError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('flags.json is what the recorded help text says', () => {
  expect(vllmFlags).toEqual(flagsFromHelp(recorded('vllm-serve-help.txt')));
});

test('every flag of the help text is there', () => {
  const spelled = recorded('vllm-serve-help.txt').match(/^ {2}--?[a-z0-9-]+(?=[ ,\n])/gm) ?? [];
  expect(vllmFlags.map(({ name }) => name)).toEqual(spelled.map((line) => line.trim()));
});

describe('spellings', () => {
  test.each([
    [['--tensor-parallel-size', '8'], '--tensor-parallel-size', '8'],
    [['--tensor_parallel_size', '8'], '--tensor-parallel-size', '8'],
    [['--tensor-parallel-size=8'], '--tensor-parallel-size', '8'],
    [['-tp', '8'], '--tensor-parallel-size', '8'],
    [['-tp=8'], '--tensor-parallel-size', '8'],
    [['--tensor-par', '8'], '--tensor-parallel-size', '8'],
    [['-q', 'mxfp4'], '--quantization', 'mxfp4'],
    [['-qmxfp4'], '--quantization', 'mxfp4'],
    [['--enable-prefix-caching'], '--enable-prefix-caching', true],
    [['--no-enable-prefix-caching'], '--enable-prefix-caching', false],
    [['--no_enable_prefix_caching'], '--enable-prefix-caching', false],
    [['-dpe'], '--data-parallel-external-lb', true],
    [['--hf-token'], '--hf-token', true],
    [['--seed', '-1'], '--seed', '-1'],
    [['--api-key', 'a', 'b'], '--api-key', ['a', 'b']],
    [['-O3'], '--optimization-level', '3'],
    [['--device-memory-utilization', '0.9'], '--gpu-memory-utilization', '0.9'],
    [['--hf-overrides', '{"a": 1}'], '--hf-overrides', '{"a": 1}'],
  ])('%j', (args, name, value) => {
    expect(parse('m', ...args).values.get(name)).toEqual(value);
  });

  test('keys of a JSON flag can be given one by one', () => {
    expect(parse('m', '--compilation-config.mode', '3', '--port', '1').values.get('--port')).toBe('1');
  });

  test('the model may come before or after flags, or by --model', () => {
    expect([
      parse('m', '--port', '1').model,
      parse('--port', '1', 'm').model,
      parse('--model', 'm').model,
    ]).toEqual(['m', 'm', 'm']);
  });
});

describe('what vLLM lacks is refused in the words of argparse', () => {
  test.each([
    [['--foo'], 'vllm: error: unrecognized arguments: --foo'],
    [['--foo=3', '--bar'], 'vllm: error: unrecognized arguments: --foo=3 --bar'],
    [['extra'], 'vllm: error: unrecognized arguments: extra'],
    [['--port', 'x'], "vllm serve: error: argument --port: invalid int value: 'x'"],
    [['-tp', 'x'], "vllm serve: error: argument --tensor-parallel-size/-tp: invalid int value: 'x'"],
    [
      ['--gpu-memory-utilization', 'x'],
      "vllm serve: error: argument --gpu-memory-utilization/--device-memory-utilization: invalid float value: 'x'",
    ],
    [
      ['--max-model-len', '8Q'],
      "vllm serve: error: argument --max-model-len: invalid human_readable_int_or_auto value: '8Q'",
    ],
    [['--port'], 'vllm serve: error: argument --port: expected one argument'],
    [['--port', '--headless'], 'vllm serve: error: argument --port: expected one argument'],
    [['--api-key'], 'vllm serve: error: argument --api-key: expected at least one argument'],
    [['--headless=1'], "vllm serve: error: argument --headless: ignored explicit argument '1'"],
    [
      ['--scheduling-policy', 'lifo'],
      "vllm serve: error: argument --scheduling-policy: invalid choice: 'lifo' (choose from 'fcfs', 'priority')",
    ],
    [['--max-num-seq', '1'], 'accepted'],
    [
      ['--max-num', '1'],
      expect.stringContaining(
        'vllm serve: error: ambiguous option: --max-num could match --max-num-active-seqs',
      ),
    ],
  ])('%j', (args, message) => {
    expect(refusal('m', ...args)).toEqual(message);
  });

  test('another command than serve', () => {
    expect(() => parseCommandLine(['bench'], vllmFlags)).toThrow("invalid choice: 'bench'");
  });
});

describe('values that vLLM refuses after parsing', () => {
  test.each([
    [['--enable-auto-tool-choice'], 'Error: --enable-auto-tool-choice requires --tool-call-parser'],
    [
      ['--enable-auto-tool-choice', '--tool-call-parser', 'nope'],
      'invalid tool call parser: nope (chose from {',
    ],
    [['--max-num-seqs', '0'], '--max-num-seqs: must be at least 1, got 0'],
    [['--gpu-memory-utilization', '1.5'], '--gpu-memory-utilization: must be above 0 and at most 1, got 1.5'],
    [['--ssl-certfile', 'c.pem'], '--ssl-certfile and --ssl-keyfile'],
  ])('%j', (args, message) => {
    expect(() => options('m', ...args)).toThrow(message);
  });

  test('all of them are told at once', () => {
    const broken = () => options('m', '--max-num-seqs', '0', '--block-size', '0');
    expect(broken).toThrow(ServerOptionsError);
    expect(broken).toThrow(/--block-size.*\n.*--max-num-seqs|--max-num-seqs.*\n.*--block-size/);
  });
});

test.each([
  ['1k', 1000],
  ['1K', 1024],
  ['25.6k', 25_600],
  ['2M', 2_097_152],
  ['8192', 8192],
  ['1.5K', undefined],
  ['x', undefined],
])('%s is %s', (text, value) => {
  expect(humanInt(text)).toBe(value);
});

describe('what options mean', () => {
  test.each([
    [['--max-model-len', '16K'], { maxModelLen: 16_384 }],
    [['--max-model-len', 'auto'], { maxModelLen: 131_072 }],
    [
      [],
      {
        maxModelLen: 131_072,
        maxNumSeqs: 256,
        blockSize: 16,
        prefixCaching: true,
        kvCacheBlocks: 1000,
        port: 8000,
      },
    ],
    [['--num-gpu-blocks-override', '7'], { kvCacheBlocks: 7, kvCacheBlocksOverridden: true }],
    [['--shutdown-timeout', '5'], { shutdownTimeout: 5 }],
    [['--served-model-name', 'a', 'b'], { servedModelNames: ['a', 'b'] }],
  ])('%j', (args, expected) => {
    expect(options('m', ...args)).toMatchObject(expected);
  });

  test('the model itself, not its served name, makes it a gpt-oss model', () => {
    expect(options('openai/gpt-oss-20b')).toMatchObject({ harmony: true, reasoningParser: 'openai_gptoss' });
    expect(options('tiny', '--served-model-name', 'gpt-oss-20b')).toMatchObject({
      harmony: false,
      reasoningParser: undefined,
    });
  });

  test('the fingerprint names the degrees of parallelism', () => {
    expect(options('m', '-tp', '8').systemFingerprint).toMatch(/^vllm-0\.32\.0-tp8-[0-9a-f]{8}$/);
    expect(options('m', '--enable-expert-parallel').systemFingerprint).toMatch(
      /^vllm-0\.32\.0-ep-[0-9a-f]{8}$/,
    );
    expect(options('m').systemFingerprint).toMatch(/^vllm-0\.32\.0-[0-9a-f]{8}$/);
  });

  test('the fingerprint changes with the configuration, not with the port', () => {
    const plain = options('m').systemFingerprint;
    expect(options('m', '--port', '9000').systemFingerprint).toBe(plain);
    expect(options('m', '--max-num-seqs', '9').systemFingerprint).not.toBe(plain);
  });
});

test('a configuration file goes between the model and the flags', () => {
  const text = 'port: 12323\nenable-prefix-caching: true\nheadless: false\nserved-model-name: [a, b]\n';
  expect(expandConfigFile(['serve', 'm', '--config', 'f.yaml', '-tp', '2'], () => text)).toEqual([
    'serve',
    'm',
    '--port',
    '12323',
    '--enable-prefix-caching',
    '--served-model-name',
    'a',
    'b',
    '-tp',
    '2',
  ]);
});
