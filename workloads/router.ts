import type { Environment } from '../contracts/environment.ts';
import type { NodesDocument } from '../contracts/environment-schema.ts';
import {
  maxConnectionsOf,
  placementOf,
  type Release,
  releasesOf,
  releasesOfModel,
  type Server,
  serversOf,
} from '../contracts/release.ts';
import {
  routerDocumentVersion,
  routerTarget,
  type ServerAddress,
  type ServersDocument,
} from '../contracts/router-documents.ts';
import { OWN_BAND, splitClientsLines, splitInputs, splitOf } from '../contracts/split.ts';
import { weightsNote } from '../contracts/weights-note.ts';
import type { Document } from './document.ts';
import { render } from './render.ts';

/** Where the router listens and what it speaks to. All addresses are `host:port`. */
export interface RouterProps {
  readonly listen: string;
  /** Answers `/version` and `/stub_status` without a key: a local or private address. */
  readonly adminListen: string;
  /**
   * The egress; undefined if no release is of kind endpoint. Better an IP address than a name: nginx resolves
   * a name at each reload and refuses the whole document while it does not resolve.
   */
  readonly egress: string | undefined;
  /** @default 'auto' - one per core */
  readonly workers?: number | 'auto';
}

/** The texts of the files that `ROUTER_TEMPLATES` names. */
export type RouterTemplate = Readonly<Record<keyof typeof ROUTER_TEMPLATES, string>>;

/** Files below `templates/` that make up the router's document. */
export const ROUTER_TEMPLATES = {
  router: 'nginx/router.conf',
  model: 'nginx/model.conf',
  modelWithoutOwn: 'nginx/model-without-own.conf',
  upstream: 'nginx/upstream.conf',
  egress: 'nginx/upstream-egress.conf',
  location: 'nginx/location.conf',
  endpointLocation: 'nginx/location-endpoint.conf',
  endpointWithFallback: 'nginx/location-endpoint-with-fallback.conf',
} as const;

/**
 * The complete nginx.conf: releases, weights, salts, limits. Its version is the first 12 hex digits of the
 * SHA-256 of the text with an empty version; the text carries it in its first line, in the access log and in
 * the admin server's answer `{"version":"…","servers":"…"}`.
 */
export type RouterDocument = Document;

/**
 * Renders the router's document. The same input gives the same bytes.
 * @throws Error for a release of kind endpoint without an egress
 */
export function routerDocument(
  environment: Environment,
  props: RouterProps,
  template: RouterTemplate,
): RouterDocument {
  const releases = releasesOf(environment);
  const stranded = releases.find(({ kind }) => kind === 'endpoint' && props.egress === undefined);
  if (stranded !== undefined) {
    throw new Error(`models.${stranded.model}.releases.${stranded.name}: kind endpoint needs an egress`);
  }
  const models = routedModels(environment);
  const variables = {
    environment: environment.name,
    weights: weightsNote(environment),
    workers: String(props.workers ?? 'auto'),
    longestAnswer: environment.router.longestAnswer,
    listen: props.listen,
    adminListen: props.adminListen,
    targets: lines(
      8,
      [...models].map(([model, id]) => `${mapKey(model)} $fleet_target_${id};`),
    ),
    models: blocks([...models].map(([model, id]) => modelBlock(environment, model, id, template))),
    upstreams: blocks([
      ...releases
        .filter(({ kind }) => kind !== 'endpoint')
        .map((release) => upstreamBlock(release, template)),
      ...(props.egress === undefined ? [] : [render(template.egress, { egress: props.egress })]),
    ]),
    locations: blocks(releases.map((release) => locationBlock(release, template))),
  };
  const version = routerDocumentVersion(render(template.router, { ...variables, version: '' }));
  return { text: render(template.router, { ...variables, version }), version };
}

/**
 * The servers of all releases of kind nodes and url. `resolve` says where a server of own nodes listens; without it the
 * release names its machines' ports and the router agent finds the machines.
 */
export function serversDocument(
  environment: Environment,
  resolve?: (server: Server) => ServerAddress,
): ServersDocument {
  const releases = releasesOf(environment).filter(({ kind }) => kind !== 'endpoint');
  return {
    releases: releases.map((release) => ({
      model: release.model,
      release: release.name,
      maxConnections: maxConnectionsOf(environment, release),
      ...serversOfRelease(release, resolve),
    })),
  };
}

function serversOfRelease(release: Release, resolve?: (server: Server) => ServerAddress) {
  const { nodes, url } = release.document;
  if (url !== undefined) return { servers: [urlAddress(url)] };
  if (resolve !== undefined) return { servers: serversOf(release, true).map(resolve) };
  return { ports: nodes === undefined ? [] : portsOf(nodes) };
}

function portsOf(nodes: NodesDocument): number[] {
  return Array.from({ length: placementOf(nodes).servers }, (_, index) => nodes.port + index);
}

/** Models with releases, each with its part of variable names: `gpt-oss-7b.1` → `gpt_oss_7b_1`. */
function routedModels(environment: Environment): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const [model, { releases }] of Object.entries(environment.models)) {
    if (releases === undefined) continue;
    let id = model.replaceAll(/[.-]/g, '_');
    while ([...ids.values()].includes(id)) id += '_';
    ids.set(model, id);
  }
  return ids;
}

function modelBlock(environment: Environment, model: string, id: string, template: RouterTemplate): string {
  const releases = releasesOfModel(environment, model);
  const split = splitOf(releases);
  const inputs = splitInputs('$http_x_fleet_routing_key', environment.models[model]?.salt ?? '');
  const shared = {
    model,
    id,
    bandInput: inputs.band,
    band: lines(8, splitClientsLines(split.band)),
    pins: lines(
      8,
      releases.map((release) => `${mapKey(release.name)} ${routerTarget(release.model, release.name)};`),
    ),
  };
  if (split.own.length === 0) return render(template.modelWithoutOwn, shared);
  const own = { ownBand: OWN_BAND, ownInput: inputs.own, own: lines(8, splitClientsLines(split.own)) };
  return render(template.model, { ...shared, ...own });
}

function upstreamBlock(release: Release, template: RouterTemplate): string {
  return render(template.upstream, { target: routerTarget(release.model, release.name) });
}

function locationBlock(release: Release, template: RouterTemplate): string {
  const { model, name, kind, document } = release;
  const fallback = document.fallback === undefined ? '""' : routerTarget(model, document.fallback.release);
  const shared = { target: routerTarget(model, name), model, release: name, fallback };
  if (kind === 'endpoint')
    return render(fallback === '""' ? template.endpointLocation : template.endpointWithFallback, shared);
  const host = document.url === undefined ? 'vllm' : new URL(document.url).host;
  return render(template.location, { ...shared, host });
}

function urlAddress(url: string): ServerAddress {
  const { hostname, port } = new URL(url);
  return { address: hostname, port: port === '' ? 80 : Number(port) };
}

/** A name as a key of a `map`: the words that mean something there are escaped. */
function mapKey(name: string): string {
  return ['default', 'hostnames', 'include', 'volatile'].includes(name) ? `\\${name}` : name;
}

function lines(indent: number, texts: readonly string[]): string {
  return texts.map((text) => ' '.repeat(indent) + text).join('\n');
}

function blocks(texts: readonly string[]): string {
  return texts.map((text) => text.trimEnd()).join('\n\n');
}
