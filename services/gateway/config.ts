import {
  type EdgeConfig,
  type EgressConfig,
  GatewayConfig,
  type RedisConfig,
} from '../../contracts/gateway-config.ts';
import type { Limits } from '../../contracts/schema/limits.ts';
import { ApiKeys } from '../../contracts/secret.ts';
import { parse, readSecret, readText, readToken, type Sources, versionOf } from '../common/sources.ts';
import { createKeyRing, type KeyRing } from './auth.ts';
import { checkCompression } from './compression/settings.ts';
import { createModelTable, type ModelTable } from './edge/models.ts';
import type { OverloadLimits } from './edge/overload.ts';
import type { LedgerSettings } from './ledger.ts';
import type { RedisSettings } from './redis/link.ts';

interface CommonState {
  /** First 12 hex digits of the SHA-256 of the configuration's text. */
  readonly version: string;
  readonly hopKey: string;
  readonly drainSeconds: number;
}

/** Everything an edge needs, checked and with its secrets read. Replaced as a whole by a reload. */
export interface EdgeState extends CommonState {
  readonly role: 'edge';
  readonly router: Target;
  readonly keys: KeyRing;
  readonly models: ModelTable;
  /** First 12 hex digits of the SHA-256 of the keys document's text. */
  readonly keysVersion: string;
  readonly environment: string;
  readonly ledger?: LedgerSettings;
  readonly overload?: OverloadLimits;
  /** For keys that say nothing of their own. */
  readonly limits?: Limits;
  readonly redis?: RedisSettings & Pick<RedisConfig, 'whenUnavailable' | 'leaseSeconds'>;
  readonly tracing?: EdgeConfig['tracing'];
}

/** Everything an egress needs, checked and with its secrets read. Replaced as a whole by a reload. */
export interface EgressState extends CommonState {
  readonly role: 'egress';
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** File with a token of the own Google identity. @default - Google's metadata server is asked */
  readonly identityFile?: string;
  /** @default - Google's own */
  readonly googleMetadataHost?: string;
  /** @returns undefined if no route leads from there. */
  routeOf(model: string, release: string): Route | undefined;
}

export type GatewayState = EdgeState | EgressState;

/** Where requests are sent, and whom to trust there. */
export interface Target {
  readonly url: URL;
  /** PEM text that replaces the system's authorities. */
  readonly certificateAuthority?: string;
  /** HTTP proxy that connections are tunnelled through. */
  readonly proxy?: URL;
}

export interface Endpoint extends Target {
  readonly name: string;
  readonly bearer?: string;
  /** How it is told who asks, where that is no fixed key. */
  readonly auth?: 'google';
}

export interface Route {
  readonly endpoint: Endpoint;
  readonly endpointModel: string;
  readonly maxOutputTokens?: number;
}

/** Reads and checks a whole configuration. @throws Error that says which field or secret is wrong. */
export async function loadState(path: string, sources: Sources): Promise<GatewayState> {
  const text = await readText(path, path, sources);
  const config = parse(GatewayConfig, text, path);
  const version = versionOf(text);
  return config.role === 'edge' ? edgeState(config, version, sources) : egressState(config, version, sources);
}

async function edgeState(config: EdgeConfig, version: string, sources: Sources): Promise<EdgeState> {
  const keysText = await readSecret('keys', config.keys, sources);
  const keys = parse(ApiKeys, keysText, 'keys');
  const models = createModelTable(config);
  checkCompression(models, keys);
  return {
    role: 'edge',
    version,
    drainSeconds: config.drainSeconds,
    router: { url: new URL(config.router.url) },
    hopKey: await readToken('router.key', config.router.key, sources),
    keys: createKeyRing(keys),
    keysVersion: versionOf(keysText),
    models,
    environment: config.environment,
    ledger: config.ledger,
    overload: config.overload,
    limits: config.limits,
    tracing: config.tracing,
    redis: config.redis && (await redisSettings(config.redis, sources)),
  };
}

async function redisSettings(
  { address, password, certificateAuthority: authority, ...rest }: RedisConfig,
  sources: Sources,
): Promise<EdgeState['redis']> {
  const place = typeof address === 'string' ? address : await readSecret('redis.address', address, sources);
  const { hostname, port } = new URL(`redis://${place}`);
  const source = typeof authority === 'string' ? { file: authority } : authority;
  return {
    ...rest,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port),
    password: password && (await readToken('redis.password', password, sources)),
    certificateAuthority: source && (await readSecret('redis.certificateAuthority', source, sources)),
    googleMetadataHost: sources.env.GCE_METADATA_HOST,
  };
}

async function egressState(config: EgressConfig, version: string, sources: Sources): Promise<EgressState> {
  const endpoints = new Map<string, Endpoint>();
  for (const [name, { url, bearer, auth, proxy, certificateAuthority }] of Object.entries(config.endpoints)) {
    const field = `endpoints.${name}`;
    endpoints.set(name, {
      name,
      url: new URL(url),
      auth,
      proxy: proxy === undefined ? undefined : new URL(proxy),
      bearer: bearer && (await readToken(`${field}.bearer`, bearer, sources)),
      certificateAuthority:
        certificateAuthority &&
        (await readText(`${field}.certificateAuthority`, certificateAuthority, sources)),
    });
  }
  const routes = new Map<string, Route>();
  for (const [index, { model, release, endpoint: name, ...route }] of config.routes.entries()) {
    const endpoint = endpoints.get(name);
    if (endpoint === undefined)
      throw new Error(`routes.${index}.endpoint: no endpoint is named ${name}; add it under \`endpoints\``);
    const key = routeKey(model, release);
    if (routes.has(key))
      throw new Error(`routes.${index}: ${model} ${release} has a route already; remove one`);
    routes.set(key, { ...route, endpoint });
  }
  return {
    role: 'egress',
    version,
    drainSeconds: config.drainSeconds,
    hopKey: await readToken('key', config.key, sources),
    endpoints,
    identityFile: config.identity?.file,
    googleMetadataHost: sources.env.GCE_METADATA_HOST,
    routeOf: (model, release) => routes.get(routeKey(model, release)),
  };
}

function routeKey(model: string, release: string): string {
  return JSON.stringify([model, release]);
}
