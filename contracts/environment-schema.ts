import { z } from 'zod';
import { hasTwoDecimals } from './weight.ts';

const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens, at most 63')
  .describe('lower-case letters, digits, dots and hyphens');
const Port = z.int().min(1024).max(65_535);
const Address = z.ipv4('must be an IPv4 address such as 127.0.0.1');
const Seconds = z.int().min(1).max(86_400);
const Duration = z
  .string()
  .regex(/^[1-9][0-9]*(s|m|h|d)$/, 'must be a whole number and a unit: 15s, 2m, 1h, 7d');

export const Price = z
  .strictObject({
    input: z.number().min(0),
    cachedInput: z.number().min(0).optional(),
    output: z.number().min(0),
  })
  .describe('USD per million tokens');

const SecretReference = z
  .union([
    z.strictObject({ file: z.string().min(1), generate: z.literal(true).optional() }),
    z.strictObject({
      env: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable'),
    }),
    z.strictObject({ google: z.string().min(1) }),
    z.strictObject({ aws: z.string().min(1) }),
  ])
  .describe(
    'where a secret is kept: {file}, {env}, {google: Secret Manager id} or {aws: Secrets Manager name}',
  );

const Version = z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a vLLM version such as 0.32.0');

const Nodes = z.strictObject({
  machine: z
    .string()
    .describe('GPU machine type: a name under machines, or of contracts/machine-catalogue.ts'),
  count: z.int().min(1).max(64).default(1).describe('machines'),
  preset: z
    .enum(['latency', 'balanced', 'throughput'])
    .optional()
    .describe('latency: 1×TP8 (default), balanced: 4×TP2, throughput: 8×TP1'),
  tensorParallel: z.int().min(1).optional().describe('GPUs per server, instead of a preset'),
  servers: z.int().min(1).optional().describe('servers per machine, instead of a preset'),
  version: Version.describe('vLLM version'),
  image: z.string().optional().describe('container image; default vllm/vllm-openai:v<version>'),
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
  drain: Seconds.default(120).describe('seconds a server may finish its requests in before it stops'),
});

const Release = z.strictObject({
  weight: z
    .number()
    .min(0)
    .max(100)
    .refine(hasTwoDecimals, 'must have at most two decimals')
    .describe("percent of the model's traffic, two decimals"),
  role: z.enum(['stable', 'canary']).optional(),
  price: Price.optional(),
  nodes: Nodes.optional(),
  endpoint: z
    .strictObject({
      host: Name.describe('a name under endpoints'),
      model: z.string().min(1).describe("the model's id at that host"),
      maxOutputTokens: z.int().min(1).optional(),
    })
    .optional(),
  url: z
    .string()
    .regex(/^http:\/\/[\w.-]+(:\d{1,5})?$/, 'must be http://host:port, without path or user')
    .optional()
    .describe('a vLLM that somebody else runs: http://host:port'),
});

const Model = z.strictObject({
  alias: Name.optional().describe('answer with another model of this environment'),
  salt: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must be at most 64 letters, digits and . _ : -')
    .default('1')
    .describe('salt of the stable/canary split; a rollout sets a new one'),
  releases: z.record(Name, Release).optional(),
  definition: z
    .strictObject({
      weights: z.string().min(1).optional(),
      contextTokens: z.int().min(1),
      price: Price,
      totalParameters: z.number().positive().optional().describe('billions'),
      activeParameters: z.number().positive().optional().describe('billions'),
      layers: z.int().min(1).optional(),
      slidingLayers: z.int().min(0).optional().describe('layers with a sliding window; default none'),
      slidingWindow: z.int().min(1).optional(),
      attentionHeads: z.int().min(1).optional(),
      kvHeads: z.int().min(1).optional(),
      headDim: z.int().min(1).optional(),
      checkpointGiB: z.number().positive().optional().describe('size on disk'),
      loadedGiB: z.number().positive().optional().describe('GPU memory of the weights; default as on disk'),
      lowestVllm: Version.optional(),
    })
    .optional()
    .describe(
      'for a model outside the catalogue; whether it fits the GPUs is checked if layers, kvHeads, headDim and a size are given',
    ),
});

const MachinePrice = z.strictObject({
  usdPerHour: z.number().positive(),
  region: z.string().min(1).optional(),
  date: z
    .string()
    .regex(/^\d{4}-\d{2}(-\d{2})?$/, 'must be a day or a month such as 2026-11-23')
    .describe('when the price was read'),
  source: z.string().min(1),
});

const Machine = z
  .strictObject({
    gpu: z.string().min(1).describe('GPU model, such as H100: known limits of models go by it'),
    gpus: z.int().min(1).max(16),
    gpuMemoryGiB: z.number().positive().describe('what CUDA offers of one GPU, such as 79.11 of an H100'),
    nvlink: z.boolean().optional(),
    vcpus: z.int().min(1).optional(),
    memoryGiB: z.number().positive().optional(),
    localDiskGB: z.number().min(0).optional(),
    onDemand: MachinePrice.optional(),
    spot: MachinePrice.optional(),
  })
  .describe('a GPU machine outside the catalogue; what is not given is unknown');

const Endpoint = z.strictObject({
  url: z
    .url({ protocol: /^https$/, error: 'must be a URL that begins with https://' })
    .describe('base URL of an OpenAI-compatible API, up to and with /v1'),
  bearer: Name.optional().describe('a name under secrets'),
  certificateAuthority: z.string().optional().describe('PEM file of a private certificate authority'),
  simulated: z.literal(true).optional().describe('the platform runs this endpoint itself, for rehearsal'),
});

const Simulator = z.strictObject({
  prefillTokensPerSecond: z.number().positive().optional(),
  decodeTokensPerSecond: z.number().positive().optional(),
  startSeconds: z.number().min(0).optional(),
});

export const EnvironmentSchema = z.strictObject({
  class: z.enum(['development', 'staging', 'production']),
  platform: z.enum(['google', 'aws', 'docker', 'process']),
  labels: z
    .record(
      z
        .string()
        .regex(/^[a-z][a-z0-9_-]{0,62}$/, 'must be lower-case letters, digits, _ and -, a letter first'),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, _ and -'),
    )
    .default({}),
  models: z.record(Name, Model),
  machines: z.record(Name, Machine).default({}),
  endpoints: z.record(Name, Endpoint).default({}),
  secrets: z.record(Name, SecretReference).default({}),
  gateway: z.strictObject({
    port: Port.default(8080),
    adminPort: Port.default(8081).describe('metrics and status, never public'),
    keys: Name.describe('a name under secrets: the hashed API keys'),
    exposure: z.enum(['internal', 'public']).default('internal'),
    ledger: z
      .strictObject({
        file: z.string().min(1).describe('path relative to the project'),
        rotateMegabytes: z.int().min(1).default(64).describe('size at which a new file begins'),
      })
      .optional()
      .describe('file with one line per request, for bills; default: lines in the structured log'),
  }),
  router: z.strictObject({
    port: Port.default(8090),
    adminPort: Port.default(8092),
    agentPort: Port.default(8093),
    key: Name.describe('a name under secrets: the hop gateway → router → egress'),
    longestAnswer: Duration.default('30m').describe(
      'streams longer than this are cut when an old nginx worker ends',
    ),
  }),
  egress: z.strictObject({ port: Port.default(8091), adminPort: Port.default(8094) }).prefault({}),
  prometheus: z
    .strictObject({
      port: Port.default(9090),
      scrapeInterval: Duration.default('15s'),
      retention: Duration.default('15d'),
    })
    .prefault({}),
  state: z
    .union([
      z.strictObject({ gcs: z.strictObject({ bucket: z.string(), prefix: z.string().optional() }) }),
      z.strictObject({
        s3: z.strictObject({ bucket: z.string(), region: z.string(), key: z.string().optional() }),
      }),
    ])
    .optional()
    .describe('where Terraform keeps its state; a local file only in class development'),
  terraform: z
    .strictObject({
      providerVersions: z.partialRecord(z.enum(['google', 'aws', 'docker']), z.string()).optional(),
    })
    .optional(),
  process: z
    .strictObject({
      engine: z.enum(['simulator', 'vllm']).default('simulator'),
      address: Address.default('127.0.0.1'),
      simulator: Simulator.prefault({}),
    })
    .optional(),
  docker: z
    .strictObject({
      engine: z.enum(['simulator', 'vllm']).default('vllm'),
      host: z
        .string()
        .regex(/^(unix|ssh|tcp):\/\//, 'must begin with unix://, ssh:// or tcp://')
        .default('unix:///var/run/docker.sock'),
      address: Address.default('127.0.0.1').describe('host address that published ports are bound to'),
      simulator: Simulator.prefault({}),
    })
    .optional(),
  google: z
    .strictObject({ project: z.string(), region: z.string(), zones: z.array(z.string()).min(1) })
    .optional(),
  aws: z
    .strictObject({
      account: z.string().regex(/^\d{12}$/, 'must be a 12-digit account id'),
      region: z.string(),
      zones: z.array(z.string()).min(1),
    })
    .optional(),
});

export type EnvironmentDocument = z.output<typeof EnvironmentSchema>;
export type ModelDocument = EnvironmentDocument['models'][string];
export type ReleaseDocument = z.output<typeof Release>;
export type NodesDocument = z.output<typeof Nodes>;
export type EndpointDocument = z.output<typeof Endpoint>;
export type SecretReference = z.output<typeof SecretReference>;
export type SimulatorDocument = z.output<typeof Simulator>;
export type PlatformName = EnvironmentDocument['platform'];

/** JSON schema of an environment file, for editors (`environments/environment.schema.json`). */
export function environmentJsonSchema(): unknown {
  return z.toJSONSchema(EnvironmentSchema, { io: 'input', unrepresentable: 'any' });
}
