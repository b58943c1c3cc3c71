import { describe, expect, test } from 'vitest';
import { engineSettings, type Fitting, memoryNeed } from '../../contracts/fit.ts';
import { definitionOf, machineOf, releasesOf } from '../../contracts/release.ts';
import { environmentWith, type NodesSketch, problemsWith } from './nodes-support.ts';

function fitting(sketch: NodesSketch): Fitting {
  const environment = environmentWith(sketch);
  const [release] = releasesOf(environment);
  const nodes = release?.document.nodes;
  const definition = definitionOf(environment, release?.model ?? '');
  const machine = machineOf(environment, nodes?.machine ?? '');
  if (nodes === undefined || definition === undefined || machine === undefined) throw new Error('no nodes');
  return { nodes, definition, machine };
}

const OWN_MODEL = {
  weights: 'example/dense',
  contextTokens: 8192,
  price: { input: 0, output: 0 },
  layers: 32,
  kvHeads: 8,
  headDim: 128,
  checkpointGiB: 15,
};
const OWN_MACHINE = { gpu: 'RTX-5090', gpus: 2, gpuMemoryGiB: 31.4 };

describe('GPU memory', () => {
  test('is needed for weights, the KV cache of one whole context and a reserve', () => {
    const need = memoryNeed(fitting({ nodes: { tensorParallel: 8 } }));
    expect(need?.weightsGiB).toBeCloseTo(65.97 / 8, 6);
    // 18 layers keep 8192 blocks, 18 keep 521, of 16 tokens × 1 head × 64 × 4 bytes.
    expect(need?.cacheGiB).toBeCloseTo((18 * (8192 + 521) * 16 * 64 * 4) / 2 ** 30, 9);
    expect(need?.reserveGiB).toBe(6);
  });

  test.each([
    ['120b on one H100', { nodes: { tensorParallel: 1 } }],
    ['120b eight times on eight H100', { nodes: { preset: 'throughput' } }],
    [
      '20b on an L4 with its whole context',
      { model: 'gpt-oss-20b', nodes: { machine: '1x-l4', tensorParallel: 1 } },
    ],
    [
      '120b on an A100 with what was published for it',
      {
        platform: 'google',
        nodes: {
          machine: 'a2-ultragpu-8g',
          tensorParallel: 1,
          maxModelLen: 32_768,
          maxNumBatchedTokens: 4096,
        },
      },
    ],
    [
      '120b on an A100 with its whole context at a higher utilization',
      {
        platform: 'google',
        nodes: { machine: 'a2-ultragpu-8g', tensorParallel: 1, gpuMemoryUtilization: 0.95 },
      },
    ],
  ] satisfies [string, NodesSketch][])('suffices for %s', (_what, sketch) => {
    expect(problemsWith(sketch)).toEqual([]);
  });

  test('that is missing is refused with what is needed, what there is and a context that fits', () => {
    expect(
      problemsWith({ platform: 'google', nodes: { machine: 'a2-ultragpu-8g', tensorParallel: 1 } }),
    ).toEqual([
      'nodes: gpt-oss-120b needs 73.55 GiB on each GPU (weights 65.97, KV cache of 1 × 131072 tokens 4.58, reserve 3.00), A100-80GB has 71.33 (79.25 at utilization 0.9); set maxModelLen to 65536 or less, or give it more GPUs by tensorParallel',
    ]);
  });

  test('of a GPU that the weights alone overfill is refused without naming a context', () => {
    expect(problemsWith({ nodes: { machine: '1x-l4', tensorParallel: 1 } })).toEqual([
      expect.stringMatching(
        /needs 73\.55 GiB on each GPU .*, L4 has 19\.83 .*; give it more GPUs by tensorParallel, or a machine with more GPU memory$/,
      ),
    ]);
  });

  test('grows with the expected concurrency', () => {
    const nodes = { machine: '1x-l4', tensorParallel: 1, maxModelLen: 65_536 };
    expect(problemsWith({ model: 'gpt-oss-20b', nodes: { ...nodes, expectedConcurrency: 1 } })).toEqual([]);
    expect(problemsWith({ model: 'gpt-oss-20b', nodes: { ...nodes, expectedConcurrency: 3 } })).toEqual([
      expect.stringContaining('KV cache of 3 × 65536 tokens 4.65'),
    ]);
  });

  test('of a model whose architecture nobody gave is not checked', () => {
    const { layers: _unknown, ...definition } = OWN_MODEL;
    const sketch = { model: 'dense', machines: { small: { ...OWN_MACHINE, gpuMemoryGiB: 8 } } };
    const nodes = { machine: 'small', tensorParallel: 1 };
    expect(problemsWith({ ...sketch, nodes, definition })).toEqual([]);
    expect(problemsWith({ ...sketch, nodes, definition: OWN_MODEL })).toHaveLength(1);
  });
});

describe('known limits', () => {
  test.each([
    ['120b on one H100', { tensorParallel: 1 }, 'gpt-oss-120b', 0.95, 1024],
    ['120b on two H100', { tensorParallel: 2 }, 'gpt-oss-120b', 0.9, 8192],
    ['120b on eight H100', { tensorParallel: 8 }, 'gpt-oss-120b', 0.9, 8192],
    ['20b on one H100', { tensorParallel: 1 }, 'gpt-oss-20b', 0.9, 8192],
    ['20b on an L4', { machine: '1x-l4', tensorParallel: 1 }, 'gpt-oss-20b', 0.9, 2048],
  ])('choose the settings of %s', (_what, nodes, model, gpuMemoryUtilization, maxNumBatchedTokens) => {
    expect(engineSettings(fitting({ model, nodes }))).toEqual({ gpuMemoryUtilization, maxNumBatchedTokens });
  });

  test('give way to what the environment says, where it is within them', () => {
    const nodes = { tensorParallel: 2, gpuMemoryUtilization: 0.94, maxNumBatchedTokens: 4096 };
    expect(engineSettings(fitting({ nodes }))).toEqual({
      gpuMemoryUtilization: 0.94,
      maxNumBatchedTokens: 4096,
    });
  });

  test.each([
    [
      { tensorParallel: 1, gpuMemoryUtilization: 0.94 },
      'nodes.gpuMemoryUtilization: gpt-oss-120b on H100 with tensor parallel 1 runs out of GPU memory below 0.95, got 0.94',
    ],
    [
      { tensorParallel: 1, maxNumBatchedTokens: 1025 },
      'nodes.maxNumBatchedTokens: gpt-oss-120b on H100 with tensor parallel 1 runs out of GPU memory above 1024, got 1025',
    ],
    [
      { tensorParallel: 2, gpuMemoryUtilization: 0.95 },
      'nodes.gpuMemoryUtilization: gpt-oss-120b on H100 with tensor parallel 2 runs out of GPU memory at 0.95 and above, got 0.95',
    ],
  ])('refuse %o', (nodes, problem) => {
    expect(problemsWith({ nodes })).toEqual([problem]);
  });
});

describe('the lowest vLLM', () => {
  const definition = { ...OWN_MODEL, lowestVllm: '0.33.0' };

  test('is the toolkit’s for every model', () => {
    expect(problemsWith({ nodes: { version: '0.17.9' } })).toEqual([
      'nodes.version: gpt-oss with tool calls and draining needs vLLM 0.18.0 or later, got 0.17.9',
    ]);
    expect(problemsWith({ nodes: { version: '0.18.0' } })).toEqual([]);
  });

  test('is the model’s own where that is higher', () => {
    const nodes = { tensorParallel: 1 };
    expect(problemsWith({ model: 'dense', definition, nodes })).toEqual([
      'nodes.version: dense needs vLLM 0.33.0 or later, got 0.32.0',
    ]);
    expect(problemsWith({ model: 'dense', definition, nodes: { ...nodes, version: '0.33.0' } })).toEqual([]);
  });
});

describe('a machine of the environment’s own', () => {
  const machines = { workstation: OWN_MACHINE };

  test('is checked like one of the catalogue', () => {
    const sketch = { model: 'gpt-oss-20b', machines };
    expect(problemsWith({ ...sketch, nodes: { machine: 'workstation', tensorParallel: 2 } })).toEqual([]);
    expect(
      problemsWith({ ...sketch, nodes: { machine: 'workstation', tensorParallel: 2, servers: 2 } }),
    ).toEqual(['nodes.tensorParallel: 2 × tensor parallel 2 needs 4 GPUs, workstation has 2']);
  });

  test('belongs to the environment’s platform', () => {
    const { machine } = fitting({
      platform: 'aws',
      model: 'gpt-oss-20b',
      machines,
      nodes: { machine: 'workstation', tensorParallel: 1 },
    });
    expect(machine.platform).toBe('aws');
  });

  test('has unknown prices unless it gives them', () => {
    const onDemand = { usdPerHour: 1.5, date: '2026-11-23', source: 'contract' };
    const nodes = { machine: 'workstation', tensorParallel: 1 };
    const model = 'gpt-oss-20b';
    expect(fitting({ model, machines, nodes }).machine.onDemand).toBeUndefined();
    const priced = { workstation: { ...OWN_MACHINE, onDemand } };
    expect(fitting({ model, machines: priced, nodes }).machine.onDemand).toEqual(onDemand);
    const free = { workstation: { ...OWN_MACHINE, onDemand: { ...onDemand, usdPerHour: 0 } } };
    expect(problemsWith({ model, machines: free, nodes })).toHaveLength(1);
  });

  test('is suggested for a name that is nearly right', () => {
    expect(problemsWith({ machines, nodes: { machine: 'workstaton' } })).toEqual([
      'nodes.machine: unknown machine workstaton; did you mean workstation?',
    ]);
  });
});
