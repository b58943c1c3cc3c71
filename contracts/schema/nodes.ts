import { z } from 'zod';
import { Port, Seconds, Version } from './values.ts';

/**
 * One rung of the capacity ladder: machines of one provisioning model. Each rung is a group of its own, so that moving
 * a machine from one rung to another touches no machine of the others.
 */
const Rung = z.strictObject({
  from: z
    .enum(['reservation', 'capacity-block', 'on-demand', 'flex-start', 'spot'])
    .describe(
      'capacity-block: platform aws; flex-start: platform google; spot machines may be taken back at any time',
    ),
  reservation: z
    .string()
    .min(1)
    .optional()
    .describe(
      'from reservation and capacity-block: name (google) or id (aws) of one that exists; none is ever bought',
    ),
  zone: z
    .string()
    .min(1)
    .optional()
    .describe(
      "zone of these machines, one of the platform's; a reservation has its own; default any of them",
    ),
  count: z.int().min(0).max(64).describe('machines from here'),
});

export const Nodes = z.strictObject({
  machine: z
    .string()
    .describe('GPU machine type: a name under machines, or of contracts/machine-catalogue.ts'),
  count: z.int().min(1).max(64).default(1).describe('machines'),
  capacity: z
    .array(Rung)
    .min(1)
    .optional()
    .describe(
      'platforms google and aws: where the machines come from, counts adding up to `count`; default all on-demand',
    ),
  preset: z
    .enum(['latency', 'balanced', 'throughput'])
    .optional()
    .describe('latency: 1×TP8 (default), balanced: 4×TP2, throughput: 8×TP1'),
  tensorParallel: z.int().min(1).optional().describe('GPUs per server, instead of a preset'),
  servers: z.int().min(1).optional().describe('servers per machine, instead of a preset'),
  version: Version.describe('vLLM version'),
  image: z.string().optional().describe('container image; default what `images.vllm` says for the version'),
  firstGpu: z
    .int()
    .min(0)
    .default(0)
    .describe('first GPU that this release takes, so that several releases can share a machine'),
  port: Port.default(8000).describe("the first server's port; the others follow"),
  maxModelLen: z.int().min(1024).optional().describe("context in tokens; default the model's"),
  expectedConcurrency: z
    .int()
    .min(1)
    .default(1)
    .describe(
      'sequences of maxModelLen that a server must have KV cache for at once, what vLLM logs as maximum concurrency; at 1 it just starts',
    ),
  gpuMemoryUtilization: z
    .number()
    .min(0.1)
    .max(0.98)
    .optional()
    .describe('share of GPU memory for vLLM; default 0.9, or what is known to work for the model and GPU'),
  maxNumBatchedTokens: z
    .int()
    .min(256)
    .max(65_536)
    .optional()
    .describe("tokens computed in one step; default vLLM's, or what is known to work for the model and GPU"),
  traced: z
    .boolean()
    .optional()
    .describe('vLLM sends spans of its own to the endpoint of `gateway.tracing`; default false'),
  drain: Seconds.default(120).describe('seconds a server may finish its requests in before it stops'),
});
