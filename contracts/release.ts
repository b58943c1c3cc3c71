import { type CatalogueOffer, offerOf } from './endpoint-catalogue.ts';
import type { Environment } from './environment.ts';
import type { NodesDocument, ReleaseDocument } from './environment-schema.ts';
import { MACHINE_CATALOGUE, type Machine } from './machine-catalogue.ts';
import { MODEL_CATALOGUE, type ModelDefinition } from './model-catalogue.ts';
import type { Price } from './price.ts';
import type { WeightedRelease } from './split.ts';
import { toBasisPoints } from './weight.ts';

export type ReleaseKind = 'nodes' | 'endpoint' | 'url';

/** One release of one model, with what the model says about it. */
export interface Release {
  readonly model: string;
  readonly name: string;
  readonly kind: ReleaseKind;
  readonly role?: 'stable' | 'canary';
  /** Share of the model's traffic in basis points. */
  readonly weight: number;
  readonly document: ReleaseDocument;
}

/** How many servers a machine runs, and on how many GPUs each. */
export interface Placement {
  readonly tensorParallel: number;
  readonly servers: number;
}

const PRESETS: Readonly<Record<'latency' | 'balanced' | 'throughput', Placement>> = {
  latency: { tensorParallel: 8, servers: 1 },
  balanced: { tensorParallel: 2, servers: 4 },
  throughput: { tensorParallel: 1, servers: 8 },
};

export function placementOf(nodes: NodesDocument): Placement {
  const preset = PRESETS[nodes.preset ?? 'latency'];
  if (nodes.tensorParallel === undefined && nodes.servers === undefined) return preset;
  return { tensorParallel: nodes.tensorParallel ?? 1, servers: nodes.servers ?? 1 };
}

/**
 * Requests that a router gives to one server of a release at a time. Undefined: any number. Without a value in the file
 * it is what vLLM runs at once when it serves the API: 1024 on a GPU of 70 GiB or more other than A100, else 256
 * (vllm/engine/arg_utils.py, `get_batch_defaults`), so that it is full before a queue begins.
 */
export function maxConnectionsOf(environment: Environment, { document }: Release): number | undefined {
  const { maxConnections, nodes } = document;
  if (maxConnections !== undefined || nodes === undefined) return maxConnections;
  const machine = machineOf(environment, nodes.machine);
  const isLarge = machine !== undefined && machine.gpuMemoryGiB >= 70 && !/a100/i.test(machine.gpu);
  return isLarge ? 1024 : 256;
}

/** The container image that a release's servers run. */
export function imageOf({ images }: Environment, { image, version }: NodesDocument): string {
  return image ?? images.vllm[version] ?? `vllm/vllm-openai:v${version}`;
}

export function kindOf(release: ReleaseDocument): ReleaseKind {
  if (release.nodes !== undefined) return 'nodes';
  return release.endpoint !== undefined ? 'endpoint' : 'url';
}

/** What is known of a model: the environment's own definition, else the catalogue's. */
export function definitionOf(environment: Environment, model: string): ModelDefinition | undefined {
  return environment.models[model]?.definition ?? MODEL_CATALOGUE[model];
}

/** What is known of a machine: the environment's own, else the catalogue's. An own machine belongs to the platform. */
export function machineOf({ machines, platform }: Environment, name: string): Machine | undefined {
  const own = machines[name];
  if (own === undefined) return MACHINE_CATALOGUE[name];
  return { platform: platform === 'google' || platform === 'aws' ? platform : 'any', ...own };
}

/** Whether the machines come with disks of their own; unknown means no. */
export function hasLocalDisks(environment: Environment, { machine }: NodesDocument): boolean {
  return (machineOf(environment, machine)?.localDiskGB ?? 0) > 0;
}

/** All releases of an environment, in the file's order. */
export function releasesOf(environment: Environment): Release[] {
  return Object.keys(environment.models).flatMap((model) => releasesOfModel(environment, model));
}

export function releasesOfModel(environment: Environment, model: string): Release[] {
  return Object.entries(environment.models[model]?.releases ?? {}).map(([name, document]) => ({
    model,
    name,
    kind: kindOf(document),
    role: document.role,
    weight: toBasisPoints(document.weight),
    document,
  }));
}

/** What `splitOf` needs of a model. */
export function weightedReleases(environment: Environment, model: string): WeightedRelease[] {
  return releasesOfModel(environment, model).map(({ name, role, weight }) => ({ name, role, weight }));
}

/** The price that a release's tokens are charged at: its own if it has one, else its model's. */
export function priceOf(environment: Environment, release: Release): Price | undefined {
  return ownPriceOf(environment, release) ?? definitionOf(environment, release.model)?.price;
}

/** What a release itself costs: as the file says, else as its host's catalogue says. */
export function ownPriceOf(environment: Environment, { model, document }: Release): Price | undefined {
  return document.price ?? catalogueOffer(environment, model, document)?.price;
}

function catalogueOffer(
  { endpoints }: Environment,
  model: string,
  { endpoint }: ReleaseDocument,
): CatalogueOffer | undefined {
  return endpoint === undefined ? undefined : offerOf(endpoints[endpoint.host]?.catalogue, model);
}

/** The model as a release's public endpoint knows it. Absent: own nodes, or neither the file nor the catalogue says. */
export function hostedModelOf(
  environment: Environment,
  model: string,
  release: ReleaseDocument,
): { readonly host: string; readonly id: string; readonly maxOutputTokens?: number } | undefined {
  const offer = catalogueOffer(environment, model, release);
  const id = release.endpoint?.model ?? offer?.id;
  if (release.endpoint === undefined || id === undefined) return undefined;
  const { host, maxOutputTokens = offer?.maxOutputTokens } = release.endpoint;
  return { host, id, maxOutputTokens };
}

/** One vLLM server of a release of own nodes. */
export interface Server {
  readonly model: string;
  readonly release: string;
  /** Machine number within the release, from 1. */
  readonly node: number;
  /** Server number on its machine, from 1. */
  readonly server: number;
  readonly port: number;
  /** GPU numbers on its machine. */
  readonly gpus: readonly number[];
}

/**
 * The servers of a release of own nodes. On platforms where all machines share one address (process, docker)
 * `sharedAddress` gives every server a port of its own.
 */
export function serversOf(release: Release, sharedAddress: boolean): Server[] {
  const nodes = release.document.nodes;
  if (nodes === undefined) return [];
  const { tensorParallel, servers } = placementOf(nodes);
  return range(nodes.count).flatMap((node) =>
    range(servers).map((server) => ({
      model: release.model,
      release: release.name,
      node: node + 1,
      server: server + 1,
      port: nodes.port + server + (sharedAddress ? node * servers : 0),
      gpus: range(tensorParallel).map((gpu) => nodes.firstGpu + server * tensorParallel + gpu),
    })),
  );
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
