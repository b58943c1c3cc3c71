import { z } from 'zod';
import { FIRST_SALT } from '../split.ts';
import { hasTwoDecimals } from '../weight.ts';
import { Compression } from './compression.ts';
import { Nodes } from './nodes.ts';
import { KeepAlive, RequestCaps, RequestDefaults, Timeouts } from './request-policy.ts';
import { Name, Price, Version } from './values.ts';

const Fallback = z.strictObject({
  release: Name.describe('another release of the same model'),
  leavesSite: z
    .literal(true)
    .optional()
    .describe('required where that release is a public host: prompts go there, and its tokens cost money'),
});

export const Release = z.strictObject({
  weight: z
    .number()
    .min(0)
    .max(100)
    .refine(hasTwoDecimals, 'must have at most two decimals')
    .describe("percent of the model's traffic, two decimals"),
  role: z.enum(['stable', 'canary']).optional(),
  price: Price.optional(),
  maxConnections: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe(
      "requests, each a connection, that a router gives to one server at a time; a further one goes to the release's next server. Own nodes: default what vLLM runs at once by itself on their GPUs (1024 or 256); url: default no limit",
    ),
  fallback: Fallback.optional().describe(
    'takes requests that no server of this release could be given because none is reachable or all are full; default nobody: they are refused',
  ),
  nodes: Nodes.optional(),
  endpoint: z
    .strictObject({
      host: Name.describe('a name under endpoints'),
      model: z.string().min(1).optional().describe("the model's id at that host; default of its catalogue"),
      maxOutputTokens: z.int().min(1).optional(),
    })
    .optional(),
  url: z
    .string()
    .regex(/^http:\/\/[\w.-]+(:\d{1,5})?$/, 'must be http://host:port, without path or user')
    .optional()
    .describe('a vLLM that somebody else runs: http://host:port'),
});

export const Model = z.strictObject({
  alias: Name.optional().describe('answer with another model of this environment'),
  salt: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'must be at most 64 letters, digits and . _ : -')
    .default(FIRST_SALT)
    .describe('salt of the stable/canary split; a rollout sets a new one'),
  releases: z.record(Name, Release).optional(),
  compression: Compression.optional(),
  defaults: RequestDefaults.optional().describe('parameters of requests that do not give them'),
  caps: RequestCaps.optional().describe('the most that a request may ask for'),
  timeouts: Timeouts.optional().describe('seconds'),
  keepAlive: KeepAlive.optional(),
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
