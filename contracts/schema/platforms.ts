import { z } from 'zod';
import { Cloud } from './cloud.ts';
import { Address } from './values.ts';

const Simulator = z.strictObject({
  prefillTokensPerSecond: z.number().positive().optional(),
  decodeTokensPerSecond: z.number().positive().optional(),
  startSeconds: z.number().min(0).optional(),
});
/** On this host the simulator can read a file of the project. */
const LocalSimulator = Simulator.extend({
  answers: z
    .string()
    .min(1)
    .describe('file of scripted answers, relative to the project; see docs/operations/ask.md')
    .optional(),
});
export type SimulatorDocument = z.output<typeof Simulator>;

export const ProcessPlatform = z.strictObject({
  engine: z.enum(['simulator', 'vllm']).default('simulator'),
  address: Address.default('127.0.0.1'),
  simulator: LocalSimulator.prefault({}),
});

export const DockerPlatform = z.strictObject({
  engine: z.enum(['simulator', 'vllm']).default('vllm'),
  host: z
    .string()
    .regex(/^(unix|ssh|tcp):\/\//, 'must begin with unix://, ssh:// or tcp://')
    .default('unix:///var/run/docker.sock'),
  address: Address.default('127.0.0.1').describe('host address that published ports are bound to'),
  simulator: Simulator.prefault({}),
});

export const GooglePlatform = z.strictObject({
  project: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a project id'),
  region: z.string().regex(/^[a-z]+-[a-z]+\d+$/, 'must be a region such as us-central1'),
  ...Cloud,
});

export const AwsPlatform = z.strictObject({
  account: z.string().regex(/^\d{12}$/, 'must be a 12-digit account id'),
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as us-east-1'),
  ...Cloud,
});
