import { z } from 'zod';
import { CloudGateway } from './cloud-gateway.ts';
import { Limits } from './limits.ts';
import { Name, Port } from './values.ts';

const Redis = z.strictObject({
  address: z
    .string()
    .regex(/^([\w.-]+|\[[0-9a-f:]+\]):\d{1,5}$/, 'must be host:port')
    .optional()
    .describe('host:port of a Redis that somebody else runs; default: the platform runs one'),
  port: Port.default(6379).describe('of the one that the platform runs'),
  password: Name.optional().describe('a name under secrets'),
  tls: z.boolean().default(false),
  certificateAuthority: z.string().optional().describe('PEM file of a private certificate authority'),
  whenUnavailable: z
    .enum(['serve', 'refuse'])
    .default('serve')
    .describe(
      'serve: every gateway keeps to the limits on its own meanwhile; refuse: 503 for keys with limits',
    ),
});

const Tracing = z.strictObject({
  endpoint: z
    .string()
    .regex(
      /^https?:\/\/[^\s@?#]+$/,
      'must be a URL that begins with https:// or http://, without credentials or query',
    )
    .describe('base URL of a collector, http://collector:4318; /v1/traces is added'),
  sample: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'share of the traces that begin at the gateway; one that a client began is kept if the client keeps it',
    ),
});

export const Gateway = z.strictObject({
  port: Port.default(8080),
  adminPort: Port.default(8081).describe('metrics and status, never public'),
  keys: Name.describe('a name under secrets: the hashed API keys'),
  exposure: z.enum(['internal', 'public']).default('internal'),
  limits: Limits.prefault({}).describe('for API keys that say nothing of their own'),
  overload: z
    .strictObject({
      maxRequests: z.int().min(1).default(4_000).describe('under way at a time'),
      maxBodyMegabytes: z.int().min(1).default(1_024).describe('of request bodies together'),
    })
    .optional()
    .describe('what one gateway takes on; beyond it requests get 503 with Retry-After'),
  redis: Redis.optional().describe('counts shared by several gateways; default: each counts for itself'),
  tracing: Tracing.optional().describe('spans of requests, by OTLP over HTTP; default: none'),
  ...CloudGateway,
  ledger: z
    .strictObject({
      file: z.string().min(1).describe('path relative to the project'),
      rotateMegabytes: z.int().min(1).default(64).describe('size at which a new file begins'),
    })
    .optional()
    .describe('file with one line per request, for bills; default: lines in the structured log'),
});

export const Egress = z.strictObject({ port: Port.default(8091), adminPort: Port.default(8094) });
