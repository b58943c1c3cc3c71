import { z } from 'zod';
import { CompressionConfig } from './compression.ts';
import { Limits } from './schema/limits.ts';
import { RequestCaps, RequestDefaults } from './schema/request-policy.ts';
import { Price } from './schema/values.ts';
import { SecretSource } from './secret.ts';

/** A variable of the program's environment, for what only a deploy finds out. */
const Variable = z.strictObject({ env: z.string().min(1) });

/** Where gateways of one environment share what they count. */
export const RedisConfig = z.strictObject({
  /** `host:port` */
  address: z.union([z.string(), Variable]),
  password: SecretSource.optional(),
  /** `google`: instead of a password access tokens of the own service account. */
  auth: z.enum(['google']).optional(),
  tls: z.boolean(),
  /** PEM file, relative to the working folder, or the variable that holds the PEM text. */
  certificateAuthority: z.union([z.string(), Variable]).optional(),
  /** The authority signs for this Redis alone, so that names in its certificates say nothing and are not compared. */
  ownAuthority: z.literal(true).optional(),
  /** `serve`: each gateway keeps to the limits on its own meanwhile. `refuse`: 503 for keys with limits. */
  whenUnavailable: z.enum(['serve', 'refuse']),
  /** For how long what a gateway holds stays held after it was killed. @default 30 */
  leaseSeconds: z.number().positive().optional(),
});
export type RedisConfig = z.output<typeof RedisConfig>;

/** gateway.json of role `edge`, written by `workloads/gateway.ts`, read by `services/gateway`. */
export const EdgeConfig = z.strictObject({
  role: z.literal('edge'),
  environment: z.string(),
  router: z.strictObject({ url: z.url(), key: SecretSource }),
  /** Source of an `ApiKeys` document. */
  keys: SecretSource,
  /** Public model name → how it is answered. */
  models: z.record(
    z.string(),
    z.union([
      z.strictObject({ alias: z.string() }),
      z.strictObject({
        contextTokens: z.int(),
        /** Absent: requests are passed on as they are. */
        compression: CompressionConfig.optional(),
        defaults: RequestDefaults.optional(),
        caps: RequestCaps.optional(),
        firstTokenSeconds: z.number().positive().optional(),
        idleSeconds: z.number().positive().optional(),
        totalSeconds: z.number().positive().optional(),
        /** 0: no comments in streams. */
        keepAliveSeconds: z.number().nonnegative().optional(),
        /** Release → what its tokens cost and whether it can be reached by pin. */
        releases: z.record(
          z.string(),
          z.strictObject({
            kind: z.enum(['nodes', 'endpoint', 'url']),
            price: Price,
            /** It has a role, so a rollout may judge it: its requests are counted by groups of conversations. */
            trial: z.boolean().optional(),
          }),
        ),
      }),
    ]),
  ),
  /** Catalogue models that this environment does not serve: they get a 404 that says so. */
  unmapped: z.array(z.string()),
  /** What the gateway takes on at a time. */
  overload: z
    .strictObject({
      maxRequests: z.int().positive().optional(),
      maxBodyMegabytes: z.number().positive().optional(),
    })
    .optional(),
  /** For keys that say nothing of their own. */
  limits: Limits.optional(),
  /** Absent: limits count in memory, for this gateway alone. */
  redis: RedisConfig.optional(),
  /** File that gets one `LedgerLine` for each request. Absent: the structured log carries them. */
  ledger: z
    .strictObject({
      /** Relative to the working folder. */
      file: z.string().min(1),
      /** A file of that size is renamed and a new one begun. */
      rotateMegabytes: z.number().positive(),
    })
    .optional(),
  /** Absent: requests are not traced. */
  tracing: z
    .strictObject({
      /** Base URL of an OTLP/HTTP receiver. */
      endpoint: z.url(),
      /** Share of the traces that begin here whose spans are kept. */
      sample: z.number().min(0).max(1),
    })
    .optional(),
  /** Seconds that running requests may take after SIGTERM. */
  drainSeconds: z.number(),
});
export type EdgeConfig = z.output<typeof EdgeConfig>;

/** gateway.json of role `egress`: who answers for a model's release of kind `endpoint`. */
export const EgressConfig = z.strictObject({
  role: z.literal('egress'),
  environment: z.string(),
  /** File with an access token of the own Google identity, written anew by the machine. @default - Google's metadata server */
  identity: z.strictObject({ file: z.string().min(1) }).optional(),
  /** Secret that requests must carry in the hop header. */
  key: SecretSource,
  endpoints: z.record(
    z.string(),
    z.strictObject({
      /** Base URL up to and with `/v1`. */
      url: z.url(),
      bearer: SecretSource.optional(),
      /** `google`: an access token of the own service account, instead of a key. */
      auth: z.enum(['google']).optional(),
      /** HTTP proxy on the way there. */
      proxy: z.url().optional(),
      /** PEM file, relative to the working folder. */
      certificateAuthority: z.string().optional(),
    }),
  ),
  routes: z.array(
    z.strictObject({
      model: z.string(),
      release: z.string(),
      endpoint: z.string(),
      /** The model's id at that host. */
      endpointModel: z.string(),
      maxOutputTokens: z.int().optional(),
    }),
  ),
  drainSeconds: z.number(),
});
export type EgressConfig = z.output<typeof EgressConfig>;

export const GatewayConfig = z.discriminatedUnion('role', [EdgeConfig, EgressConfig]);
export type GatewayConfig = z.output<typeof GatewayConfig>;
