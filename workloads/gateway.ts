import type { CompressionConfig } from '../contracts/compression.ts';
import type { Environment } from '../contracts/environment.ts';
import type { ModelDocument } from '../contracts/environment-schema.ts';
import { EdgeConfig, EgressConfig } from '../contracts/gateway-config.ts';
import { MODEL_CATALOGUE } from '../contracts/model-catalogue.ts';
import {
  definitionOf,
  hostedModelOf,
  priceOf,
  type Release,
  releasesOf,
  releasesOfModel,
} from '../contracts/release.ts';
import { type Document, jsonDocument } from './document.ts';
import type { Topology } from './topology.ts';

/** Seconds that the gateway and the egress may finish requests in; a platform's own grace must be longer. */
export const GATEWAY_DRAIN_SECONDS = 8;

/** Names of the secrets that the edge reads. */
export function gatewaySecrets({ gateway, router }: Environment): string[] {
  const { keys, redis } = gateway;
  return [keys, router.key, ...(redis?.password === undefined ? [] : [redis.password])];
}

/**
 * gateway.json for the edge: what clients may ask for and what it costs. It knows nothing of weights and roles: promoting changes the
 * router's document alone.
 */
export function edgeDocument(environment: Environment, topology: Topology): Document {
  const config: EdgeConfig = {
    role: 'edge',
    environment: environment.name,
    router: {
      url: `http://${topology.reach.router}`,
      key: topology.secret(environment.router.key, 'gateway'),
    },
    keys: topology.secret(environment.gateway.keys, 'gateway'),
    models: Object.fromEntries(
      Object.keys(environment.models).map((model) => [model, edgeModel(environment, model)]),
    ),
    unmapped: Object.keys(MODEL_CATALOGUE).filter((model) => environment.models[model] === undefined),
    overload: environment.gateway.overload,
    limits: environment.gateway.limits,
    redis: redisConfig(environment, topology),
    tracing: environment.gateway.tracing,
    ledger: environment.gateway.ledger,
    drainSeconds: GATEWAY_DRAIN_SECONDS,
  };
  return jsonDocument(EdgeConfig.parse(config));
}

function redisConfig({ gateway: { redis } }: Environment, topology: Topology): EdgeConfig['redis'] {
  if (redis === undefined) return undefined;
  const { address = topology.reach.redis, password, tls, certificateAuthority, whenUnavailable } = redis;
  if (address === undefined) {
    if (topology.managedRedis === undefined) throw new Error('the platform runs no Redis');
    return { ...topology.managedRedis, whenUnavailable };
  }
  return {
    address,
    password: password === undefined ? undefined : topology.secret(password, 'gateway'),
    ...{ tls, certificateAuthority, whenUnavailable },
  };
}

function edgeModel(environment: Environment, model: string): EdgeConfig['models'][string] {
  const alias = environment.models[model]?.alias;
  if (alias !== undefined) return { alias };
  const definition = definitionOf(environment, model);
  if (definition === undefined) throw new Error(`${model} is in no catalogue`);
  return {
    contextTokens: definition.contextTokens,
    compression: edgeCompression(environment.models[model]?.compression),
    ...requestPolicy(environment.models[model]),
    releases: Object.fromEntries(
      releasesOfModel(environment, model).map((release) => [release.name, edgeRelease(environment, release)]),
    ),
  };
}

function edgeCompression(compression: ModelDocument['compression']): CompressionConfig | undefined {
  if (compression === undefined) return undefined;
  const { timeout, ...settings } = compression;
  return { ...settings, timeoutSeconds: timeout };
}

function requestPolicy({ defaults, caps, timeouts, keepAlive }: Partial<ModelDocument> = {}) {
  return {
    defaults,
    caps,
    firstTokenSeconds: timeouts?.firstToken,
    idleSeconds: timeouts?.idle,
    totalSeconds: timeouts?.total,
    keepAliveSeconds: keepAlive,
  };
}

function edgeRelease(environment: Environment, release: Release) {
  const price = priceOf(environment, release);
  if (price === undefined) throw new Error(`${release.model} ${release.name} has no price`);
  return { kind: release.kind, price, ...(release.role === undefined ? {} : { trial: true }) };
}

/** Whether any release is answered by a public endpoint, so that an egress is needed. */
export function needsEgress(environment: Environment): boolean {
  return releasesOf(environment).some(({ kind }) => kind === 'endpoint');
}

/** Whether any endpoint knows the egress by its Google identity. */
export function asksAsGoogle({ endpoints }: Environment): boolean {
  return Object.values(endpoints).some(({ auth }) => auth === 'google');
}

/** Names of the secrets that the egress reads, each once. */
export function egressSecrets({ endpoints, router }: Environment): string[] {
  const bearers = Object.values(endpoints).flatMap(({ bearer }) => bearer ?? []);
  return [...new Set([router.key, ...bearers])];
}

/** gateway.json for the egress: which public endpoint answers for which release. */
export function egressDocument(environment: Environment, topology: Topology): Document {
  const config: EgressConfig = {
    role: 'egress',
    environment: environment.name,
    identity: asksAsGoogle(environment) ? topology.egressIdentity : undefined,
    key: topology.secret(environment.router.key, 'egress'),
    endpoints: Object.fromEntries(
      Object.entries(environment.endpoints).map(
        ([name, { url, bearer, auth, proxy, certificateAuthority, simulated }]) => [
          name,
          {
            url,
            bearer: bearer === undefined ? undefined : topology.secret(bearer, 'egress'),
            auth,
            proxy,
            certificateAuthority:
              simulated === true ? topology.simulatedAuthority(name) : certificateAuthority,
          },
        ],
      ),
    ),
    routes: releasesOf(environment).flatMap(({ model, name, document }) => {
      const hosted = hostedModelOf(environment, model, document);
      if (hosted === undefined) return [];
      const { host: endpoint, id: endpointModel, maxOutputTokens } = hosted;
      return [{ model, release: name, endpoint, endpointModel, maxOutputTokens }];
    }),
    drainSeconds: GATEWAY_DRAIN_SECONDS,
  };
  return jsonDocument(EgressConfig.parse(config));
}
